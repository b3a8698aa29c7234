"""A run that was killed goes on as if nothing had been, and threads change nothing."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
import torch

from tests.unit.training.conftest import EOS, PAD, tiny_model
from training.mixture import Mixture
from training.prepare import VALIDATION
from training.replicas import Replicas
from training.schedule import Schedule
from training.state import CHECKPOINT_FILE, LOG_FILE, read_log
from training.store import read_parts
from training.trainer import Trainer, validation_batches

SCHEDULE = Schedule(warmup=2, batch_tokens=150, batches=3, average_half_life=5, peak_rate=5e-3)
CPU = torch.device("cpu")

AfterSteps = Callable[[int], Callable[[], bool]]


def trainer_in(folder: Path, data: Path, *, goes_on: bool = False, threads: int = 1) -> Trainer:
    folder.mkdir(exist_ok=True)
    return Trainer(
        None if goes_on else tiny_model(),
        Mixture(read_parts(data), PAD, EOS),
        validation_batches(data / VALIDATION, PAD, EOS),
        SCHEDULE,
        folder,
        CPU,
        threads,
    )


def test_an_interrupted_run_ends_with_the_same_weights(
    data: Path, tmp_path: Path, after_steps: AfterSteps
) -> None:
    whole = trainer_in(tmp_path / "whole", data)
    whole.run(after_steps(13))
    trainer_in(tmp_path / "broken", data).run(after_steps(6))
    resumed = trainer_in(tmp_path / "broken", data, goes_on=True)
    resumed.run(after_steps(7))
    assert resumed.progress.step == whole.progress.step == 13
    assert resumed.progress.tokens == whole.progress.tokens
    for name, weights in whole.model.state_dict().items():
        assert torch.equal(weights, resumed.model.state_dict()[name]), name
    last = [read_log(tmp_path / name)[-1] for name in ("whole", "broken")]
    assert last[0]["losses"] == last[1]["losses"]
    assert last[0]["average_losses"] == last[1]["average_losses"]


def test_it_learns(data: Path, tmp_path: Path, after_steps: AfterSteps) -> None:
    trainer = trainer_in(tmp_path / "run", data)
    trainer.run(after_steps(30))
    first, *_, last = read_log(tmp_path / "run")
    assert first["step"] == 0
    assert last["average_losses"]["everyday"] < first["losses"]["everyday"]
    assert last["losses"] != last["average_losses"]


def test_a_decay_leaves_what_is_on_disk_as_it_was(
    data: Path, tmp_path: Path, after_steps: AfterSteps
) -> None:
    folder = tmp_path / "run"
    trainer_in(folder, data).run(after_steps(3))
    before = {name: (folder / name).read_bytes() for name in (CHECKPOINT_FILE, LOG_FILE)}
    trainer = trainer_in(folder, data, goes_on=True)
    seconds = count()
    trainer.decay(3.0, lambda: next(seconds))
    assert trainer.progress.step == 3 + 2
    assert before == {name: (folder / name).read_bytes() for name in before}


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_gradients_of_one(data: Path, threads: int) -> None:
    mixture = Mixture(read_parts(data), PAD, EOS)
    batches = [mixture.collate(draw) for draw in mixture.window(1, 0, 150)[:7]]
    models = tiny_model(), tiny_model()
    one, several = (
        Replicas(model, count, torch.float32, PAD)
        for model, count in zip(models, (1, threads), strict=True)
    )
    assert one.gradients(batches, 0.1) == pytest.approx(several.gradients(batches, 0.1))
    for first, second in zip(*(model.parameters() for model in models), strict=True):
        assert first.grad is not None
        assert second.grad is not None
        assert torch.allclose(first.grad, second.grad, atol=1e-6)


def test_a_save_that_is_cut_short_leaves_the_checkpoint_before(
    data: Path, tmp_path: Path, after_steps: AfterSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    trainer = trainer_in(folder, data)
    trainer.run(after_steps(3))

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("training.state.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        trainer.run(after_steps(3))
    assert trainer_in(folder, data, goes_on=True).progress.step == 3


def test_a_line_of_the_log_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).write_text(json.dumps({"step": 1}) + '\n{"step": 2, "lo')
    assert read_log(tmp_path) == [{"step": 1}]


class TestSchedule:
    def test_it_warms_up_and_then_stays(self) -> None:
        schedule = Schedule(peak_rate=1.0, warmup=10)
        assert schedule.rate(0) == pytest.approx(0.1)
        assert schedule.rate(9) == schedule.rate(100_000) == 1.0

    def test_a_decay_ends_at_nothing(self) -> None:
        schedule = Schedule(peak_rate=1.0)
        rates = [schedule.decayed_rate(i / 10) for i in range(12)]
        assert rates[0] == 1.0
        assert rates[10] == rates[11] == 0.0
        assert rates == sorted(rates, reverse=True)
