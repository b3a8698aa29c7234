"""The arbiter alone: it replaces children that die or hang, and ends all in order."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import pytest

from tests.process.conftest import TIMEOUT, wait_for
from tests.process.test_faults import is_alive

pytestmark = pytest.mark.slow  # processes for each test

NAMES = ("pool", "front 0", "front 1", "jobs")


@dataclass
class Subject:
    """A running arbiter, and what it and its children have written."""

    process: "subprocess.Popen[str]"
    pids: dict[str, int] = field(default_factory=dict)  # of the last process of each name
    starts: dict[str, int] = field(default_factory=dict)
    descriptors: dict[str, int] = field(default_factory=dict)  # open in it at its start
    orders: list[str] = field(default_factory=list)
    ready: int = 0
    log: str = ""
    _lines: "SimpleQueue[str]" = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        self._readers = [Thread(target=self._read), Thread(target=self._read_log)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if match := re.fullmatch(r"start (.*) (\d+) (\d+)\n", line):
                name = match[1]
                self.descriptors[name] = int(match[3])
                self.starts[name] = self.starts.get(name, 0) + 1
                self.pids[name] = int(match[2])
            elif line.startswith("order "):
                self.orders.append(line.removeprefix("order ").strip())
            else:
                assert line == "ready\n"
                self.ready += 1

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line

    def end(self) -> int:
        """Return the exit code, and read what is left to read."""
        code = self.process.wait(TIMEOUT)
        for reader in self._readers:
            reader.join(TIMEOUT)
        return code

    def wait_until_logged(self, message: str) -> None:
        wait_for(lambda: message in self.log, f"the log has {message!r}")

    def wait_until_started(self, name: str, times: int) -> None:
        wait_for(lambda: self.starts.get(name, 0) >= times, f"{name} starts, {times} times in all")


@contextmanager
def arbitrating(mode: str = "", *, announced: bool = True) -> Iterator[Subject]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.process.fronts.arbiter_subject", mode],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own
    )
    subject = Subject(process)
    try:
        if announced:
            wait_for(lambda: subject.ready, "all fronts are ready")
            wait_for(lambda: len(subject.pids) == len(NAMES), "all children have started")
        yield subject
    finally:
        process.kill()
        subject.end()
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()


def test_a_child_that_is_killed_is_replaced_and_no_other() -> None:
    with arbitrating() as subject:
        for name in NAMES:
            before = dict(subject.pids)
            os.kill(before[name], signal.SIGKILL)
            subject.wait_until_started(name, 2)
            wait_for(lambda: subject.pids[name] != before[name], "it is another process")  # noqa: B023
            assert subject.pids == before | {name: subject.pids[name]}
            subject.wait_until_logged(f"process {name!r} died (exit code -9); restart in 0.0 s")
        assert subject.ready == 1, "the banner is printed once"


def test_a_front_that_dies_at_its_start_waits_longer_each_time() -> None:
    with arbitrating("broken", announced=False) as subject:
        subject.wait_until_started("front 1", 4)
        assert subject.starts["front 0"] == 1
        assert not subject.ready, "not all fronts answer"
        subject.wait_until_logged("restart in 1.0 s")
        waits = re.findall(
            r"process 'front 1' died \(exit code 1\); restart in (\d\.\d) s", subject.log
        )
        assert waits[:3] == ["0.0", "0.5", "1.0"]
        subject.wait_until_logged("process 'front 1': FileNotFoundError at arbiter_subject.py")
        subject.wait_until_logged("No such file or directory")


@pytest.mark.parametrize("names", [NAMES[::2], NAMES[1::2]])
def test_a_child_that_is_stopped_is_killed_and_replaced(names: tuple[str, ...]) -> None:
    with arbitrating() as subject:
        stopped = [subject.pids[name] for name in names]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        for name in names:
            subject.wait_until_started(name, 2)
            subject.wait_until_logged(f"process {name!r} was silent for 3 s; killed")
        assert not any(map(is_alive, stopped))
        assert sum(subject.starts.values()) == len(NAMES) + len(names)


def test_a_child_that_never_gets_ready_is_killed_and_replaced() -> None:
    with arbitrating("mute", announced=False) as subject:
        subject.wait_until_started("front 1", 2)
        subject.wait_until_logged("process 'front 1' was silent for 2 s; killed")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_pool_ends_after_the_fronts_have_drained(number: int) -> None:
    with arbitrating() as subject:
        subject.process.send_signal(number)
        assert subject.end() == 0
        assert set(subject.orders[:3]) == {"jobs STOP", "front 0 DRAIN", "front 1 DRAIN"}
        assert subject.orders[3:] == ["pool STOP"]


def test_a_second_signal_stops_the_drain() -> None:
    with arbitrating("stubborn") as subject:
        subject.process.send_signal(signal.SIGTERM)
        wait_for(lambda: len(subject.orders) == 3, "the fronts drain")
        subject.process.send_signal(signal.SIGINT)
        assert subject.end() == 128 + signal.SIGINT
        assert set(subject.orders[3:5]) == {"front 0 STOP", "front 1 STOP"}
        assert subject.orders[5:] == ["pool STOP"]


def test_a_front_that_is_stopped_does_not_hold_up_the_end_for_ever() -> None:
    with arbitrating() as subject:
        os.kill(subject.pids["front 1"], signal.SIGSTOP)
        subject.process.send_signal(signal.SIGTERM)
        assert subject.end() == 0
        subject.wait_until_logged("process 'front 1' ended with exit code -9")
        assert "pool STOP" in subject.orders


def test_after_a_signal_the_pool_is_replaced_while_fronts_need_it_but_no_front() -> None:
    with arbitrating("stubborn") as subject:
        subject.process.send_signal(signal.SIGTERM)
        wait_for(lambda: len(subject.orders) == 3, "the fronts drain")
        os.kill(subject.pids["front 0"], signal.SIGKILL)
        os.kill(subject.pids["pool"], signal.SIGKILL)
        subject.wait_until_started("pool", 2)
        os.kill(subject.pids["front 1"], signal.SIGKILL)
        assert subject.end() == 0
        assert subject.orders[3:] == ["pool STOP"]
        assert subject.starts == {**dict.fromkeys(NAMES, 1), "pool": 2}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_children_leave_signals_to_the_arbiter(number: int) -> None:
    with arbitrating() as subject:
        for pid in subject.pids.values():
            os.kill(pid, number)
        os.killpg(subject.process.pid, number)  # as a terminal does at Ctrl-C
        assert subject.end() == 0
        assert set(subject.orders[:3]) == {"jobs STOP", "front 0 DRAIN", "front 1 DRAIN"}
        assert sum(subject.starts.values()) == len(NAMES)


def test_no_child_outlives_the_arbiter() -> None:
    with arbitrating() as subject:
        os.kill(subject.pids["front 1"], signal.SIGSTOP)
        subject.process.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in subject.pids.values()), "all have ended")


def test_children_inherit_no_descriptor_of_each_other() -> None:
    with arbitrating() as subject:
        for name in NAMES:
            os.kill(subject.pids[name], signal.SIGKILL)
            subject.wait_until_started(name, 2)
        standard_streams_and_link = 4
        assert set(subject.descriptors.values()) == {standard_streams_and_link}
        ours = Path(f"/proc/{subject.process.pid}/fd")
        # It closes its end of the last child's link after that child has started.
        wait_for(lambda: len(list(ours.iterdir())) == 3 + 2 + len(NAMES), "no descriptor is left")
