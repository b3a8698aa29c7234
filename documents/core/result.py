"""A translated document."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TranslatedFile:
    """The bytes of a translated document, and what its reader must know about them.

    A notice is a sentence without user text, such as that the encoding had to change.
    """

    data: bytes
    notices: tuple[str, ...] = ()
