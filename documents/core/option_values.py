"""Options of documents as users write them: in forms, and as flags."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from documents.core.options import DocumentOptions, Fuzzy, LineBreaks

_BOOLEANS = {"true": True, "false": False}
_MAX_CHARACTERS = 2_000  # of a list of patterns


class OptionError(ValueError):
    """The value of an option is invalid. The message starts with its name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name} {message}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Choice:
    """An option: what it does, in words for users, and the values that it may have."""

    description: str
    values: tuple[str, ...]  # none: a list with commas between its entries
    read: Callable[[str, str], Any]  # from the option's name and value; raises `OptionError`


def default_of(name: str) -> str:
    """Return the value of an option that is not set, as a user would write it."""
    [value] = [field.default for field in fields(DocumentOptions) if field.name == name]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str) else ""


def read_options(
    values: Mapping[str, str], target: str, source: str | None = None
) -> DocumentOptions:
    """Return options from their names and values. Lists have commas between their entries.

    Raise `OptionError` for an invalid value; all names must be among `OPTIONS`.
    """
    read = {name: OPTIONS[name].read(name, value) for name, value in values.items()}
    return DocumentOptions(target, source, **read)


def _flag(name: str, value: str) -> bool:
    flag = _BOOLEANS.get(value)
    if flag is None:
        raise OptionError(name, "must be true or false")
    return flag


def _list(name: str, value: str) -> tuple[str, ...]:
    if len(value) > _MAX_CHARACTERS:
        raise OptionError(name, f"may have {_MAX_CHARACTERS} characters")
    return tuple(entry.strip() for entry in value.split(",") if entry.strip())


def _one_of(*choices: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in choices:
            raise OptionError(name, f"must be one of {', '.join(choices)}")
        return value

    return read


def _chosen(description: str, *choices: str) -> Choice:
    return Choice(description, choices, _one_of(*choices))


OPTIONS: Mapping[str, Choice] = {
    "only_untranslated": Choice(
        "Keep translations that the file already has.", tuple(_BOOLEANS), _flag
    ),
    "fuzzy": _chosen(
        "What to do with existing translations that need a review: keep them, or translate again.",
        *get_args(Fuzzy),
    ),
    "keys": Choice(
        "Translate only the values with these names, such as title, *.label.", (), _list
    ),
    "exclude": Choice("Leave the values with these names, such as id, *.url.", (), _list),
    "columns": Choice(
        "Translate only these columns, by their names, or their numbers from 1.", (), _list
    ),
    "include_front_matter": Choice(
        "Translate the title and the description in the front matter, too.",
        tuple(_BOOLEANS),
        _flag,
    ),
    "line_breaks": _chosen(
        "Whether lines that follow each other are one paragraph: join them, or keep each.",
        *get_args(LineBreaks),
    ),
}
"""The options that a user may set, by name."""
