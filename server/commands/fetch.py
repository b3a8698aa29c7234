"""`m2m-server fetch MODEL DIR`: a model folder that the server starts from without a network."""

import argparse
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from translator import CheckpointError

if TYPE_CHECKING:
    from translator.models.checkpoints import Checkpoint
    from translator.models.sources import Report

_DESCRIPTION = """\
Make a folder with a model and everything else the server needs, so that it starts
without a network and converts nothing:

  m2m-server fetch facebook/m2m100_418M /models/m2m100_418M
  HF_HUB_OFFLINE=1 m2m-server --model /models/m2m100_418M

The folder appears when it is complete: downloaded or copied, checked against the
hub's checksums, converted for CPUs, and listed in its manifest.json with the
revision and the size and SHA-256 of every file. Run the same command again after an
interrupted download, and it resumes. If the folder exists already, every file is
compared with its checksum instead.
"""
_EPILOG = """\
exit status: 0 the folder is complete and verified; 1 it is not, and the message says
what to do; 2 the command line is wrong. HF_TOKEN, HF_ENDPOINT and the usual proxy
variables apply.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument("model", metavar="MODEL", help="a hub id, a folder, or 'bundled'")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder to make")
    parser.add_argument(
        "--revision", metavar="REV", help="branch, tag or commit on the hub (default: main)"
    )
    parser.add_argument(
        "--conversion",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="add the model converted for CPUs, about a quarter of its size (default: yes)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Fetch, with a progress bar on a terminal; return the exit code."""
    from translator.models.fetching import fetch  # loads the hub's library

    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    logging.getLogger("translator").setLevel(logging.INFO)
    try:
        manifest = fetch(
            arguments.model,
            arguments.folder,
            _bar,
            revision=arguments.revision,
            convert=_convert if arguments.conversion else None,
        )
    except CheckpointError as error:
        return _fail(1, str(error))
    except KeyboardInterrupt:
        return _fail(130, "interrupted; the same command resumes")
    size = f"{len(manifest.files)} files, {manifest.size / 1e9:.2f} GB"
    sys.stdout.write(f"{arguments.folder}: {size}; start with --model {arguments.folder}\n")
    return 0


def _convert(checkpoint: "Checkpoint") -> Path:
    from translator.engines.conversion import add_conversion  # loads CTranslate2

    return add_conversion(checkpoint)


@contextmanager
def _bar(label: str, total: int, done: int) -> "Iterator[Report]":
    """Show a progress bar on a terminal."""
    with tqdm(
        desc=label, total=total, initial=done, unit="B", unit_scale=True, disable=None
    ) as bar:
        yield bar.update


def _fail(code: int, message: str) -> int:
    sys.stderr.write(f"m2m-server fetch: {message}\n")
    return code
