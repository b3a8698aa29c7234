"""A model without text work: what the stubs get is the text of a segment in UTF-8.

A segment `fail` cannot be translated.
"""

from collections.abc import Sequence

from gpu_pool import messages
from gpu_pool.errors import TranslationError
from gpu_pool.interface import Pool
from server.core.cache import TranslationCache
from server.core.errors import TextFailedError
from server.core.models import Models
from server.core.requests import RequestContext
from server.core.segments import Segment, SegmentTranslator, Translation
from server.core.served_model import ServedModel
from tests.fakes import LANGUAGES
from translator.text.segmentation import Segmenter

_WAIT_SECONDS = 0.5


class PlainText:
    """A SegmentTranslator."""

    def __init__(self, pool: Pool, model: str) -> None:
        self._pool = pool
        self._model = model

    def translate(self, segments: Sequence[Segment], context: RequestContext) -> list[Translation]:
        session = self._pool.open(
            context.seconds_left(), context.client, bulk=context.bulk, model=self._model
        )
        done: dict[int, Translation] = {}
        try:
            session.submit(
                [
                    (key, messages.Segment(segment.text.encode(), segment.piece.tokens))
                    for key, segment in enumerate(segments)
                ]
            )
            if context.accepted is not None:
                session.confirm()
                context.accepted()
            while len(done) < len(segments):
                for key, outcome in session.take(_WAIT_SECONDS):
                    if not isinstance(outcome, bytes):
                        raise TextFailedError(segments[key].owner, outcome)
                    if segments[key].text == "fail":
                        raise TextFailedError(segments[key].owner, TranslationError("failed"))
                    done[key] = Translation(outcome.decode())
        finally:
            session.close()
        return [done[key] for key in range(len(segments))]


def one_model() -> Models:
    """Return a model whose tokens are characters, as the only one of a server."""
    return Models([plain_model("plain", LANGUAGES)])


def plain_model(name: str, languages: Sequence[str]) -> ServedModel:
    """Return a model whose tokens are characters."""

    def translated_by(pool: Pool, cache: TranslationCache) -> SegmentTranslator:
        return PlainText(pool, name)

    segmenter = Segmenter(lambda text: range(len(text) - 2), 100_000, lambda _: True)
    return ServedModel(name, tuple(languages), "MIT", segmenter, translated_by)
