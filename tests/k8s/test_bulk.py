"""The command of the bulk job, as its pods run it, on a small file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.k8s.objects import workloads
from tests.k8s.rendering import render
from translator.config import default_cache

SHARES = 4


class Pods:
    """Runs what the job's pods run, with a folder in place of the volume."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (job,) = workloads(render("jobs/bulk"))
        self._command = job.main["command"][2:] + job.main["args"]  # without tini
        self._variables = job.environment | {
            "TRANSLATION_MODEL": "bundled",
            "TRANSLATION_CACHE": str(default_cache()),  # where it is converted already
            "TRANSLATION_ENGINE": "ctranslate2",
            "TRANSLATION_THREADS": "1",  # nor measured
        }

    def run(self, index: int) -> tuple[int, str]:
        """Return the exit code of the pod with this index, and what it said."""
        command = [
            part.replace("/data/", f"{self.folder}/")
            .replace("$(JOB_COMPLETION_INDEX)/16", f"{index}/{SHARES}")
            .replace("$(JOB_COMPLETION_INDEX)", str(index))
            for part in self._command
        ]
        assert "$(" not in " ".join(command)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        run = subprocess.run(
            command,
            env=os.environ | self._variables | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stderr


@pytest.fixture
def pods(tmp_path: Path) -> Pods:
    return Pods(tmp_path)


def test_a_share_is_done_once(pods: Pods) -> None:
    lines = [f"There are {number} apples.\n" for number in range(20, 28)]
    (pods.folder / "in.txt").write_text("".join(lines))
    assert pods.run(SHARES - 1)[0] == 0
    last = pods.folder / f"out-{SHARES - 1}.txt"
    assert re.findall(r"\b2\d\b", last.read_text()) == ["26", "27"]
    written = last.stat()
    assert pods.run(SHARES - 1)[0] == 0  # as after a node was lost before it could report the end
    assert last.stat() == written


def test_bad_input_ends_its_share(pods: Pods) -> None:
    (pods.folder / "in.txt").write_bytes(b"caf\xe9\n")
    code, message = pods.run(0)
    assert code == 2, message
    assert not (pods.folder / "out-0.txt").exists()
