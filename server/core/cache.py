"""Translations of segments that have been asked for recently."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

from server.core.segments import Segment, Translation

# Of the objects around the strings: key, Translation, entry of the dictionary; measured.
_OVERHEAD = 350

_Key = tuple[str, str, str, str, tuple[tuple[str, str], ...]]


class CacheObserver(Protocol):
    """Counts what a cache did; `server.metrics.front.Metrics` does."""

    def count_cache(self, hits: int, misses: int) -> None: ...
    def set_cache_bytes(self, used: int) -> None: ...


class TranslationCache:
    """Holds the most recently used translations, in memory only. Threads may share it.

    A key is the model's name, the segment, its languages and the glossary entries that occur in
    it.
    """

    def __init__(self, max_bytes: int, observer: CacheObserver | None = None) -> None:
        """`max_bytes` bounds the memory of the translations and their keys; 0: nothing is kept."""
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Key, Translation] = OrderedDict()
        self.bytes = 0
        self._observer = observer

    def find(self, model: str, segments: Sequence[Segment]) -> list[Translation | None]:
        """Return a model's translation of each segment, None where there is none."""
        if not self._max_bytes:
            return [None] * len(segments)
        keys = [_key(model, segment) for segment in segments]
        with self._lock:
            found = [self._entries.get(key) for key in keys]
            for key, translation in zip(keys, found, strict=True):
                if translation is not None:
                    self._entries.move_to_end(key)
        if self._observer is not None:
            misses = found.count(None)
            self._observer.count_cache(len(found) - misses, misses)
        return found

    def add(
        self, model: str, segments: Sequence[Segment], translations: Sequence[Translation]
    ) -> None:
        """Keep a model's translations; the least recently used ones make room."""
        if not self._max_bytes:
            return
        with self._lock:
            for segment, translation in zip(segments, translations, strict=True):
                self._add(_key(model, segment), translation)
            while self.bytes > self._max_bytes:
                self.bytes -= _size(*self._entries.popitem(last=False))
            used = self.bytes
        if self._observer is not None:
            self._observer.set_cache_bytes(used)

    def _add(self, key: _Key, translation: Translation) -> None:
        before = self._entries.pop(key, None)
        if before is not None:
            self.bytes -= _size(key, before)
        self._entries[key] = translation
        self.bytes += _size(key, translation)


def is_cacheable(segment: Segment) -> bool:
    """Return False for a segment with alternatives: they are many, and seldom asked for twice."""
    return not segment.options.alternatives


def _key(model: str, segment: Segment) -> _Key:
    options = segment.options
    return model, segment.piece.text, options.source, options.target, options.glossary


def _size(key: _Key, translation: Translation) -> int:
    """Return the bytes of an entry. Names, languages and warnings are shared strings."""
    glossary = sum(sys.getsizeof(text) for entry in key[4] for text in entry)
    return sys.getsizeof(key[1]) + sys.getsizeof(translation.text) + glossary + _OVERHEAD
