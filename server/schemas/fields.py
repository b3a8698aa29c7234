"""Types of fields that several requests and answers share."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

MAX_ALTERNATIVES = 10  # the decoder searches one beam more
_SURROGATE = re.compile("[\ud800-\udfff]")


def doc(description: str, **more: Any) -> Any:
    """Return the metadata of a field: its description, and other arguments of pydantic's Field."""
    return Field(description=description, **more)


def setting(**limits: str) -> Any:
    """Return metadata for limits that settings hold: keywords of JSON Schema, names of settings.

    `setting(maxItems="max_texts")` documents the limit; it does not enforce it.
    """
    return Field(json_schema_extra=dict(limits))


def null_is_absent(schema: dict[str, Any]) -> None:
    """Let every optional property of an object's schema be null, which means: not given."""
    null = {"type": "null"}
    for name, shown in schema["properties"].items():
        notes = {key: shown[key] for key in ("description", "default") if key in shown}
        kind = {key: value for key, value in shown.items() if key not in notes}
        kinds = kind.get("anyOf") or [kind]
        if kind and name not in schema.get("required", ()) and null not in kinds:
            schema["properties"][name] = {"anyOf": [*kinds, null], **notes}


def check_characters(text: str) -> str:
    """Return the text. Raises ValueError for characters that a text cannot contain."""
    if "\0" in text:
        raise ValueError("contains a NUL character")
    if _SURROGATE.search(text):
        raise ValueError("contains an unpaired surrogate")
    return text


Text = Annotated[str, AfterValidator(check_characters), setting(maxLength="max_characters")]
Format = Literal["text", "html"]
Alternatives = Annotated[int, Field(ge=0, le=MAX_ALTERNATIVES)]
Source = Annotated[
    str, doc("A code of `GET /languages`, or `auto` to detect the language of each text.")
]
Code = Annotated[str, doc("A code of `GET /languages`.", examples=["de"])]
Count = Annotated[int, Field(ge=0)]
