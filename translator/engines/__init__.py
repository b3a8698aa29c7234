"""Engines: token ids of one language in, token ids of another out, on one device.

Imports `translator.models` and what that may import; no text is handled here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from translator.models.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to search for a translation, in the terms of transformers' GenerationConfig.

    `max_length` counts the start token, the language token and `</s>`. `early_stopping` is True,
    False or "never". One beam is greedy search, whatever the other fields say. The best
    `hypotheses` (at most `beams`) of the sequences found are returned. `no_repeat_ngram` is the
    size of n-grams that must not occur twice; 0 allows all.
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


class EncodedSegment(NamedTuple):
    """`source_ids`: text, `</s>` and a language token, in the order of the model's family.

    `target_id`: the token that the translation must begin with, mostly that of the target language;
    None: it begins with text.
    """

    key: int
    source_ids: list[int]
    target_id: int | None
    decoding: Decoding


class DecodedSegment(NamedTuple):
    """`ids`: the translation, without language token and `</s>`; None if it ran out of memory.

    `complete` is False if decoding stopped at `max_length` instead of at `</s>`.
    `alternatives`: the other complete hypotheses, best first.
    """

    key: int
    ids: list[int] | None
    complete: bool = True
    alternatives: tuple[list[int], ...] = ()


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine decodes, in which dtype, and the reason for the choice.

    `kernels`: for each operation that may have a kernel, the implementation in use.
    """

    name: str  # one of config.ENGINES, except "auto"
    dtype: str  # one of config.DTYPES, except "auto"
    reason: str
    kernels: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """Holds segments and decodes some of them at each step."""

    @property
    def batches(self) -> int:
        """Batches of `TranslatorConfig.batch_tokens` that are decoded at a time."""

    @property
    def splits(self) -> int:
        """Batches split so far because the device ran out of memory."""

    @property
    def kernels(self) -> Mapping[str, str]:
        """For each operation that may have a kernel, the implementation in use."""

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Queue segments; they are decoded in later steps, in any order."""

    def step(self) -> list[DecodedSegment]:
        """Run one scheduling iteration; return the segments that finished in it."""


class OutOfMemoryError(Exception):
    """A batch did not fit the device's memory."""


class Decoder(Protocol):
    """Decodes batches from start to end; callable from as many threads as it has replicas."""

    replicas: int

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        """Return one result per segment, in order; raises OutOfMemoryError.

        All segments of a batch have the same `decoding`.
        """
