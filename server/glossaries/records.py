"""What a stored glossary consists of."""

from dataclasses import dataclass

Pair = tuple[str, str]  # the model's codes of source and target
Entries = dict[str, str]  # terms and their translations, in order


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The entries for one pair of languages."""

    pair: Pair
    entries: Entries


@dataclass(frozen=True, slots=True)
class DictionarySummary:
    """A dictionary without its entries."""

    pair: Pair
    count: int  # of entries


@dataclass(frozen=True, slots=True)
class Glossary:
    """A glossary as stored, with at most one dictionary for a pair."""

    number: int  # internal key; clients know the `id`
    id: str
    name: str
    created: float  # Unix time in seconds
    dictionaries: tuple[DictionarySummary, ...]
