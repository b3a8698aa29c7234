"""Segments → token ids → the pool → token ids → translations."""

import time
from collections.abc import Callable, Iterable, Sequence

from gpu_pool import messages
from gpu_pool.errors import TranslationError
from gpu_pool.interface import Pool, Session
from server.core.cache import TranslationCache, is_cacheable
from server.core.errors import ClientGoneError, TextFailedError
from server.core.requests import RequestContext
from server.core.segments import Segment, Translation
from translator.engines import EncodedSegment
from translator.segment_batch import SegmentBatch, Translated
from translator.text_model import TextModel
from translator.wire import pack, unpack_decoded

_CLIENT_CHECK_SECONDS = 0.5

# (source tokens, beams) → bytes of device memory that such a segment holds
Memory = Callable[[int, int], int]


class PooledTranslator:
    """A SegmentTranslator for one model, which decodes in a pool. Any thread may call it.

    All text work is done by the calling thread; only token ids go to the pool and come back. What
    has to be decoded again to repair a translation is a later submission to the same session.
    """

    def __init__(
        self, pool: Pool, model: TextModel, memory: Memory, cache: TranslationCache
    ) -> None:
        self._pool = pool
        self._model = model
        self._memory = memory
        self.cache = cache

    def translate(self, segments: Sequence[Segment], context: RequestContext) -> list[Translation]:
        """See `SegmentTranslator`."""
        cacheable = context.cached and all(map(is_cacheable, segments))
        found: list[Translation | None] = (
            self.cache.find(self._model.name, segments) if cacheable else [None] * len(segments)
        )
        missing = [i for i, translation in enumerate(found) if translation is None]
        if missing:
            asked = [segments[i] for i in missing]
            translated = self._decode(asked, context)
            if cacheable:
                self.cache.add(self._model.name, asked, translated)
            for i, translation in zip(missing, translated, strict=True):
                found[i] = translation
        return [translation for translation in found if translation is not None]

    def _decode(self, segments: Sequence[Segment], context: RequestContext) -> list[Translation]:
        session = self._pool.open(
            context.seconds_left(), context.client, bulk=context.bulk, model=self._model.name
        )
        try:
            done = self._run(segments, session, context)
        finally:
            session.close()
        return [done[i] for i in range(len(segments))]

    def _run(
        self, segments: Sequence[Segment], session: Session, context: RequestContext
    ) -> dict[int, Translation]:
        """Return the translations by index."""
        batch = SegmentBatch(self._model)
        for i, segment in enumerate(segments):
            batch.add_segment(i, segment.piece, segment.options)
        done: dict[int, Translation] = {}
        accepted = context.accepted
        check_at = time.monotonic() + _CLIENT_CHECK_SECONDS
        while True:
            encoded = batch.take_encoded()
            if encoded:
                session.submit([(each.key, self._packed(each)) for each in encoded])
                if accepted is not None:
                    session.confirm()
                    accepted()
                    accepted = None  # what follows belongs to accepted work
            _collect(batch.take_finished(), segments, done)
            if len(done) == len(segments):
                return done
            for key, outcome in session.take(_CLIENT_CHECK_SECONDS):
                if not isinstance(outcome, bytes):
                    owner = segments[batch.text_key(key)].owner
                    raise TextFailedError(owner, outcome) from outcome
                batch.accept(unpack_decoded(key, outcome))
            if time.monotonic() >= check_at:
                if context.client_gone():
                    raise ClientGoneError
                check_at = time.monotonic() + _CLIENT_CHECK_SECONDS

    def _packed(self, encoded: EncodedSegment) -> messages.Segment:
        tokens = len(encoded.source_ids)
        return messages.Segment(pack(encoded), tokens, self._memory(tokens, encoded.decoding.beams))


def _collect(
    finished: Iterable[Translated], segments: Sequence[Segment], done: dict[int, Translation]
) -> None:
    for each in finished:
        if each.text is None:
            error = TranslationError(each.error or "the text could not be translated")
            raise TextFailedError(segments[each.key].owner, error)
        done[each.key] = Translation(each.text, each.warnings, each.alternatives)
