"""Languages that are easily taken for each other."""

from functools import cache

from translator.models.languages import text_language

# Languages so near to each other that a detector, or a sentence, may not tell them apart.
_GROUPS = tuple(
    map(
        frozenset,
        (
            ("bs", "hr", "sr", "sl", "mk", "bg"), ("da", "no", "sv"), ("id", "ms", "jv", "su"),
            ("cs", "sk", "pl"), ("es", "gl", "pt", "ast", "ca", "oc"), ("be", "ru", "uk"),
            ("af", "nl"), ("ss", "xh", "zu"), ("ns", "tn"), ("az", "tr"), ("ceb", "ilo", "tl"),
            ("hi", "mr", "ne"), ("ar", "fa", "ps", "sd", "ur"), ("ba", "kk"),
        ),
    )
)  # fmt: skip


@cache
def related(language: str) -> frozenset[str]:
    """Return the languages so near to one that a detector or a sentence may not tell them apart."""
    language = text_language(language)
    groups = [group for group in _GROUPS if language in group]
    return frozenset[str]().union(*groups) - {language}
