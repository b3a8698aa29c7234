"""Decoding of segments that an engine has all at once, and nothing else."""

from collections.abc import Sequence

from translator.engines import EncodedSegment, Engine


def drain(engine: Engine, segments: Sequence[EncodedSegment]) -> None:
    """Submit segments, and return once all are decoded."""
    engine.submit(segments)
    left = len(segments)
    while left:
        left -= len(engine.step())
