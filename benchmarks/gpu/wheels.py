"""`make gpu-wheels`: fill a folder with the wheels that a bare machine with a GPU may lack.

These are the requirements of setup.cfg and tests/gpu, except torch, transformers and their
dependencies. pip downloads them from its configured index.
"""

import argparse
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement

from benchmarks.gpu.bare import OPTIONAL, TESTS, requirements

_WITH_TORCH = {"torch", "transformers", "numpy"}
_GLIBC = (5, 12, 17, 24, 27, 28, 31, 34)  # pip takes no "or older"


def main() -> None:
    """Download the wheels, remove those that come with torch, and repack the largest."""
    arguments = _parser().parse_args()
    folder: Path = arguments.folder
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: wheels of two versions must not lie side by side")
    wanted = {Requirement(line).name: line for line in requirements()}
    optional = wanted.pop(OPTIONAL)
    needed = [line for name, line in wanted.items() if name not in _WITH_TORCH]
    _download(folder, arguments.python, [*needed, *TESTS])
    for name in _WITH_TORCH:
        for path in folder.glob(f"{name}-*.whl"):
            path.unlink()
    if not arguments.without_ctranslate2:
        _download(folder, arguments.python, [optional, "--no-deps"])
        for path in folder.glob(f"{OPTIONAL}-*.whl"):
            repack(path)
    sizes = [path.stat().st_size for path in folder.iterdir()]
    print(f"{len(sizes)} wheels, {sum(sizes) / 2**20:.1f} MiB, in {folder}")


def repack(wheel: Path) -> None:
    """Compress a wheel with LZMA, which nearly halves CTranslate2's."""
    smaller = wheel.with_suffix(".partial")
    with (
        zipfile.ZipFile(wheel) as old,
        zipfile.ZipFile(smaller, "w", zipfile.ZIP_LZMA) as new,
    ):
        for member in old.infolist():
            new.writestr(member.filename, old.read(member), zipfile.ZIP_LZMA)
    smaller.replace(wheel)


def _download(folder: Path, python: str, wanted: Sequence[str]) -> None:
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in _GLIBC]
    flags = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
    for name in (*platforms, "manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64"):
        flags += ["--platform", name]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder)]
    subprocess.run([*command, *flags, *wanted], check=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.wheels", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for the wheels, created if missing")
    parser.add_argument("--python", default="3.12", help="of the machine with the GPU")
    parser.add_argument("--without-ctranslate2", action="store_true", help="25 MiB less")
    return parser


if __name__ == "__main__":
    main()
