"""What POST /translation answers: a translation or a problem.

A member that is not required is absent when it has no value; none is null instead.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic cannot read typing's on Python 3.11

from server.schemas.fields import Code, doc

_ONE_OR_MANY = "One for one text; for an array of texts, an array in the same order."
ProblemType = Annotated[str, doc("The type of problem, for programs.")]


class Problem(TypedDict):
    """What went wrong, as an RFC 9457 problem. It never contains text to translate."""

    type: ProblemType
    title: Annotated[str, doc("The type of problem, for people.")]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, doc("What is wrong with this request.")]
    field: NotRequired[Annotated[str, doc("The field at fault.", examples=["text[3]"])]]


class Detected(TypedDict):
    """The detected language of a text."""

    language: Code
    confidence: Annotated[float, doc("0 to 1.", ge=0, le=1)]


class Warning(TypedDict):  # noqa: A001 - its name in the API
    """Why a translation is doubtful."""

    field: Annotated[str, doc("The text, as named in the request.", examples=["text[3]"])]
    code: Literal[
        "lost_token", "source_kept", "empty", "surplus_token", "repetition", "other_language",
        "untranslated", "length", "unbalanced", "in_parts",
    ]  # fmt: skip
    detail: str


class Translation(TypedDict):
    """The translation of one text or many."""

    translation: Annotated[str | list[str], doc(_ONE_OR_MANY)]
    source_language: Annotated[
        str | list[str], doc("The requested language; with `auto`, the code of each text.")
    ]
    target_language: Code
    model: Annotated[
        str | list[str],
        doc("The model that translated; an array where texts of the array had different ones."),
    ]
    detected: NotRequired[
        Annotated[Detected | list[Detected], doc("With `auto` only. " + _ONE_OR_MANY)]
    ]
    alternatives: NotRequired[
        Annotated[
            list[str] | list[list[str]], doc("If requested: further translations, best first.")
        ]
    ]
    warnings: NotRequired[list[Warning]]
