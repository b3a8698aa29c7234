"""A model without text work: what the stubs get is the text of a segment in UTF-8.

A segment `fail` cannot be translated.
"""

from collections.abc import Sequence

from gpu_pool import messages
from gpu_pool.errors import TranslationError
from gpu_pool.interface import Pool
from server.core.cache import CacheObserver
from server.core.errors import TextFailedError
from server.core.requests import RequestContext
from server.core.segments import Segment, SegmentTranslator, Translation
from server.core.served_model import ServedModel
from tests.fakes import LANGUAGES
from translator.text.detection import Detector
from translator.text.segmentation import Segmenter

_WAIT_SECONDS = 0.5


class PlainText:
    """A SegmentTranslator."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def translate(self, segments: Sequence[Segment], context: RequestContext) -> list[Translation]:
        session = self._pool.open(context.timeout, context.client, bulk=context.bulk)
        done: dict[int, Translation] = {}
        try:
            session.submit(
                [
                    (key, messages.Segment(segment.text.encode(), segment.piece.tokens))
                    for key, segment in enumerate(segments)
                ]
            )
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


def served_model() -> ServedModel:
    """Return a model whose tokens are characters."""

    def translated_by(pool: Pool, observer: CacheObserver | None = None) -> SegmentTranslator:
        return PlainText(pool)

    segmenter = Segmenter(lambda text: range(len(text) - 2), 100_000, lambda _: True)
    return ServedModel("plain", LANGUAGES, segmenter, Detector(LANGUAGES), translated_by)
