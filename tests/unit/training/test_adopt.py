"""A model is adopted where it is better, and what is said of it is what was measured."""

import json
from pathlib import Path

import pytest
import torch

from training import adopt as adopting
from training.adopt import Plan, Verdict, _run, judge
from training.card import write_card
from training.corpus import DIRECTIONS
from training.evaluate import Score, domain_means, mean, score
from training.export import export
from training.facts import Run, read_runs, write_runs
from training.prepare import COUNTS_FILE
from training.settings import BUNDLED_FOLDER, Settings
from training.shape import Shape, grow
from training.state import LOG_FILE, Progress
from training.status import CURVE_FILE, draw_curve, report
from translator.engines.loading import load_model
from translator.models.checkpoints import resolve, weight_files


def scored(bleu: float) -> Score:
    return Score(bleu, 1.0, 50.0, 10)


class TestVerdict:
    def test_a_better_mean_is_adopted(self) -> None:
        verdict = judge(
            {"everyday": scored(40.0), "news": scored(5.0)},
            {"everyday": scored(39.75), "news": scored(9.0), "new": scored(0.0)},
        )
        assert verdict == Verdict(gain=1.875, worse={})
        assert verdict.adopted
        assert "+1.9 BLEU" in str(verdict)

    def test_a_domain_that_loses_too_much_stands_in_the_way_and_is_named(self) -> None:
        verdict = judge(
            {"everyday": scored(40.0), "news": scored(5.0)},
            {"everyday": scored(39.25), "news": scored(25.0)},
        )
        assert not verdict.adopted
        assert "everyday -0.8" in str(verdict)

    def test_no_gain_is_not_adopted(self) -> None:
        assert not judge({"news": scored(5.0)}, {"news": scored(5.0)}).adopted


class TestScores:
    def test_every_reference_counts(self) -> None:
        references = [["Das ist gut so.", "Es ist gut so."], ["Ja, das stimmt."]]
        best = score(["Es ist gut so.", "Ja, das stimmt."], references)
        assert best.bleu == pytest.approx(100)
        assert score(["Nein.", "Nein."], references).bleu < 10

    def test_the_interval_says_how_sure_the_score_is(self) -> None:
        words = ["one two three four five", "six seven eight nine ten"]
        outputs = [words[0], "six seven and nine ten"] * 20
        assert score(outputs, [[w] for w in words * 20]).interval > 0.5

    def test_means_are_taken_with_and_without_english(self) -> None:
        scores = {d: Score(30.0 if "en" in d else 20.0, 3.0, 50.0, 10) for d in DIRECTIONS}
        means = domain_means({"everyday": scores, "news": {("en", "de"): scored(7.0)}})
        assert list(means) == ["everyday", "everyday, without English", "news"]
        assert means["everyday"].bleu == 30.0
        assert means["everyday"].sentences == 80
        assert means["everyday, without English"].bleu == 20.0
        assert mean([scored(1.0)] * 4).interval == pytest.approx(0.5)


def test_weights_from_elsewhere_are_not_counted_as_trained_here(tmp_path: Path) -> None:
    plan = Plan(minutes=0.0, weights=tmp_path, keep=0.3)
    run = _run(Settings(folder=tmp_path), Progress(step=9, pairs=99, seconds=3600.0), plan)
    assert (run.steps, run.pairs, run.hours) == (0, 0, 0.0)
    assert "30%" in run.what


def test_runs_are_kept_beside_the_weights(tmp_path: Path) -> None:
    assert read_runs(tmp_path) == []
    runs = [Run("first", "an abacus", 10, None, 1.0), Run("second", "two", 20, 300, 0.5, 0.9)]
    write_runs(tmp_path, runs)
    assert read_runs(tmp_path) == runs
    assert read_runs(BUNDLED_FOLDER)


class TestCandidate:
    @pytest.fixture
    def candidate(self, tmp_path: Path) -> Path:
        """Return a grown bundled model, in more files than the one there is."""
        folder = tmp_path / "candidate"
        model = load_model(BUNDLED_FOLDER, torch.float32)
        config = model.config
        shape = Shape(
            config.encoder_layers + 12,
            config.decoder_layers,
            config.encoder_ffn_dim,
            config.decoder_ffn_dim,
        )
        export(grow(model, shape), BUNDLED_FOLDER, folder)
        write_runs(folder, [Run("a test", "two CPU cores", 7, 1234, 0.5, 0.9)])
        return folder

    def test_weights_are_in_files_that_git_bears(self, candidate: Path) -> None:
        sizes = [path.stat().st_size for path in weight_files(candidate)]
        assert len(sizes) > 1
        assert max(sizes) <= 16 * 2**20

    def test_the_card_says_what_was_measured(self, candidate: Path, tmp_path: Path) -> None:
        counts = {"tatoeba": {"kept": 4321, "words": 9}, "lo": {"kept": 77, "words": 8}}
        (tmp_path / COUNTS_FILE).write_text(json.dumps(counts))
        before, after = ({"news": {("en", "de"): scored(bleu)}} for bleu in (3.25, 11.5))
        sheet = [("word", "en → de", "a|b", "<before>", "after")]
        checkpoint = resolve(str(candidate))
        write_card(checkpoint, read_runs(candidate), before, after, tmp_path, sheet)
        card = (candidate / "README.md").read_text()
        for said in (
            "facebook/m2m100_418M",
            "| news | 3.2 ± 1.0 | 50.0 | 11.5 ± 1.0 | 50.0 | 10 |",
            "| a test | 7 | 1,234 | 0.5 (0.9 core-hours) | two CPU cores |",
            "LibreOffice's help | documentation | MPL-2.0 | 77 |",
            "| word | en → de | a\\|b | &lt;before> | after |",
            "nrefs",
        ):
            assert said in card
        assert "{" not in card

    def test_the_bundled_model_is_replaced_whole(
        self, candidate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bundled = tmp_path / "bundled"
        bundled.mkdir()
        (bundled / "model.safetensors").write_bytes(b"old: would be read before the shards")
        (bundled / "old.txt").write_text("gone")
        monkeypatch.setattr(adopting, "BUNDLED_FOLDER", bundled)
        adopting.replace_bundled(candidate)
        assert {p.name for p in bundled.iterdir()} == {p.name for p in candidate.iterdir()}
        load_model(bundled, torch.float16)


class TestStatus:
    ENTRIES = tuple(
        {
            "time": "2026-01-01T00:00:00+00:00", "step": 100 * i, "pairs": 1000 * i,
            "tokens": 30_000 * i, "seconds": 600 * i, "cpu_seconds": 1100 * i,
            "tokens_per_second": 50, "train_loss": 3.0, "losses": {"everyday": 2.0, "prose": 3.0},
            "average_losses": {"everyday": 2.0 - i / 100, "prose": 3.0 - i / 50},
        }
        for i in range(30)
    )  # fmt: skip

    def test_without_a_checkpoint_it_says_so(self, tmp_path: Path) -> None:
        assert "no checkpoint yet" in report(tmp_path)

    def test_it_tells_hours_losses_and_what_adopting_would_give(self, tmp_path: Path) -> None:
        lines = [json.dumps(entry) for entry in self.ENTRIES]
        (tmp_path / LOG_FILE).write_text("\n".join(lines) + "\n")
        said = report(tmp_path)
        assert "4.8 hours (8.9 core-hours), 29,000 pairs" in said
        assert "everyday -0.290, prose -0.580" in said
        assert 5 < said.count("\n") < 25
        assert (tmp_path / CURVE_FILE).stat().st_size > 1000

    def test_the_same_figures_give_the_same_picture(self, tmp_path: Path) -> None:
        pictures = []
        for name in ("one.svg", "two.svg"):
            draw_curve(self.ENTRIES, tmp_path / name)
            pictures.append((tmp_path / name).read_text())
        assert pictures[0] == pictures[1]
        assert "<svg" in pictures[0]
