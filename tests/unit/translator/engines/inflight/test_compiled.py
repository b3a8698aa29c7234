"""Kernels compile for cards that are not here; the interpreter cannot tell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.translator.engines.inflight import operations

pytestmark = [pytest.mark.slow, pytest.mark.long]


CAPABILITIES = {"80": "A100", "90": "H100"}


def test_all_kernels_compile(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    # Without what debuggers read: no other code, in less time.
    environment |= {"TRITON_CACHE_DIR": str(tmp_path), "TRITON_DISABLE_LINE_INFO": "1"}
    module = f"{operations.__name__.rpartition('.')[0]}.compile_kernels"
    done = subprocess.run(
        [sys.executable, "-m", module, *CAPABILITIES],
        check=False, env=environment, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2_000:]
    called = {tuple(line.split()) for line in done.stdout.splitlines()}
    binaries = set()
    for path in tmp_path.rglob("*.cubin"):
        target = json.loads(path.with_suffix(".json").read_text())["target"]
        binaries.add((str(target["arch"]), path.stem))
    assert binaries == called, "machine code of each"
    multiplying = {"attend_sources", "attend_tokens", "_norm_product_kernel"}
    for capability, card in CAPABILITIES.items():
        assert {(capability, name) for name in multiplying} <= called, card
    assert {("80", "attend_slots"), ("80", "combine_parts")} <= called
