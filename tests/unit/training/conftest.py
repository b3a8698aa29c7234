"""A model of a few thousand weights, and data for it, so that training takes moments."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from transformers import M2M100Config, M2M100ForConditionalGeneration

from training.prepare import COUNTS_FILE, VALIDATION
from training.store import TYPED, WITH_ENGLISH, WITHOUT_ENGLISH, PairStore, Part, StoreWriter

PAD, EOS = 1, 2


def tiny_model() -> M2M100ForConditionalGeneration:
    """Return a model of one layer a side, the same weights every time."""
    import torch

    torch.manual_seed(0)
    return M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=200, d_model=16, encoder_layers=1, decoder_layers=1,
            encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
            decoder_ffn_dim=16, dropout=0.0, attention_dropout=0.0, max_position_embeddings=64,
            encoder_layerdrop=0.0, decoder_layerdrop=0.0,
        )
    )  # fmt: skip


def random_pairs(count: int, seed: int) -> PairStore:
    """Return pairs of random ids: a source starts with 100, its target with 101."""
    rng = np.random.default_rng(seed)
    return PairStore.of(
        [language, *rng.integers(3, 99, rng.integers(1, 12)).tolist(), EOS]
        for _ in range(count)
        for language in (100, 101)
    )


def write_part(folder: Path, part: Part, store: PairStore) -> None:
    """Write a part's files."""
    with StoreWriter(folder, part.name) as writer:
        writer.add(store)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder of prepared data."""
    folder = tmp_path / "data"
    (folder / VALIDATION).mkdir(parents=True)
    for number, (domain, kind, count) in enumerate(
        (
            ("everyday", WITH_ENGLISH, 400),
            ("everyday", WITHOUT_ENGLISH, 300),
            ("everyday", TYPED, 200),
            ("prose", WITH_ENGLISH, 100),
        )
    ):
        write_part(folder, Part(domain, kind), random_pairs(count, number))
    for domain in ("everyday", "prose"):
        write_part(folder / VALIDATION, Part(domain, WITH_ENGLISH), random_pairs(9, 5))
    (folder / COUNTS_FILE).write_text("{}")
    return folder


@pytest.fixture
def after_steps() -> Callable[[int], Callable[[], bool]]:
    """Return what makes a `stop` for `Trainer.run`: true from the n-th time on."""

    def after(steps: int) -> Callable[[], bool]:
        calls = [0]

        def stop() -> bool:
            calls[0] += 1
            return calls[0] >= steps

        return stop

    return after
