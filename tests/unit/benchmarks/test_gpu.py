"""`make bench-gpu`: no part costs another, bare machines get packages, and a CPU can try it."""

import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from benchmarks.gpu import bare
from benchmarks.gpu.__main__ import main
from benchmarks.gpu.engines import render as render_engines
from benchmarks.gpu.options import Options
from benchmarks.gpu.pages import write
from benchmarks.gpu.parts import PARTS, ROOT, Outcome, Part, run_part, run_parts
from benchmarks.gpu.trace import Activity, count, largest
from benchmarks.gpu.wheels import repack

PATIENCE = 120.0  # seconds that a good part may take on a busy machine
OPTIONS = Options("part", "cpu", "tiny", "inflight", "", PATIENCE)

# Parts without torch: `python -m benchmarks.gpu.child` imports it to describe a machine.
TORCH = """
    __version__ = "0"
    class cuda:
        is_available = staticmethod(lambda: False)
"""
RENDER = """
    def render(rows):
        return f"{len(rows)} rows"
"""
MODULES = {
    "good": "def measure(options, emit):\n        emit({'figure': 1})",
    "failing": """
    def measure(options, emit):
        emit({"figure": 2})
        raise ValueError("no such luck\\nmore of it")
    """,
    "hanging": """
    import subprocess, sys, time
    def measure(options, emit):
        emit({"figure": 3})
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        emit({"child": child.pid})
        time.sleep(600)
    """,
    "dying": """
    import os, signal
    def measure(options, emit):
        os.kill(os.getpid(), signal.SIGSEGV)
    """,
    "unimportable": "import nothing_of_that_name",
}


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Return a folder with parts, and a torch that is loaded at once."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "torch.py").write_text(dedent(TORCH))
    for name, text in MODULES.items():
        (folder / f"part_{name}.py").write_text(dedent(f"    {text.strip()}\n{RENDER}"))
    return folder


def environment(modules: Path) -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": f"{modules}{os.pathsep}{ROOT}"}


def make_part(name: str, seconds: float = PATIENCE) -> Part:
    return Part(name, f"a {name} part", f"part_{name}", seconds)


def run(name: str, modules: Path, limit: float = PATIENCE, device: str = "cpu") -> Outcome:
    options = replace(OPTIONS, device=device)
    return run_part(make_part(name), limit, options, modules.parent, environment(modules))


def test_a_part_tells_rows_and_where_it_ran(modules: Path) -> None:
    outcome = run("good", modules)
    assert outcome.failed is None
    assert outcome.rows == [{"figure": 1}]
    assert outcome.table == "1 rows"
    assert outcome.machine["cores"] == len(os.sched_getaffinity(0))


def test_a_part_that_fails_keeps_its_rows_and_says_why(modules: Path) -> None:
    outcome = run("failing", modules)
    assert outcome.failed == "ValueError: no such luck"
    assert outcome.rows == [{"figure": 2}]
    assert "Traceback" in outcome.log


def test_a_part_that_hangs_is_ended_with_all_that_it_started(modules: Path) -> None:
    limit = 1.0
    while not (outcome := run("hanging", modules, limit)).rows[1:]:
        limit *= 2  # the machine is slow: it had not begun
        assert limit < PATIENCE
    assert outcome.failed == f"not done after {limit:.0f} s"
    assert outcome.rows[0] == {"figure": 3}
    child = outcome.rows[1]["child"]
    deadline = time.monotonic() + PATIENCE
    while _runs(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    """Return True if a process exists and is not a zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_part_that_is_killed_or_has_no_module_says_so(modules: Path) -> None:
    assert run("dying", modules).failed == "killed by SIGSEGV"
    outcome = run("unimportable", modules)
    assert outcome.failed == "ModuleNotFoundError: No module named 'nothing_of_that_name'"


def test_without_a_gpu_a_part_says_that_it_needs_one(modules: Path) -> None:
    outcome = run("good", modules, device="cuda")
    assert outcome.needs_gpu
    assert outcome.failed is not None
    assert outcome.failed.startswith("needs a GPU: ")
    assert "Traceback" not in outcome.log


def test_the_rest_goes_on_and_the_exit_code_tells(
    modules: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(modules))
    monkeypatch.setattr(bare, "ROOT", modules)  # else its packages would hide the torch above
    monkeypatch.setattr(bare, "requirements", list)
    (modules / "setup.cfg").write_text("[metadata]\nname = ours\nversion = 1\n")
    output = tmp_path / "pages"
    parts = [make_part(name) for name in ("failing", "unimportable", "good")]
    common = ["--device", "cpu", "--output", str(output)]
    assert main([*common, "--parts", "failing", "unimportable", "good"], parts) == 1
    assert main([*common, "--parts", "good"], parts) == 0
    assert main([*common[2:], "--parts", "good"], parts) == 1, "needs a GPU; the page stays"
    pages = {path.name: path.read_text("utf-8") for path in output.iterdir()}
    assert {*pages} == {"gpu-failing.md", "gpu-unimportable.md", "gpu-good.md"}
    assert "**failed**: ValueError: no such luck" in pages["gpu-failing.md"]
    assert "1 rows" in pages["gpu-failing.md"]
    assert "failed**" not in pages["gpu-good.md"]
    reports = {name: _report(page) for name, page in pages.items()}
    assert reports["gpu-failing.md"]["rows"] == [{"figure": 2}]
    assert reports["gpu-unimportable.md"]["machine"], "it ran where the part before it did"
    assert "part_unimportable" not in capsys.readouterr().out, "the log is not on the page"


def _report(page: str) -> dict[str, Any]:
    """Return the JSON line at the end of a page."""
    report: dict[str, Any] = json.loads(page.splitlines()[-2])
    return report


def test_all_parts_together_take_less_than_five_minutes() -> None:
    assert sum(part.seconds for part in PARTS) < 300 - 10  # wheels are unpacked first


def test_what_a_part_leaves_of_its_time_is_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    now, limits = [0.0], []

    def instead(part: Part, limit: float, *_: object) -> Outcome:
        limits.append(limit)
        now[0] += {"quick": 1.0, "slow": limit}.get(part.name, 0.0)
        return Outcome(part, 0.0)

    monkeypatch.setattr("benchmarks.gpu.parts.run_part", instead)
    monkeypatch.setattr("benchmarks.gpu.parts.time.monotonic", lambda: now[0])
    parts = [make_part(name, 10.0) for name in ("quick", "slow", "last")]
    list(run_parts(parts, 2.0, lambda part, seconds: OPTIONS, Path(), {}))
    assert limits == [20.0, 39.0, 20.0]


def make_wheel(
    folder: Path, name: str, version: str, tag: str = "py3-none-any", needs: Sequence[str] = ()
) -> Path:
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{name}-{version}.data/platlib/{name}/library.so", "library")
        archive.writestr(f"{name}-{version}.data/scripts/{name}", "script")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
        archive.writestr(f"{name}-{version}.dist-info/METADATA", metadata)
    return path


def test_wheels_of_what_is_missing_or_too_old_are_unpacked_and_found(tmp_path: Path) -> None:
    wheels, work = tmp_path / "wheels", tmp_path / "work"
    wheels.mkdir()
    work.mkdir()
    needs = ["tabulate>=9999", "pytest>=1", 'colorama>=9999; extra == "colours"']
    repack(make_wheel(wheels, "not_here", "1.0", needs=needs))
    for name in ("tabulate", "pytest", "colorama"):
        make_wheel(wheels, name, "9999.0")
    make_wheel(wheels, "other_python", "1.0", "cp27-cp27mu-manylinux1_x86_64")
    found = bare.prepare(work, wheels)
    assert found.notes[0] == "from wheels: not-here 1.0, tabulate 9999.0"
    code = "import not_here, tabulate; print(not_here.VERSION, tabulate.VERSION)"
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, env=found.environment).split() == [b"1.0", b"9999.0"]
    assert (work / "site/not_here/library.so").read_text() == "library"
    assert {path.name for path in (work / "site").iterdir()} >= {"not_here", "tabulate"}
    assert not list((work / "site").rglob("*.data"))
    assert not (work / "site/other_python").exists()


def test_what_is_still_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bare.missing([]) == []
    monkeypatch.setattr(bare, "requirements", lambda: ["not-here>=1", "pytest", "not_there"])
    make_wheel(tmp_path, "not_there", "1.0")
    site = tmp_path / "site"
    site.mkdir()
    bare.unpack_missing(tmp_path, site)
    assert bare.missing([site]) == ["not-here"]


def test_cublas_of_cuda_13_gets_the_name_that_ctranslate2_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bare, "find_library", lambda name: None)
    libraries, links = tmp_path / "nvidia/cu13/lib", tmp_path / "links"
    assert bare.cublas(links, [tmp_path]) == ([], None)
    libraries.mkdir(parents=True)
    for name in ("libcublas.so.13", "libcublasLt.so.13"):
        (libraries / name).write_text(name)
    folders, note = bare.cublas(links, [tmp_path / "nvidia"])
    assert folders == [links, libraries]
    assert note is not None
    assert (links / "libcublas.so.12").read_text() == "libcublas.so.13"
    assert (links / "libcublasLt.so.12").read_text() == "libcublasLt.so.13"
    (libraries / "libcublas.so.12").write_text("of its own")
    assert bare.cublas(tmp_path / "none", [tmp_path / "nvidia"]) == ([libraries], None)


def test_a_profile_is_counted_by_name_and_by_time() -> None:
    happenings = [
        Activity("cudaLaunchKernelExC", False, 0, 1),
        Activity("cudaGraphLaunch", False, 1, 2),
        Activity("aten::mm", False, 0, 2),
        Activity("cudaStreamSynchronize", False, 2, 9),
        Activity("cudaDeviceSynchronize", False, 9, 10),
        Activity("a product", True, 1_000, 3_000),
        Activity("a product", True, 2_000, 4_000),
        Activity("Memcpy HtoD (Pageable -> Device)", True, 5_000, 6_000),
        Activity("Memcpy DtoH (Device -> Pinned)", True, 6_000, 6_500),
        Activity("Memset (Device)", True, 8_000, 8_500),
    ]
    assert count(happenings) == {
        "launches": 2, "kernels": 2, "to_device": 1, "to_host": 1, "waits": 1, "busy_ms": 5.0,
    }  # fmt: skip
    assert largest(happenings, 2, 1) == [{"kernel": "a product", "ms": 2.0, "calls": 1.0}]


def test_a_page_of_half_a_table_has_no_ratios(tmp_path: Path) -> None:
    row = {"beams": 1, "engine": "CTranslate2, 8 at once", "rate": 10.0, "ms": 2.0}
    rows = [{**row, "size": "tiny", "dtype": "float32", "sentences": 4}]
    outcome = Outcome(make_part("decoding"), 1.0, "not done after 1 s", rows=rows)
    page = write(replace(outcome, table=render_engines(rows)), {}, "command", [], tmp_path)
    assert "| 1 | CTranslate2, 8 at once | 10.0 |  | 2.00 |" in page.read_text("utf-8")


@pytest.mark.long
@pytest.mark.parametrize("name", ["pieces", "profile", "tests"])
def test_a_cpu_can_try_it_with_a_tiny_model(name: str, tmp_path: Path) -> None:
    part = next(part for part in PARTS if part.name == name)
    prepared = bare.prepare(tmp_path, None)
    environment = prepared.environment | {"OMP_NUM_THREADS": "1"}
    outcome = run_part(part, PATIENCE, replace(OPTIONS, part=name), tmp_path, environment)
    if name == "tests":
        assert outcome.needs_gpu
        assert "Traceback" not in outcome.log
    else:
        assert outcome.failed is None, outcome.log
        assert len({row["beams"] for row in outcome.rows}) == 2
        assert outcome.table.count("\n") > len(outcome.rows)
