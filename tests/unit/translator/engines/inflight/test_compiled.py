"""Kernels compile for cards that are not here; the interpreter cannot tell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.translator.engines.inflight import operations

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("capability", [80, 90], ids=["A100", "H100"])
def test_all_kernels_compile(capability: int, tmp_path: Path) -> None:
    pytest.importorskip("triton")
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path)
    module = f"{operations.__name__.rpartition('.')[0]}.compile_kernels"
    done = subprocess.run(
        [sys.executable, "-m", module, str(capability)],
        check=False, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    names = done.stdout.split()
    assert {"attend_slots", "attend_sources", "attend_tokens", "combine_parts"} <= {*names}
    binaries = {path.stem for path in tmp_path.rglob("*.cubin")}
    assert binaries == {*names}, "machine code of each"
