"""`m2m-server fetch MODEL DIR`: a model folder that the server starts from without a network."""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from translator import CheckpointError
from translator.models.checkpoints import Checkpoint
from translator.models.fetching import fetch
from translator.models.sources import Report

_DESCRIPTION = """\
Make a folder that holds a model and all that the server needs of it, so that it
starts without a network and converts nothing:

  m2m-server fetch facebook/m2m100_418M /models/m2m100_418M
  HF_HUB_OFFLINE=1 m2m-server --model /models/m2m100_418M

The folder appears when it is complete: downloaded or copied, checked against the
hub's checksums, converted for CPUs, and listed in its manifest.json with the
revision, and every file's size and SHA-256. A download that was interrupted goes
on where it stopped when the same command is run again. Where the folder is there
already, the command compares every file with its checksum instead.
"""
_EPILOG = """\
exit status: 0 the folder is complete and checked; 1 it is not, and the message says
what to do; 2 the command line is wrong. HF_TOKEN, HF_ENDPOINT and the usual proxy
variables are heeded.
"""


def main(argv: Sequence[str]) -> int:
    """Run the command with the arguments after `fetch`; return the exit code."""
    arguments = _make_parser().parse_args(argv)
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
        return _fail(130, "stopped; the same command goes on from here")
    size = f"{len(manifest.files)} files, {manifest.size / 1e9:.2f} GB"
    sys.stdout.write(f"{arguments.folder}: {size}; start with --model {arguments.folder}\n")
    return 0


def _convert(checkpoint: Checkpoint) -> Path:
    from translator.engines.conversion import add_conversion  # loads CTranslate2

    return add_conversion(checkpoint)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "m2m-server fetch",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("model", metavar="MODEL", help="a hub id, a folder, or 'bundled'")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder to make")
    parser.add_argument(
        "--revision", metavar="REV", help="branch, tag or commit on the hub (default: main)"
    )
    parser.add_argument(
        "--conversion",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="add the model as CPUs take it, about a quarter of the size (default: yes)",
    )
    return parser


@contextmanager
def _bar(label: str, total: int, done: int) -> Iterator[Report]:
    """Show a progress bar where somebody can see it."""
    with tqdm(
        desc=label, total=total, initial=done, unit="B", unit_scale=True, disable=None
    ) as bar:
        yield bar.update


def _fail(code: int, message: str) -> int:
    sys.stderr.write(f"m2m-server fetch: {message}\n")
    return code
