"""Fake GPUs: a fake NVML library, and a process that uses it.

pynvml and everything above it are real; only the driver's library is a fake, built from
fake_nvml.c.
"""

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import pytest

from tests.process.conftest import TIMEOUT

LIBRARY = "libnvidia-ml.so.1"
GB = 10**9
_SOURCE = Path(__file__).with_name("fake_nvml.c")
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Card:
    """A GPU or a MIG instance; an unsupported figure is None."""

    uuid: str
    total: int | None = 80 * GB
    used: int = 10 * GB
    load: int | None = 7  # percent
    lost: bool = False
    instances: tuple["Card", ...] = ()

    @property
    def torch_uuid(self) -> str:
        """Return the UUID as torch spells it."""
        return self.uuid.partition("-")[2]


def build(folder: Path) -> None:
    """Compile the library into a folder; skip the test if there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler 'cc' to build the fake NVML with")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(folder / LIBRARY), str(_SOURCE)]
    subprocess.run(command, check=True)


class Machine:
    """The state of the fake GPUs; a change is visible at once in all processes that use it."""

    def __init__(self, file: Path, *cards: Card) -> None:
        self.file = file
        self._cards = cards
        self._init_error = 0
        self._latency = 0.0
        self._write()

    def put(self, *cards: Card) -> None:
        """Replace cards by their UUID."""
        by_uuid = {card.uuid: card for card in cards}
        self._cards = tuple(by_uuid.pop(card.uuid, card) for card in self._cards)
        assert not by_uuid, "unknown card"
        self._write()

    def refuse(self, error: int) -> None:
        """Make nvmlInit fail with an NVML error."""
        self._init_error = error
        self._write()

    def hang(self, seconds: float) -> None:
        """Make every call take that long; 0 also ends the calls in progress."""
        self._latency = seconds
        self._write()

    def _write(self) -> None:
        lines = [f"init_error {self._init_error}", f"latency {round(self._latency * 1000)}"]
        for card in self._cards:
            lines.append(_line(card, "-"))
            lines += [
                _line(replace(instance, lost=card.lost), card.uuid) for instance in card.instances
            ]
        new = self.file.with_suffix(".new")
        new.write_text("\n".join(lines) + "\n")
        new.replace(self.file)  # atomically: no call may read half a file


def _line(card: Card, parent: str) -> str:
    memory = (-1, 0, 0) if card.total is None else (card.total, card.used, card.total - card.used)
    sensors = (44, 71_500) if parent == "-" else (-1, -1)  # an instance has none
    load = -1 if card.load is None else card.load
    fields = (card.uuid, parent, int(card.lost), *memory, load, *sensors, f"card {card.uuid}")
    return " ".join(str(field) for field in ("device", *fields))


class Subject:
    """A process of `nvml_subject.py` that loads the library in a folder instead of NVML."""

    def __init__(self, folder: Path, machine: Machine, visible: str | None = None) -> None:
        """`visible` is its CUDA_VISIBLE_DEVICES; None: not set."""
        environ = dict(os.environ)
        environ.pop("CUDA_VISIBLE_DEVICES", None)
        if visible is not None:
            environ["CUDA_VISIBLE_DEVICES"] = visible
        paths = [str(folder), environ.get("LD_LIBRARY_PATH")]
        environ["LD_LIBRARY_PATH"] = os.pathsep.join(path for path in paths if path)
        environ["FAKE_NVML_STATE"] = str(machine.file)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.nvml_subject"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
            cwd=_ROOT,
        )

    def devices(self) -> list[str]:
        """Return the devices that `auto` selects."""
        return list(self._call("devices"))

    def open(self, devices: Sequence[str], cards: Sequence[Card]) -> None:
        """Start a pool and wait until it serves; `cards` are in CUDA's order."""
        self._call("open", devices, [card.torch_uuid for card in cards])

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `/gpus`."""
        return list(self._call("status"))

    def translate(self, texts: Sequence[str], memory: int = 0) -> list[str]:
        """Return the UUID of the card that translated each text; check the translations."""
        results = [str(result) for result in self._call("translate", texts, memory)]
        expected = [text.upper() for text in texts]
        assert [result.partition(" on ")[0] for result in results] == expected
        return [result.partition(" on ")[2] for result in results]

    def end(self) -> int:
        """Close its pool and end it; return the exit code."""
        self._call("close")
        _opened(self._process.stdin).close()
        return self._process.wait(TIMEOUT)

    def _call(self, method: str, *arguments: Any) -> Any:
        stdin, stdout = _opened(self._process.stdin), _opened(self._process.stdout)
        stdin.write(json.dumps([method, *arguments]) + "\n")
        stdin.flush()
        readable, _, _ = select.select([stdout], [], [], TIMEOUT)
        assert readable, f"no response to {method} after {TIMEOUT} s"
        line = stdout.readline()
        assert line, f"the process exited during {method}"
        return json.loads(line)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _opened(pipe).close()


def _opened(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
