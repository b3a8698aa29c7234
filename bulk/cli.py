"""`m2m-translate`: files, by lines or as documents, over all devices here or against a server."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from bulk.backend import Backend
from bulk.documents import check_formats, translate_documents
from bulk.errors import BulkError, InputError
from bulk.lines import parse_shard
from bulk.output import forget
from bulk.run import FilePair, Options, Run, RunSummary
from documents import FORMATS
from server.core.settings_sources import add_flags, flag, make_settings

_API_KEY = "M2M_TRANSLATE_API_KEY"
_SERVER_THREADS = 16
_DEVICE_THREADS = 16  # for each device
_INTERRUPTED = 130
# The settings of m2m-server that say what translates.
_LOCAL_SETTINGS = (
    "model", "devices", "engine", "dtype", "beams", "batch_tokens", "threads", "glossaries",
    "local_files_only", "cache",
)  # fmt: skip
_DESCRIPTION = """\
Translate files or standard input, line by line: line 7 of the output is the translation of line 7
of the input. Blank lines, line endings and the order stay. With --documents, subtitles, web pages
and the like are translated, and all that is not text in them stays. Without --url the model is
loaded here, on all GPUs, or on the CPU where there is none.

An output file is called OUT.partial until it is whole. Run the same command again after an
interrupt, and it goes on where it was.
"""
_EPILOGUE = """\
examples:
  m2m-translate -s en -t de news.en -o news.de
  zcat big.txt.gz | m2m-translate -s auto -t en --url http://gpu-box:8000 > big.en
  m2m-translate -s en -t fr --documents site/*.html -o site.fr/
  m2m-translate -s en -t de big.en -o big.de.0 --shard 0/4    # …, and then: cat big.de.[0-3]

exit codes:
  0    all is translated
  1    it failed, and the same command may succeed later: it goes on where it was
  2    the options or the input are wrong; the same command would fail again
  130  interrupted with Ctrl-C
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Translate as told; return the exit code."""
    parser = _make_parser()
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="m2m-translate: %(message)s")
    try:
        return _run(parser, args, os.environ)
    except BulkError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        resumable = args.files and args.output is not None
        _say("interrupted" + ("; the same command goes on where it was" if resumable else ""))
        return _INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more; Python would try to flush once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        _say(f"{error.filename or 'input or output'}: {error.strerror or error}")
        return 1


def _run(
    parser: argparse.ArgumentParser, args: argparse.Namespace, environ: Mapping[str, str]
) -> int:
    file_pairs = make_file_pairs([Path(name) for name in args.files], args.output)
    if args.shard != (0, 1) and any(file_pair.source is None for file_pair in file_pairs):
        raise InputError("--shard needs a file: standard input can be read only once")
    if args.documents:
        if args.shard != (0, 1):
            raise InputError("--shard cuts between lines; --documents are not cut")
        check_formats(file_pairs)
    backend, threads = _make_backend(parser, args, environ)
    options = Options(
        threads=args.concurrency or threads,
        shard=args.shard,
        overwrite=args.overwrite,
        progress=sys.stderr.isatty() if args.progress is None else args.progress,
    )
    run = Run(backend, options)
    try:
        if args.documents:
            translate_documents(run, file_pairs)
        else:
            for file_pair in file_pairs:
                run.translate(file_pair)
    finally:
        run.stop()  # after an error there may be batches that wait for a thread
        backend.close()
        _report(run.summary)
    forget(file_pair.target for file_pair in file_pairs if file_pair.target is not None)
    return 0


def make_file_pairs(files: Sequence[Path], output: Path | None) -> list[FilePair]:
    """Return which input goes to which output. Raises InputError.

    An output that is a folder, as it must be for several inputs, gets a file of each one's name.
    """
    if not files or files == [Path("-")]:
        if output is not None and output.is_dir():
            raise InputError(f"{output} is a folder; standard input has no name in it")
        return [FilePair(None, output)]
    for file in files:
        if not file.exists() or file.is_dir():
            raise InputError(f"{file} is {'a folder' if file.exists() else 'not there'}")
    if output is None and len(files) > 1:
        raise InputError("several inputs need a folder for their outputs: --output FOLDER")
    if output is None or (len(files) == 1 and not output.is_dir()):
        file_pairs = [FilePair(files[0], output)]
    else:
        file_pairs = _into_folder(files, output)
    for file_pair in file_pairs:
        if (
            file_pair.source
            and file_pair.target
            and file_pair.source.resolve() == file_pair.target.resolve()
        ):
            raise InputError(f"{file_pair.source} is both input and output")
    return file_pairs


def _into_folder(files: Sequence[Path], folder: Path) -> list[FilePair]:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is no folder, which several inputs need")
    if len({file.name for file in files}) < len(files):
        raise InputError("two inputs have the same name, and so would their outputs")
    folder.mkdir(parents=True, exist_ok=True)
    return [FilePair(file, folder / file.name) for file in files]


def _make_backend(
    parser: argparse.ArgumentParser, args: argparse.Namespace, environ: Mapping[str, str]
) -> tuple[Backend, int]:
    """Return what translates, and how many batches at a time keep it busy."""
    flags = {name: getattr(args, name) for name in _LOCAL_SETTINGS if hasattr(args, name)}
    pair = args.source, args.target
    if args.url is None:
        from bulk.local import Local

        for name in ("api_key", "timeout"):
            if getattr(args, name) is not None:
                raise InputError(f"{flag(name)} is of no use without --url")
        local = Local(make_settings(parser, flags, environ), pair)
        return local, _DEVICE_THREADS * len(local.devices)
    from bulk.remote import Remote

    if flags:
        raise InputError(f"{flag(next(iter(flags)))} is of no use with --url: the server decides")
    key = args.api_key or environ.get(_API_KEY)
    return Remote(args.url, key, pair, args.timeout), _SERVER_THREADS


# fmt: off
def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "m2m-translate",
        usage="m2m-translate -s LANGUAGE -t LANGUAGE [option ...] [FILE ...] [-o OUT]",
        description=_DESCRIPTION,
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version("m2m-server"))
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="input; none, or -: standard input"
    )
    add = parser.add_argument
    add("-s", "--source", required=True, metavar="LANGUAGE",
        help="language of the input, such as en; auto: detect that of each line")
    add("-t", "--target", required=True, metavar="LANGUAGE", help="language of the output")
    add("-o", "--output", type=Path, metavar="OUT",
        help="output file, or a folder, in which each output is called like its input "
        "[default: standard output]")
    add("--documents", action="store_true",
        help="translate whole documents and keep their structure, by the suffixes of their names: "
        f"{', '.join(sorted(FORMATS))}")
    add("--shard", type=_shard, default=(0, 1), metavar="I/N",
        help="translate only the Ith of N parts of each input, I from 0 to N-1; the N outputs, "
        "one after the other, are the whole")
    add("--overwrite", action="store_true",
        help="replace an output that exists, and a partial one that is of something else")
    add("--progress", action=argparse.BooleanOptionalAction,
        help="show lines, lines per second and the time left [default: if standard error is a "
        "terminal]")
    add("--concurrency", type=_positive, metavar="N",
        help=f"batches of lines in hand at a time [default: {_DEVICE_THREADS} a device, or "
        f"{_SERVER_THREADS} requests to a server]")
    _add_backends(parser)
    return parser


def _add_backends(parser: argparse.ArgumentParser) -> None:
    remote = parser.add_argument_group("translate on a server")
    remote.add_argument("--url", metavar="URL", help="its address, such as http://host:8000")
    remote.add_argument("--api-key", metavar="KEY", help=f"better as the variable {_API_KEY}, "
        "which no other user of the machine can see")
    remote.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="that one request may "
        "take [default: as the server says]")
    local = parser.add_argument_group("or on the devices of this machine, as m2m-server does")
    add_flags(local, _LOCAL_SETTINGS)
# fmt: on


def _shard(spec: str) -> tuple[int, int]:
    try:
        return parse_shard(spec)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be a number of seconds, more than 0")
    return seconds


def _report(summary: RunSummary) -> None:
    """Tell what there was already, and what is doubtful."""
    if summary.finished_before:
        _say(f"outputs that were finished already: {summary.finished_before}")
    if summary.resumed:
        _say(f"{summary.resumed} lines were there already, {summary.lines} are new")
    if summary.warnings:
        counts = ", ".join(f"{code} {count}" for code, count in summary.warnings.most_common())
        _say(f"doubtful translations: {counts}")


def _say(message: str) -> None:
    sys.stderr.write(f"m2m-translate: {message}\n")


if __name__ == "__main__":  # a worker that is spawned imports this module again
    sys.exit(main())
