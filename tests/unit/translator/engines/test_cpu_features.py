"""torch, which takes seconds to import, is left out where it is not needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from translator.engines import cpu_features

_SCRIPT = """
import sys
from translator.config import TranslatorConfig
from translator.device_decoder import DeviceDecoder
from translator.engines import cpu_features

cpu_features._has_vnni = lambda: False
print(DeviceDecoder(TranslatorConfig(device="cpu", threads=1)).engine.name)
print({"torch", "transformers"} & set(sys.modules))
"""


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ("processor : 0\nflags : fpu avx2 avx512_vnni\n", True),
        ("flags : fpu avx_vnni\n", True),
        ("processor : 0\nflags : fpu avx2\n", False),
        ("processor : 0\nFeatures : asimd\n", True),  # ARM: torch knows
        (None, True),  # not Linux
    ],
)
def test_vnni_is_among_the_flags_of_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, info: str | None, found: bool
) -> None:
    file = tmp_path / "cpuinfo"
    if info is not None:
        file.write_text(info)
    monkeypatch.setattr(cpu_features, "_CPU_INFO", file)
    assert cpu_features._has_vnni() is found


def test_a_worker_with_ctranslate2_loads_no_torch() -> None:
    pytest.importorskip("ctranslate2")
    command = [sys.executable, "-c", _SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["ctranslate2", "set()"]
