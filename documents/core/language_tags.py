"""Language tags of BCP 47: which language they are of, and how that is written."""

_RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "hebr", "mand", "nkoo", "rohg", "syrc", "thaa"})
# Languages that are written from right to left unless their tag has another script.
_RIGHT_TO_LEFT = frozenset({
    "acm", "acq", "aeb", "ajp", "apc", "ar", "arc", "ars", "ary", "arz", "azb", "ckb", "dv", "fa",
    "he", "iw", "ks", "lrc", "mzn", "nqo", "pbt", "pes", "pnb", "prs", "ps", "sd", "syr", "ug",
    "ur", "ydd", "yi",
})  # fmt: skip
_SCRIPT_LETTERS = 4

REPLACED = "translations into another language were replaced"
"""The notice of a file that had another target language."""


def primary_language(tag: str) -> str:
    """Return the language of a tag: that of `pt-BR` is `pt`."""
    return _subtags(tag)[0]


def is_same_language(tag: str, other: str) -> bool:
    """Return whether two tags are of one language, or one of them is of a region of the other."""
    subtags, others = _subtags(tag), _subtags(other)
    count = min(len(subtags), len(others))
    return subtags[:count] == others[:count]


def is_right_to_left(tag: str) -> bool:
    """Return True for a language such as Arabic or Hebrew, and for a script such as theirs."""
    language, *others = _subtags(tag)
    script = next((part for part in others if len(part) == _SCRIPT_LETTERS and part.isalpha()), "")
    return script in _RIGHT_TO_LEFT_SCRIPTS if script else language in _RIGHT_TO_LEFT


def _subtags(tag: str) -> list[str]:
    return tag.strip().lower().replace("_", "-").split("-")
