"""The trainer as a background process with the lowest priority."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.settings import Settings

LOCK_FILE, OUTPUT_FILE = "trainer.pid", "trainer.log"
_NICE = 19
_STOP_SECONDS = 120  # a step and a checkpoint take seconds, longer on a busy machine


class AlreadyRunningError(RuntimeError):
    """A trainer already runs in this folder."""


@contextmanager
def only_trainer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the kernel releases however the process ends.

    Raises AlreadyRunningError if another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(f"process {running(folder)} trains in {folder}") from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
        file.truncate(0)


def running(folder: Path) -> int | None:
    """Return the id of the process that trains in a folder; None if there is none."""
    try:
        with (folder / LOCK_FILE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0)
    except FileNotFoundError:
        return None
    return None


def start(settings: Settings) -> int:
    """Start `python -m training train` in the background; return its process id.

    It has its own session, so that it outlives the terminal. Raises AlreadyRunningError.
    """
    folder = settings.folder
    folder.mkdir(parents=True, exist_ok=True)
    if running(folder) is not None:
        raise AlreadyRunningError(f"process {running(folder)} already trains in {folder}")
    command = ["nice", "-n", str(_NICE), sys.executable, "-m", "training", "train"]
    with (folder / OUTPUT_FILE).open("a") as output, open(os.devnull) as nothing:
        process = os.posix_spawnp(
            command[0],
            [*command, *settings.arguments()],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing.fileno(), 0),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
            ],
            setsid=True,
        )
    _yield_to_all(process)
    return process


def _yield_to_all(process: int) -> None:
    """Lower the priority of the process's session, if the kernel schedules by session.

    Linux with autogroups (sched(7)) divides the CPU among sessions first. Niceness only counts
    within a session, so a nice trainer would get as much CPU as a server beside it.
    """
    path = Path(f"/proc/{process}/autogroup")
    if path.exists():
        path.write_text(f"{_NICE}\n")


def stop(folder: Path) -> bool:
    """Stop the trainer after its step, with a checkpoint; return whether one was running.

    A paused trainer is resumed first. Raises TimeoutError if it does not stop.
    """
    process = running(folder)
    if process is None:
        return False
    os.kill(process, signal.SIGTERM)
    os.kill(process, signal.SIGCONT)
    deadline = time.monotonic() + _STOP_SECONDS
    while running(folder) is not None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {process} has not stopped within {_STOP_SECONDS} s")
        time.sleep(0.2)
    return True
