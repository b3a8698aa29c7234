"""Sentences of all directions."""

from training.corpus import DIRECTIONS, read_references
from translator.engines import Decoding, EncodedSegment
from translator.models.checkpoints import Checkpoint

PER_DIRECTION = 3


def sample() -> list[tuple[str, str, str]]:
    """Return `(text, source, target)` of sentences of all directions, up to the longest."""
    references = read_references("test")
    return [
        (text, source, target)
        for source, target in DIRECTIONS
        for text in _up_to_the_last(list(references[source, target]))
    ]


def _up_to_the_last(sentences: list[str]) -> list[str]:
    """Return some of the sentences, which are sorted by length."""
    return [sentences[len(sentences) * i // PER_DIRECTION - 1] for i in range(1, PER_DIRECTION + 1)]


def encoded_sample(bundled: Checkpoint, decoding: Decoding) -> list[EncodedSegment]:
    """Return sentences of all directions with the given decoding."""
    tokenizer = bundled.tokenizer()
    return [
        EncodedSegment(
            key, tokenizer.encode(text, source), tokenizer.language_ids[target], decoding
        )
        for key, (text, source, target) in enumerate(sample()[::4])
    ]
