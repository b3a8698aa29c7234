"""Debian packages by name: downloaded with apt and unpacked, neither of which needs root."""

import fnmatch
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = (".mo", ".html", ".page")  # the files that the rules read; the rest are mostly pictures


class PackageError(RuntimeError):
    """Packages are not available on this machine; the message says what to do."""


def available(patterns: Sequence[str]) -> dict[str, str | None]:
    """Return, by pattern, the package of this release: the latest if several match.

    A name with a version in it differs between releases (`wesnoth-1.*-data`). Packages that the
    release lacks are None. Raises PackageError if there is none at all, as before apt's first
    update.
    """
    names = _run(("apt-cache", "pkgnames")).split()
    found = {pattern: _last(fnmatch.filter(names, pattern)) for pattern in patterns}
    if not any(found.values()):
        raise PackageError(
            f"apt knows none of the packages {', '.join(patterns)}: run `apt-get update` as root, "
            "and check that apt's sources include the main component of a Debian release"
        )
    return found


def _last(names: Sequence[str]) -> str | None:
    def version(name: str) -> list[tuple[int, str]]:
        return [
            (int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)
        ]

    return max(names, key=version, default=None)


def download(packages: Sequence[str], folder: Path) -> dict[str, Path]:
    """Download missing packages into the folder; return the file of each package."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [package for package in packages if _downloaded(package, folder) is None]
    if missing:
        # apt's sandbox user may not write here, which would only add a warning.
        _run(("apt-get", "--quiet", "-o", "APT::Sandbox::User=root", "download", *missing), folder)
    files = {package: _downloaded(package, folder) for package in packages}
    lost = [package for package, file in files.items() if file is None]
    if lost:
        raise PackageError(f"apt-get downloaded no file for {', '.join(lost)}: try again")
    return {package: file for package, file in files.items() if file is not None}


def unpack(file: Path, folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    """Unpack only the files with one of the suffixes: a game has gigabytes of others."""
    if shutil.which("dpkg-deb") is None:
        raise PackageError(_NO_DEBIAN.format("dpkg-deb"))
    words = ("dpkg-deb", "--fsys-tarfile", str(file))
    try:
        with (
            subprocess.Popen(words, stdout=subprocess.PIPE) as process,  # noqa: S603
            tarfile.open(fileobj=process.stdout, mode="r|") as archive,
        ):
            for member in archive:
                if member.isfile() and member.name.endswith(suffixes):
                    archive.extract(member, folder, filter="data")
    except tarfile.ReadError as error:
        raise PackageError(f"{file} is damaged: delete it and run this again") from error


_NO_DEBIAN = (
    "there is no {} here: the sources are Debian packages. Run this on Debian (a container of "
    "the image `debian` will do) and copy the folder that it writes"
)


def _downloaded(package: str, folder: Path) -> Path | None:
    return max(folder.glob(f"{package}_*.deb"), default=None)


def _run(words: Sequence[str], folder: Path | None = None) -> str:
    if shutil.which(words[0]) is None:
        raise PackageError(_NO_DEBIAN.format(words[0]))
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(  # noqa: S603
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode:
        problem = result.stderr.strip() or f"exit status {result.returncode}"
        raise PackageError(
            f"{words[0]} failed: {problem}\nIf its lists are old, run `apt-get update` as root"
        )
    return result.stdout
