"""The trainer as a real process: killed at any moment, paused, told to stop, started twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.unit.training.conftest import EOS, PAD, tiny_model
from training import background
from training.mixture import Mixture
from training.schedule import Schedule
from training.settings import BUNDLED_FOLDER, Settings
from training.state import load_checkpoint, read_log
from training.store import read_parts
from training.trainer import Trainer
from training.vocabulary import copy_vocabulary

WAIT_SECONDS = 240.0  # beside all other tests


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:g} s: {what}"
        time.sleep(0.05)


@pytest.fixture
def settings(data: Path, tmp_path: Path) -> Iterator[Settings]:
    """A run of a tiny model that has begun; whatever trains in it is killed at the end."""
    copy_vocabulary(BUNDLED_FOLDER, tmp_path / "vocabulary")
    schedule = Schedule(batch_tokens=150, batches=2)
    mixture = Mixture(read_parts(data), PAD, EOS)
    Trainer(tiny_model(), mixture, {}, schedule, tmp_path, torch.device("cpu")).run(lambda: True)
    yield Settings(folder=tmp_path)
    process = background.running(tmp_path)
    if process:
        os.kill(process, signal.SIGKILL)
        wait_for(lambda: background.running(tmp_path) is None, "the end of the process")


def begin(settings: Settings, times: int) -> int:
    """Start a trainer for the n-th time and return its process once it takes its steps."""
    folder = settings.folder
    background.start(settings)
    output = folder / background.OUTPUT_FILE
    wait_for(lambda: output.read_text().count(" starting at step ") >= times, "steps of a trainer")
    process = background.running(folder)
    assert process, output.read_text()
    return process


def step(folder: Path) -> int:
    return load_checkpoint(folder).progress.step


def test_it_yields_to_all_and_outlives_its_terminal(settings: Settings) -> None:
    process = background.start(settings)
    try:
        wait_for(lambda: os.getpriority(os.PRIO_PROCESS, process) == 19, "the lowest priority")
        assert os.getsid(process) == process != os.getsid(0)
        group = Path(f"/proc/{process}/autogroup")
        assert not group.exists() or group.read_text().endswith("nice 19\n")
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


@pytest.mark.long
def test_killed_paused_and_stopped_it_loses_nothing_that_was_saved(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The lowest priority would make it wait for all other tests.
    monkeypatch.setattr(background, "_NICE", 0)
    folder = settings.folder
    process = begin(settings, times=1)
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: background.running(folder) is None, "the end of the process")
    assert step(folder) == 1  # its next checkpoint would have come after ten minutes

    process = begin(settings, times=2)
    os.kill(process, signal.SIGSTOP)
    assert background.stop(folder)
    assert background.running(folder) is None
    assert step(folder) > 1
    assert read_log(folder)[-1]["step"] == step(folder)


def test_a_second_one_is_refused_and_the_first_is_named(settings: Settings) -> None:
    folder = settings.folder
    with background.only_trainer(folder):
        assert background.running(folder) == os.getpid()
        for refused in (lambda: background.start(settings), lambda: enter(folder)):
            with pytest.raises(background.AlreadyRunningError, match=str(os.getpid())):
                refused()
    assert background.running(folder) is None


def enter(folder: Path) -> None:
    with background.only_trainer(folder):
        pass


@pytest.mark.long
def test_killed_while_it_prepares_it_leaves_no_process_and_no_lock(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, time, multiprocessing\n"
        "from training import background\n"
        "from training.prepare import worker_pool\n"
        "with background.only_trainer(pathlib.Path(sys.argv[1])), worker_pool(None) as pool:\n"
        "    pool.apply(time.sleep, (0,))\n"
        "    print(*(c.pid for c in multiprocessing.active_children()), flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        workers = [int(word) for word in process.stdout.readline().split()]
        process.kill()
    assert workers
    wait_for(lambda: not any(map(alive, workers)), "the end of the workers")
    assert background.running(tmp_path) is None


def alive(process: int) -> bool:
    path = Path(f"/proc/{process}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


def test_nothing_to_stop_is_said(tmp_path: Path) -> None:
    assert background.running(tmp_path / "none") is None
    assert not background.stop(tmp_path)
