"""Languages whose scripts have fonts, and so language settings, of their own in office files."""

from typing import Literal

from documents.core.language_tags import is_right_to_left, primary_language

_ASIAN = frozenset({"ja", "ko", "zh"})
_COMPLEX = frozenset({
    "bn", "gu", "hi", "km", "kn", "lo", "ml", "mr", "my", "ne", "pa", "si", "ta", "te", "th",
})  # fmt: skip


def font_group(target: str) -> Literal["asian", "complex"] | None:
    """Return the group of a BCP 47 tag; None for languages such as those in Latin letters."""
    language = primary_language(target)
    if language in _ASIAN:
        return "asian"
    return "complex" if language in _COMPLEX or is_right_to_left(target) else None
