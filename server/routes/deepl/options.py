"""The options of DeepL's translations: which have an effect, and which are refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from documents.core.tag_rules import TagRules
from server.core.errors import InvalidFieldError
from server.routes.parameters import word_of
from server.schemas.deepl import (
    UNSUPPORTED,
    Formality,
    ModelType,
    SplitSentences,
    TagHandling,
    TagVersion,
)
from translator.text.segmentation import Splitting

# Lists of names of elements, in forms with commas between them.
TAG_LISTS = frozenset({"ignore_tags", "splitting_tags", "non_splitting_tags"})
_CHOICES = {
    "split_sentences": get_args(SplitSentences),
    "tag_handling": get_args(TagHandling),
    "tag_handling_version": get_args(TagVersion),
    "formality": get_args(Formality),
    "model_type": get_args(ModelType),
}
_UNAVAILABLE = ("more", "less")  # formalities that no language of M2M100 has
_BOOLEANS = {"0": False, "false": False, "1": True, "true": True}
_SPLITTING: Mapping[str, Splitting] = {"0": "none", "1": "lines", "nonewlines": "sentences"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a translation says beside its text, if it was asked to."""

    billed: bool  # characters
    model_type: str | None
    tag_version: TagVersion | None


def check_options(fields: Mapping[str, Any]) -> None:
    """Check choices, and refuse what would change the translation but cannot be done here.

    Raises InvalidFieldError.
    """
    for name in UNSUPPORTED:
        if fields.get(name):
            raise InvalidFieldError(f"{name} is not supported by this server", name)
    if fields.get("formality") in _UNAVAILABLE:
        raise InvalidFieldError("Target language does not support formality", "formality")
    for name, choices in _CHOICES.items():
        if name in fields and word_of(fields, name, "") not in choices:
            allowed = ", ".join(sorted(choices))
            raise InvalidFieldError(f"{name} must be one of {allowed}", name)
    flag(fields, "preserve_formatting", default=False)


def shown_of(fields: Mapping[str, Any]) -> Shown:
    """Return what to say about each translation. Raises InvalidFieldError."""
    version: TagVersion = fields.get("tag_handling_version", "v2")
    return Shown(
        billed=flag(fields, "show_billed_characters", default=False),
        model_type=fields.get("model_type"),
        tag_version=version if "tag_handling" in fields else None,
    )


def splitting(fields: Mapping[str, Any]) -> Splitting:
    """Return where texts are split; by default at the ends of sentences and of lines."""
    return _SPLITTING[fields.get("split_sentences", "1")]


def tag_rules(fields: Mapping[str, Any]) -> TagRules:
    """Return which elements split sentences, and which are not translated.

    Raises InvalidFieldError.
    """
    return TagRules(
        ignored=_names(fields, "ignore_tags"),
        splitting=_names(fields, "splitting_tags"),
        non_splitting=_names(fields, "non_splitting_tags"),
        outline=flag(fields, "outline_detection", default=True),
    )


def flag(fields: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """Return a parameter that is a boolean in JSON, and 0 or 1 in forms.

    Raises InvalidFieldError.
    """
    value = _BOOLEANS.get(str(fields.get(name, default)).lower())
    if value is None:
        raise InvalidFieldError(f"{name} must be 0 or 1", name)
    return value


def _names(fields: Mapping[str, Any], name: str) -> frozenset[str]:
    given = fields.get(name, [])
    parts = given if isinstance(given, list) else [given]
    if not all(isinstance(part, str) for part in parts):
        raise InvalidFieldError(f"{name} must be an array of names of tags", name)
    return frozenset(tag.strip() for part in parts for tag in part.split(",")) - {""}
