"""Settings about several models: `NAME=VALUE`, given once or more, in a flag or a variable."""

import re
from dataclasses import dataclass

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_PAIR = rf"{_NAME}(?::{_NAME})?"
_NAMED = re.compile(rf"({_NAME})=(\S.*)")
_KEYED = re.compile(rf"({_PAIR})=(\S.*)")
# Values follow each other after a space; a path may have spaces of its own.
_NEXT = re.compile(rf"\s+(?={_PAIR}=)")


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model that is served."""

    name: str | None  # that requests and routes use; None: the model's own
    model: str  # 'bundled', a folder, or a hub id


def joined(value: object) -> object:
    """Return the values of a flag that was given several times as a variable has them."""
    return " ".join(value) if isinstance(value, list) else value


def split_models(value: str) -> tuple[NamedModel, ...]:
    """Return the models in `m2m=facebook/m2m100_418M nllb=/models/nllb`.

    The first one needs no name.
    """
    found = []
    for part in _NEXT.split(value.strip()):
        named = _NAMED.fullmatch(part)
        found.append(NamedModel(named[1], named[2]) if named else NamedModel(None, part))
    return tuple(found)


def split_values(value: str | None, what: str) -> dict[str, str]:
    """Return values by name; raises ValueError for a part that is not NAME=VALUE, and repetition.

    `what` describes a part for the message.
    """
    values: dict[str, str] = {}
    for part in _NEXT.split(value.strip()) if value else ():
        named = _KEYED.fullmatch(part)
        if named is None:
            raise ValueError(f"must be {what}")
        if named[1] in values:
            raise ValueError(f"names {named[1]} twice")
        values[named[1]] = named[2]
    return values
