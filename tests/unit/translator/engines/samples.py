"""Sentences of all directions."""

from training.corpus import DIRECTIONS, read_references
from translator.engines import Decoding, EncodedSegment
from translator.models.checkpoints import Checkpoint

PER_DIRECTION = 6


def sample() -> list[tuple[str, str, str]]:
    """Return `(text, source, target)` of sentences of all directions."""
    references = read_references("test")
    return [
        (text, source, target)
        for source, target in DIRECTIONS
        for text in list(references[source, target])[-PER_DIRECTION:]
    ]


def encoded_sample(bundled: Checkpoint, decoding: Decoding) -> list[EncodedSegment]:
    """Return sentences of all directions with the given decoding."""
    tokenizer = bundled.tokenizer()
    return [
        EncodedSegment(
            key, tokenizer.encode(text, source), tokenizer.language_ids[target], decoding
        )
        for key, (text, source, target) in enumerate(sample()[::4])
    ]
