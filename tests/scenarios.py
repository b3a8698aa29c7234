"""Modules that a test runs as processes of their own, each with the name of a scenario."""

import subprocess
import sys

_SECONDS = 120.0


def run_scenario(module: str, scenario: str) -> None:
    """Run it; fail with what it says where it fails."""
    command = [sys.executable, "-m", module, scenario]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_SECONDS)
    assert ended.returncode == 0, ended.stderr
