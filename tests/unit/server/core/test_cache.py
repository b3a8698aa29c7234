"""The translation cache: what it finds, what it forgets, how much it holds."""

import sys
import threading
import tracemalloc

import pytest

from server.core.cache import TranslationCache, is_cacheable
from server.core.segments import Segment, Translation
from translator.text.segmentation import TextSegment
from translator.verify.steps import TextOptions

EN_DE = TextOptions("en", "de")


def segment(text: str, options: TextOptions = EN_DE) -> Segment:
    return Segment(0, TextSegment(text, ()), options)


class Seen:
    """A CacheObserver."""

    def __init__(self) -> None:
        self.hits = self.misses = self.bytes = 0

    def count_cache(self, hits: int, misses: int) -> None:
        self.hits += hits
        self.misses += misses

    def set_cache_bytes(self, used: int) -> None:
        self.bytes = used


def test_what_was_added_is_found_until_it_makes_room() -> None:
    seen = Seen()
    cache = TranslationCache(1_400, seen)
    segments = [segment(f"text {i}") for i in range(3)]
    translations = [Translation(f"Text {i}", ("length",)) for i in range(3)]
    cache.add("m", segments, translations)
    assert cache.find("m", segments) == translations
    cache.add("m", [segment("text 3")], [Translation("Text 3")])
    assert cache.find("m", segments[:1]) == [None], "the least recently used one made room"
    assert (seen.hits, seen.misses, seen.bytes) == (3, 1, cache.bytes)


def test_use_keeps_an_entry() -> None:
    cache = TranslationCache(1_400)
    for i in range(10):
        cache.add("m", [segment(f"text {i}")], [Translation("T")])
        assert cache.find("m", [segment("text 0")]) == [Translation("T")]
    assert cache.find("m", [segment("text 1")]) == [None]


@pytest.mark.parametrize(
    "options",
    [
        TextOptions("fr", "de"),
        TextOptions("en", "fr"),
        TextOptions("en", "de", glossary=(("a", "b"),)),
    ],
)
def test_a_key_has_languages_and_glossary(options: TextOptions) -> None:
    cache = TranslationCache(10_000)
    cache.add("m", [segment("a")], [Translation("A")])
    assert cache.find("m", [segment("a", options)]) == [None]
    assert cache.find("m", [segment("a ")]) == [None]


def test_alternatives_are_not_cacheable() -> None:
    assert is_cacheable(segment("a"))
    assert not is_cacheable(segment("a", TextOptions("en", "de", alternatives=1)))


def test_without_bytes_nothing_is_kept() -> None:
    cache = TranslationCache(0)
    cache.add("m", [segment("a")], [Translation("A")])
    assert cache.find("m", [segment("a")]) == [None]
    assert cache.bytes == 0


def test_a_replaced_entry_is_counted_once() -> None:
    cache = TranslationCache(10_000)
    cache.add("m", [segment("a")], [Translation("A")])
    before = cache.bytes
    cache.add("m", [segment("a")], [Translation("A")])
    assert cache.bytes == before


def test_the_bytes_are_those_of_the_process() -> None:
    limit = 1_000_000
    cache = TranslationCache(limit)
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for i in range(5_000):
        cache.add("m", [segment(f"{i} " + "word " * 20)], [Translation(f"{i} " + "Wort " * 22)])
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert limit - 1_000 < cache.bytes <= limit
    assert 0.7 * limit < after - before < 1.2 * limit


def test_threads_may_share_it() -> None:
    cache = TranslationCache(20_000)
    wrong: list[object] = []

    def use(first: int) -> None:
        for i in range(first, first + 2_000):
            text = f"text {i % 50}"
            [found] = cache.find("m", [segment(text)])
            if found not in (None, Translation(text.upper())):
                wrong.append(found)
            cache.add("m", [segment(text)], [Translation(text.upper())])

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=use, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(switch)
    assert wrong == []
    assert 0 <= cache.bytes <= 20_000
