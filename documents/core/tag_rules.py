"""What the elements of a text mean, where the client says it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TagRules:
    """Elements by name: which are not translated, which end a sentence, and which do not.

    In XML, with `outline`, every other element that never stands beside text ends one, too. HTML
    has elements that do.
    """

    ignored: frozenset[str] = frozenset()
    splitting: frozenset[str] = frozenset()
    non_splitting: frozenset[str] = frozenset()
    outline: bool = True


NO_RULES = TagRules()
