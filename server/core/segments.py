"""Segments of texts, and what translates them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from server.core.requests import RequestContext
from translator.text.segmentation import TextSegment
from translator.verify.steps import TextOptions


class Segment(NamedTuple):
    """A piece of a text that fits the model, and what its text asks for."""

    owner: int  # index of the text in the request
    piece: TextSegment
    options: TextOptions  # with the glossary entries that occur in this piece

    @property
    def text(self) -> str:
        """The text of the piece."""
        return self.piece.text


class Translation(NamedTuple):
    """The translation of a segment or text; `warnings` are codes of possible defects."""

    text: str
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()  # best first, without `text`


class SegmentTranslator(Protocol):
    """Translates segments; `PooledTranslator` does."""

    def translate(self, segments: Sequence[Segment], context: RequestContext) -> list[Translation]:
        """Return the translations, in order.

        Raises the pool's OverloadedError, UnavailableError and DeadlineError, TextFailedError with
        the owner of a segment that could not be translated, and ClientGoneError. After an error
        nothing is left waiting in the pool.
        """
