"""Batches hold what the shares say, the same every time, and what the decoder should see."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.training.conftest import EOS, PAD, random_pairs, write_part
from training.mixture import KIND_SHARES, Mixture
from training.store import TYPED, WITH_ENGLISH, PairStore, Part, StoreWriter, read_parts


class TestStore:
    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        part, store = Part("everyday", TYPED), random_pairs(7, 1)
        write_part(tmp_path, part, store)
        found = read_parts(tmp_path)[part]
        assert isinstance(found.ids, np.memmap)
        assert [found.run(i).tolist() for i in range(14)] == [
            store.run(i).tolist() for i in range(14)
        ]

    def test_a_part_without_pairs_is_none(self, tmp_path: Path) -> None:
        write_part(tmp_path, Part("prose", TYPED), PairStore.of([]))
        assert read_parts(tmp_path) == {}

    def test_a_part_that_is_half_written_is_none(self, tmp_path: Path) -> None:
        def write() -> None:
            with StoreWriter(tmp_path, "prose.typed") as writer:
                writer.add(random_pairs(3, 1))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write()
        assert read_parts(tmp_path) == {}

    def test_a_slice_is_some_of_the_pairs(self) -> None:
        store = random_pairs(9, 2)
        some = store.slice(3, 5)
        assert len(some) == 2
        assert some.run(1).tolist() == store.run(7).tolist()


@pytest.fixture
def mixture(data: Path, monkeypatch: pytest.MonkeyPatch) -> Mixture:
    monkeypatch.setattr("training.mixture.WINDOW_TOKENS", 200_000)
    return Mixture(read_parts(data), PAD, EOS, {"everyday": 0.75, "prose": 0.25})


class TestWindow:
    def test_depends_on_seed_and_number_alone(self, mixture: Mixture) -> None:
        def ids(seed: int, number: int) -> list[list[int]]:
            return [draw.pair.tolist() for draw in mixture.window(seed, number, 400)]

        assert ids(1, 4) == ids(1, 4)
        assert ids(1, 4) != ids(1, 5)
        assert ids(1, 4) != ids(2, 4)

    def test_domains_and_kinds_get_their_shares_of_the_tokens(self, mixture: Mixture) -> None:
        tokens: Counter[int] = Counter()
        parts = list(mixture.shares)
        for draw in mixture.window(1, 0, 2_000):
            batch = mixture.collate(draw)
            lengths = (batch.source != PAD).sum(1) + (batch.labels != PAD).sum(1)
            for part, length in zip(draw.part, lengths, strict=True):
                tokens[int(part)] += int(length)
        total = sum(tokens.values())
        shares = {parts[index]: count / total for index, count in tokens.items()}
        assert shares[Part("prose", WITH_ENGLISH)] == pytest.approx(0.25, abs=0.01)
        typed = 0.75 * KIND_SHARES[TYPED] / sum(KIND_SHARES.values())
        assert shares[Part("everyday", TYPED)] == pytest.approx(typed, abs=0.01)

    def test_batches_keep_to_the_budget(self, mixture: Mixture) -> None:
        for draw in mixture.window(1, 0, 300):
            batch = mixture.collate(draw)
            padded = batch.pairs * (batch.source.shape[1] + batch.labels.shape[1])
            assert batch.pairs == 1 or padded <= 300

    def test_little_of_a_batch_is_padding(self, mixture: Mixture) -> None:
        batches = [mixture.collate(draw) for draw in mixture.window(1, 0, 1_500)]
        padded = sum(b.source.numel() + b.labels.numel() for b in batches)
        real = sum(int((b.source != PAD).sum() + (b.labels != PAD).sum()) for b in batches)
        assert real / padded > 0.95

    def test_what_is_typed_is_never_a_target(self, mixture: Mixture) -> None:
        typed = list(mixture.shares).index(Part("everyday", TYPED))
        turned = {True: 0, False: 0}
        for draw in mixture.window(1, 0, 1_500):
            batch = mixture.collate(draw)
            first = batch.source[:, 0]
            assert torch.all(first[torch.from_numpy(draw.part == typed)] == 100)
            turned[True] += int((first == 101).sum())
            turned[False] += int((first == 100).sum())
        assert turned[True] > 0.3 * turned[False]


def test_the_decoder_sees_the_labels_one_step_earlier(mixture: Mixture) -> None:
    batch = mixture.collate(mixture.window(1, 0, 300)[0])
    assert torch.all(batch.decoder[:, 0] == EOS)
    assert torch.equal(batch.decoder[:, 1:], batch.labels[:, :-1])
    assert torch.equal(batch.source_mask == 1, batch.source != PAD)


def test_for_validation_each_pair_comes_once_and_every_other_turned(data: Path) -> None:
    part = Part("prose", WITH_ENGLISH)
    store = read_parts(data)[part]
    batches = Mixture({part: store}, PAD, EOS, {"prose": 1.0}).every(200)
    assert sum(batch.pairs for batch in batches) == len(store)
    first = torch.cat([batch.source[:, 0] for batch in batches])
    assert int((first == 101).sum()) == len(store) // 2


def test_without_pairs_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="training prepare"):
        Mixture(read_parts(tmp_path), PAD, EOS)
