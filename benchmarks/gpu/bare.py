"""Supplies what a bare machine lacks: packages from wheels, and a library name for CTranslate2.

Nothing is installed: wheels are unpacked into a folder that is deleted at the end. Imports nothing
but the standard library and `packaging`, which comes with transformers.
"""

import configparser
import os
import re
import zipfile
from collections.abc import Iterable
from ctypes.util import find_library
from dataclasses import dataclass, field
from email import message_from_bytes
from importlib.metadata import PackageNotFoundError, distributions, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from benchmarks.gpu.parts import ROOT

OPTIONAL = "ctranslate2"
TESTS = ("pytest", "sacrebleu")  # what tests/gpu import in addition to the server
_WANTED, _THERE = "libcublas.so.12", "libcublas.so.13"  # needed by CTranslate2 4.8; part of CUDA 13


@dataclass
class Bare:
    """The environment of the parts, and notes on how it was made."""

    environment: dict[str, str]
    notes: list[str] = field(default_factory=list)


def prepare(work: Path, wheels: Path | None) -> Bare:
    """Return an environment in which the parts run from the source tree; files go to `work`."""
    site, temporary = work / "site", work / "tmp"
    for folder in (site, temporary):
        folder.mkdir()
    bare = Bare(dict(os.environ) | {"PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary)})
    if wheels and (unpacked := unpack_missing(wheels, site)):
        bare.notes.append(f"from wheels: {', '.join(unpacked)}")
    if absent := missing([site]):
        bare.notes.append(f"not here: {', '.join(absent)} (WHEELS=FOLDER may hold them)")
    _add_own_metadata(site)
    _put_first(bare.environment, "PYTHONPATH", [site, ROOT])
    libraries, note = cublas(work / "lib", _library_folders())
    _put_first(bare.environment, "LD_LIBRARY_PATH", libraries)
    if note:
        bare.notes.append(note)
    return bare


def requirements() -> list[str]:
    """Return the requirements in setup.cfg."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    return config["options"]["install_requires"].split()


def missing(folders: Iterable[Path]) -> list[str]:
    """Return the names of required packages that are neither installed nor in `folders`."""
    unpacked = {
        canonicalize_name(found.metadata["Name"])
        for found in distributions(path=[*map(str, folders)])
    }
    names = [*(Requirement(line).name for line in requirements()), *TESTS]
    return [name for name in names if canonicalize_name(name) not in unpacked and not _has(name)]


def unpack_missing(wheels: Path, site: Path) -> list[str]:
    """Unpack the wheels of packages that are missing, or whose version others do not accept.

    Return their names. Acceptable packages stay as they are, with their own dependencies.
    """
    wanted = [Requirement(line) for line in requirements()]
    offered = _offered(wheels)
    unpacked = []
    while chosen := [name for name in offered if not _is_satisfied(name, wanted)]:
        for name in chosen:
            path = offered.pop(name)
            _unpack(path, site)
            unpacked.append(f"{name} {parse_wheel_filename(path.name)[1]}")
            wanted += _needs(path)
    return sorted(unpacked)


def _offered(wheels: Path) -> dict[str, Path]:
    """Return the wheels for this Python by the names of their packages."""
    tags, offered = {*sys_tags()}, {}
    for path in sorted(wheels.glob("*.whl")):
        name, _, _, wheel_tags = parse_wheel_filename(path.name)
        if not tags.isdisjoint(wheel_tags):
            offered[str(name)] = path
    return offered


def _needs(wheel: Path) -> list[Requirement]:
    """Return the requirements of the package in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = message_from_bytes(archive.read(name))
    needs = map(Requirement, metadata.get_all("Requires-Dist", []))
    return [need for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]


def _is_satisfied(name: str, wanted: Iterable[Requirement]) -> bool:
    """Return whether a package is installed in a version that satisfies all requirements."""
    if not _has(name):
        return False
    installed = version(name)
    mine = [need for need in wanted if canonicalize_name(need.name) == name]
    return all(need.specifier.contains(installed, prereleases=True) for need in mine)


def cublas(links: Path, folders: Iterable[Path]) -> tuple[list[Path], str | None]:
    """Return library folders in which CTranslate2 finds `libcublas.so.12`, and a note.

    If only CUDA 13's version exists, it is linked under the old name in the folder `links`.
    """
    if find_library("cublas") == _WANTED:
        return [], None
    found = {path.name: path for folder in folders for path in folder.rglob("libcublas*.so.1?")}
    if _WANTED in found:
        return [found[_WANTED].parent], None
    if _THERE not in found:
        return [], None
    links.mkdir()
    for name in (_THERE, _THERE.replace("cublas", "cublasLt")):
        if name in found:
            (links / name.replace(".13", ".12")).symlink_to(found[name])
    return [links, found[_THERE].parent], f"{_THERE} linked as {_WANTED} for CTranslate2"


def _library_folders() -> list[Path]:
    """Return where CUDA's libraries may be: in packages of NVIDIA, or in the toolkit."""
    spec = find_spec("nvidia")
    packages = (
        [*spec.submodule_search_locations] if spec and spec.submodule_search_locations else []
    )
    return [*map(Path, packages), Path("/usr/local/cuda/lib64")]


def _has(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _unpack(wheel: Path, site: Path) -> None:
    """Unpack modules and libraries, but not scripts and headers."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            data = re.match(r"[^/]+\.data/(\w+)/(.+)", member.filename)
            if data and data[1] not in ("purelib", "platlib"):
                continue
            if data:
                member.filename = data[2]
            archive.extract(member, site)


def _add_own_metadata(site: Path) -> None:
    """Add metadata with the project's version, which the server reads, if it is not installed."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    name, ours = config["metadata"]["name"], config["metadata"]["version"]
    if not _has(name):
        folder = site / f"{name.replace('-', '_')}-{ours}.dist-info"
        folder.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {ours}\n"
        (folder / "METADATA").write_text(metadata, encoding="utf-8")


def _put_first(environment: dict[str, str], variable: str, folders: Iterable[Path]) -> None:
    before = environment.get(variable)
    parts = [*map(str, folders), *([before] if before else [])]
    if parts:
        environment[variable] = os.pathsep.join(parts)
