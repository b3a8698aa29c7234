"""`python -m benchmarks.text_work`: what a sentence costs beside the engine, in one process.

The engine translates everything once. Then a fake returns what it returned, so what remains is text
work: segments, protected tokens, pieces, checks, joining.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.report import in_words, machine, publish, versions
from training.corpus import Direction
from training.heldout import read_test_sets
from translator import Translator, TranslatorConfig
from translator.engines import DecodedSegment, Decoding, EncodedSegment, Engine

_SETS = ("everyday", "captions")  # plain sentences
_DIRECTIONS: tuple[Direction, ...] = (("en", "de"), ("de", "en"), ("fr", "en"), ("en", "fr"))
_ARRAY = 64
_ROUNDS = 9

_Key = tuple[tuple[int, ...], int | None, Decoding]


class _Replay:
    """An Engine that records the results of another one, and then returns them."""

    batches, splits = 1, 0
    kernels: Mapping[str, str] = {}

    def __init__(self, engine: Engine) -> None:
        self.replaying = False
        self.segments = 0
        self._engine = engine
        self._known: dict[_Key, DecodedSegment] = {}
        self._waiting: dict[int, EncodedSegment] = {}

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """See Engine."""
        self.segments += len(segments)
        self._waiting |= {segment.key: segment for segment in segments}
        if not self.replaying:
            self._engine.submit(segments)

    def step(self) -> list[DecodedSegment]:
        """See Engine."""
        if self.replaying:
            waiting, self._waiting = self._waiting, {}
            found = {key: self._known[_key(segment)] for key, segment in waiting.items()}
            return [decoded._replace(key=key) for key, decoded in found.items()]
        done = self._engine.step()
        self._known |= {_key(self._waiting.pop(decoded.key)): decoded for decoded in done}
        return done


def _key(segment: EncodedSegment) -> _Key:
    return tuple(segment.source_ids), segment.target_id, segment.decoding


def measure() -> dict[str, float]:
    """Return CPU microseconds of a sentence, of arrays of 64: the best of nine rounds."""
    translator = Translator(TranslatorConfig(threads=1, engine="ctranslate2"))
    holder = translator._engine
    replay = holder._engine = _Replay(holder._engine)
    arrays = [
        (texts[start : start + _ARRAY], direction)
        for test in read_test_sets()
        for direction in _DIRECTIONS
        if test.name in _SETS
        for texts in [list(test.references[direction])]
        for start in range(0, len(texts) - _ARRAY + 1, _ARRAY)
    ]
    sentences = sum(len(texts) for texts, _ in arrays)
    seconds = []
    for _ in range(1 + _ROUNDS):
        replay.segments = 0
        started = time.process_time()
        for texts, (source, target) in arrays:
            translator.batch(texts, [source] * len(texts), [target] * len(texts))
        seconds.append(time.process_time() - started)
        replay.replaying = True
    best = min(seconds[1:])
    return {"microseconds": best / sentences * 1e6, "segments": replay.segments / sentences}


def main() -> None:
    """Measure, and print a table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="also write the table to this Markdown file")
    output = parser.parse_args().output
    found = measure()
    used = versions("m2m-server", "sentencepiece")
    table = (
        f"# Text work of a sentence\n\n{machine()}; {in_words(used)}; plain sentences in arrays "
        f"of {_ARRAY}, best of {_ROUNDS} rounds.\n\n| CPU µs per sentence | segments per sentence |"
        f"\n| ---: | ---: |\n| {found['microseconds']:.1f} | {found['segments']:.3f} |"
    )
    publish(found | {"versions": used, "machine": machine()}, table, output)


if __name__ == "__main__":
    main()
