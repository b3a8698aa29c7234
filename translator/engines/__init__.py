"""Engines: token ids of one language in, token ids of another out, on one device.

Imports `translator.models` and what that may import; no text is handled here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from translator.models.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to search for a translation, in the terms of transformers' GenerationConfig.

    `max_length` counts the start token, the language token and `</s>`. `early_stopping` is True,
    False or "never"; one beam is greedy search, whatever the rest says. Of the sequences found the
    best `hypotheses` (at most `beams`) come back. `no_repeat_ngram` forbids n-grams of so many
    tokens to come twice; 0 forbids none.
    """

    beams: int
    max_length: int
    length_penalty: float = 1.0
    early_stopping: bool | Literal["never"] = False
    hypotheses: int = 1
    no_repeat_ngram: int = 0

    @classmethod
    def of(cls, checkpoint: Checkpoint, beams: int | None = None) -> "Decoding":
        """Return the search that `generation_config.json` asks for, with `beams` where given."""
        generation = checkpoint.generation
        return cls(
            beams=beams or checkpoint.beams,
            max_length=checkpoint.max_length,
            length_penalty=float(generation.get("length_penalty", 1.0)),
            early_stopping=generation.get("early_stopping", False),
        )


@dataclass(frozen=True, slots=True)
class EncodedSegment:
    """`source_ids`: `__source__ … </s>`; `target_id`: id of the target's language token."""

    key: int
    source_ids: list[int]
    target_id: int
    decoding: Decoding


@dataclass(frozen=True, slots=True)
class DecodedSegment:
    """`ids`: the translation, without language token and `</s>`; None if memory did not do.

    `complete` is False where the model stopped at the longest length instead of at `</s>`.
    `alternatives`: the other hypotheses that are complete, best first.
    """

    key: int
    ids: list[int] | None
    complete: bool = True
    alternatives: tuple[list[int], ...] = ()


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine decodes, the type that it computes in, and why it is this one."""

    name: str  # of config.ENGINES, without "auto"
    dtype: str  # of config.DTYPES, without "auto"
    reason: str


class Engine(Protocol):
    """Holds segments and decodes some of them at each step."""

    @property
    def batches(self) -> int:
        """Batches of `TranslatorConfig.batch_tokens` that are decoded at a time."""

    @property
    def splits(self) -> int:
        """Batches split so far because the device ran out of memory."""

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Take segments over; they are decoded in later steps, in any order."""

    def step(self) -> list[DecodedSegment]:
        """Do one scheduling iteration and return the segments that finished in it."""


class OutOfMemoryError(Exception):
    """A batch did not fit the device's memory."""


class Decoder(Protocol):
    """Decodes batches from start to end, in as many threads as it has replicas."""

    replicas: int

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        """Return one result a segment, in order; raises OutOfMemoryError.

        All segments of a batch have the same `decoding`.
        """
