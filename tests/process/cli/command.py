"""Runs `m2m-translate` as a process."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from tests.process.conftest import TIMEOUT

COMMAND = str(Path(sys.executable).with_name("m2m-translate"))
LINES = [
    "" if i % 7 == 3 else f"  Line {i}, über alles.{chr(13) if i % 5 == 0 else ''}"
    for i in range(500)
]
TEXT = "\n".join(LINES).encode()
TRANSLATION = TEXT.decode().upper().encode()
BLOCKED = "Line 300, über alles."  # not translated until the gate is open
LINES_BEFORE_BLOCKED = 288  # in batches of 32, those before the one with BLOCKED


class Serve(Protocol):
    """Starts a server with these settings; returns its URL."""

    def __call__(self, **settings: int) -> str: ...


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "TRANSLATION" not in name}


def start(url: str, *flags: str) -> "subprocess.Popen[str]":
    command = [COMMAND, "-s", "en", "-t", "de", "--url", url, *flags]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )


def run(url: str, *flags: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    command = [COMMAND, "-s", "en", "-t", "de", "--url", url, *flags]
    return subprocess.run(
        command, input=stdin, capture_output=True, timeout=TIMEOUT, check=False, env=environment()
    )


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0
