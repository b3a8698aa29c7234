"""The data are prepared alike every time, and an interrupted run ends like any other."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration

from training import dataset
from training import train as loop
from training.card import _earlier, write_training_facts
from training.corpus import DIRECTIONS, read_directions, read_pairs, read_references
from training.dataset import PairDataset, prepare
from training.evaluate import Score, means, score
from training.train import Schedule, train
from training.vocabulary import copy_vocabulary
from translator.checkpoints import BUNDLED_FOLDER
from translator.tokenizer import Tokenizer

LINES = {
    "de": [("I see.", "Ich sehe."), ("I see.", "Verstehe."), ("Go!", "Geh!")],
    "es": [("I see.", "Ya veo.")],
    "fr": [("I see.", "Je vois."), ("I see.", "D'accord."), ("I see.", "Ah."), ("Go!", "Va !")],
    "nl": [("Stop!", "Stop!")],
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for language, pairs in LINES.items():
        with gzip.open(tmp_path / f"train.en-{language}.tsv.gz", "wt", encoding="utf-8") as file:
            file.writelines(f"{english}\t{other}\n" for english, other in pairs)
    return tmp_path


@pytest.fixture(scope="module")
def dev() -> PairDataset:
    return prepare("dev", Tokenizer(BUNDLED_FOLDER), Path("training/corpus"), augment=False)


def test_pairs_without_english_are_joined_on_it(corpus: Path) -> None:
    directions = read_directions("train", corpus)
    assert directions["en", "de"] == LINES["de"]
    assert directions["nl", "en"] == [("Stop!", "Stop!")]
    # Each German sentence gets two of the French ones, in turn; not all of them.
    assert directions["de", "fr"] == [
        ("Ich sehe.", "Je vois."),
        ("Ich sehe.", "D'accord."),
        ("Verstehe.", "D'accord."),
        ("Verstehe.", "Ah."),
        ("Geh!", "Va !"),
    ]
    assert directions["es", "nl"] == []


def test_all_translations_of_the_english_sentence_are_references(corpus: Path) -> None:
    references = read_references("train", corpus)
    assert references["de", "fr"]["Ich sehe."] == ["Je vois.", "D'accord.", "Ah."]
    assert references["fr", "en"]["Ah."] == ["I see."]
    assert references["nl", "de"] == {}


def test_a_broken_line_is_named(corpus: Path) -> None:
    with gzip.open(corpus / "train.en-nl.tsv.gz", "wt") as file:
        file.write("fine\tgoed\nno tab here\n")
    with pytest.raises(ValueError, match=r"train\.en-nl\.tsv\.gz:2"):
        read_pairs("train", "nl", corpus)


def test_no_english_sentence_is_in_two_splits() -> None:
    splits = [
        {english for language in LINES for english, _ in read_pairs(split, language)}
        for split in ("train", "dev", "test")
    ]
    assert not splits[0] & splits[1]
    assert not splits[0] & splits[2]
    assert not splits[1] & splits[2]


def test_batches_are_repeatable_complete_and_within_the_budget(dev: PairDataset) -> None:
    batches = dev.batches(500, seed=1, epoch=0)
    again = dev.batches(500, seed=1, epoch=0)
    assert all(np.array_equal(one, two) for one, two in zip(batches, again, strict=True))
    assert sorted(np.concatenate(batches)) == list(range(len(dev)))
    assert any(
        not np.array_equal(one, two)
        for one, two in zip(batches, dev.batches(500, seed=1, epoch=1), strict=False)
    )
    for indices in batches:
        batch = dev.collate(indices)
        padded = len(indices) * (batch.source.shape[1] + batch.labels.shape[1])
        assert len(indices) == 1 or padded <= 500


def test_what_the_decoder_sees_is_the_labels_one_step_earlier(dev: PairDataset) -> None:
    batch = dev.collate(np.arange(4))
    assert torch.all(batch.decoder[:, 0] == dev.eos)
    assert torch.equal(batch.decoder[:, 1:], batch.labels[:, :-1])
    assert torch.equal(batch.source_mask == 1, batch.source != dev.pad)


def tiny_model() -> M2M100ForConditionalGeneration:
    torch.manual_seed(0)
    return M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=8192, d_model=16, encoder_layers=1, decoder_layers=1,
            encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
            decoder_ffn_dim=16, dropout=0.0, attention_dropout=0.0,
            encoder_layerdrop=0.0, decoder_layerdrop=0.0,
        )
    )  # fmt: skip


def test_an_interrupted_run_ends_with_the_same_weights(
    dev: PairDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = Schedule(steps=6, batch_tokens=300, warmup=2, checkpoint_every=2)
    folders = [tmp_path / "whole", tmp_path / "broken"]
    for folder in folders:
        folder.mkdir()
    cpu = torch.device("cpu")
    whole, broken, resumed = tiny_model(), tiny_model(), tiny_model()
    few = PairDataset(dev.tokens, dev.offsets[:201], dev.pad, dev.eos)  # 100 pairs
    train(whole, few, few, schedule, folders[0], cpu, torch.float32)
    save = loop._save

    def interrupt(*arguments: object) -> None:
        save(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "_save", interrupt)
        with pytest.raises(KeyboardInterrupt):
            train(broken, few, few, schedule, folders[1], cpu, torch.float32)
    train(resumed, few, few, schedule, folders[1], cpu, torch.float32)
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name
    logs = [(folder / "log.jsonl").read_text().splitlines() for folder in folders]
    losses = [[json.loads(line)["dev_loss"] for line in log] for log in logs]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 3


def test_scores_take_every_reference() -> None:
    references = [["Das ist gut so.", "Es ist gut so."], ["Ja, das stimmt."]]
    assert score(["Es ist gut so.", "Ja, das stimmt."], references).bleu == pytest.approx(100)
    assert score(["Nein.", "Nein."], references).bleu < 10


def test_means_are_taken_over_directions_with_and_without_english() -> None:
    scores = {d: Score(30.0 if "en" in d else 20.0, 50.0, 10) for d in DIRECTIONS}
    assert means(scores)["with English"] == Score(30.0, 50.0, 80)
    assert means(scores)["without English"] == Score(20.0, 50.0, 120)


def test_augmented_data_are_more_and_repeat(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "PHRASE_REPEATS", 0)  # they alone would be more
    tokenizer = Tokenizer(BUNDLED_FOLDER)
    plain = prepare("train", tokenizer, corpus, augment=False)
    first, second = (prepare("train", tokenizer, corpus, augment=True) for _ in range(2))
    assert len(first) > 2 * len(plain)
    assert np.array_equal(first.tokens, second.tokens)


def test_a_vocabulary_is_copied_whole(tmp_path: Path) -> None:
    copy_vocabulary(BUNDLED_FOLDER, tmp_path / "new")
    assert Tokenizer(tmp_path / "new").tokens() == Tokenizer(BUNDLED_FOLDER).tokens()


def test_the_curve_and_the_facts_are_drawn_from_the_log(tmp_path: Path) -> None:
    lines = [
        {
            "step": step,
            "pairs": 1000,
            "seconds": 60,
            "train_loss": 9.0 - step,
            "dev_loss": 8.0 - step,
        }
        for step in (1, 2, 3)
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_training_facts(tmp_path, tmp_path, "an abacus", "make train")
    facts = json.loads((tmp_path / "training.json").read_text())
    assert (facts["steps"], facts["pairs"], facts["seconds"]) == (3, 3000, 180)
    curve = (tmp_path / "curve.svg").read_text()
    assert "<svg" in curve
    write_training_facts(tmp_path, tmp_path, "an abacus", "make train")
    assert (tmp_path / "curve.svg").read_text() == curve


def test_the_card_counts_all_runs_before_the_last_one() -> None:
    first = {"pairs": 1_000, "steps": 10, "seconds": 3_600}
    second = {"pairs": 2_000, "steps": 20, "seconds": 7_200, "start": first}
    assert (
        _earlier({"start": first})
        == ", after 1,000 pairs in 10 steps, 1.0 hours, of an earlier run"
    )
    assert _earlier({"start": second}).endswith(
        " 3,000 pairs in 30 steps, 3.0 hours, of 2 earlier runs"
    )
    assert _earlier({}) == ""
