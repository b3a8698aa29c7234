"""The command line of `m2m-translate`."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bulk import flag_types
from bulk.backend import Backend
from bulk.documents import DocumentSet, translate_documents
from bulk.errors import BulkError, InputError
from bulk.file_pairs import FilePair, make_file_pairs
from bulk.output import forget
from bulk.run import Options, Run, RunSummary
from bulk.tables.columns import ColumnChoice
from bulk.tables.table import SUFFIXES
from bulk.tables.table_set import TableSet, make_table_set
from bulk.tables.translation import translate_tables
from documents import FORMATS, OPTIONS
from server.core.settings_sources import add_flags, flag, make_settings

_API_KEY = "M2M_TRANSLATE_API_KEY"
_SERVER_THREADS = 16
_DEVICE_THREADS = 16  # per device
_INTERRUPTED = 130
# The settings of m2m-server that determine the translation.
_LOCAL_SETTINGS = (
    "model", "devices", "engine", "dtype", "kernels", "beams", "batch_tokens", "threads",
    "target_scripts", "glossaries", "detector", "local_files_only", "cache",
)  # fmt: skip
_DESCRIPTION = """\
Translate files or standard input, line by line: line 7 of the output is the translation of line 7
of the input. Blank lines, line endings and the order are kept. With --documents, whole documents
such as subtitles and web pages are translated, and everything but their text is kept. With --table,
columns of tables are translated, and added to them. Without --url
the model runs on this machine: on all GPUs, or on the CPU if there is none.

An output file is called OUT.partial until it is complete. If the command is interrupted, run it
again, and it resumes.
"""
_EPILOGUE = """\
examples:
  m2m-translate -s en -t de news.en -o news.de
  zcat big.txt.gz | m2m-translate -s auto -t en --url http://gpu-box:8000 > big.en
  m2m-translate -s en -t fr --documents site/*.html -o site.fr/
  m2m-translate -s en -t de --table --columns title,text in.parquet -o out.parquet
  m2m-translate -s en -t de big.en -o big.de.0 --shard 0/4    # …, and then: cat big.de.[0-3]

exit codes:
  0    everything is translated
  1    it failed, but the same command may succeed later; it resumes
  2    the options or the input are invalid; the same command would fail again
  130  interrupted with Ctrl-C
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
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
        _say("interrupted" + ("; the same command resumes" if resumable else ""))
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader is gone; Python would try to flush once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        _say(f"{error.filename or 'input or output'}: {error.strerror or error}")
        return 1


def _run(
    parser: argparse.ArgumentParser, args: argparse.Namespace, environ: Mapping[str, str]
) -> int:
    work = _make_work(args)
    summary = RunSummary()
    try:
        if args.ray is None:
            _translate_here(parser, args, environ, work, summary)
        else:
            from bulk.cluster.command import translate_on_cluster

            assert isinstance(work, TableSet), "checked before"
            settings = make_settings(parser, _local_flags(args), environ)
            translate_on_cluster(args, settings, work, _options(args, 0), summary)
    finally:
        _report(summary)
    file_pairs = work if isinstance(work, list) else work.file_pairs
    forget(file_pair.target for file_pair in file_pairs if file_pair.target is not None)
    return 0


def _translate_here(
    parser: argparse.ArgumentParser,
    args: argparse.Namespace,
    environ: Mapping[str, str],
    work: TableSet | DocumentSet | list[FilePair],
    summary: RunSummary,
) -> None:
    """Translate on the devices of this machine, or on a server. Raises BulkError."""
    backend, threads = _make_backend(parser, args, environ)
    run = Run(backend, _options(args, threads), summary)
    try:
        if isinstance(work, TableSet):
            translate_tables(run, backend, work, args.price_per_hour)
        elif isinstance(work, DocumentSet):
            translate_documents(run, work)
        else:
            for file_pair in work:
                run.translate(file_pair)
    finally:
        run.stop()  # after an error, batches may still wait for a thread
        backend.close()


def _options(args: argparse.Namespace, threads: int) -> Options:
    return Options(
        threads=args.concurrency or threads,
        shard=args.shard,
        overwrite=args.overwrite,
        progress=sys.stderr.isatty() if args.progress is None else args.progress,
    )


def _local_flags(args: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(args, name) for name in _LOCAL_SETTINGS if hasattr(args, name)}


def _make_work(args: argparse.Namespace) -> TableSet | DocumentSet | list[FilePair]:
    """Find and check what is to be translated, before a model is loaded. Raises InputError."""
    files = [Path(name) for name in args.files]
    if args.shard != (0, 1) and (args.table or args.documents):
        mode = "--table" if args.table else "--documents"
        raise InputError(f"--shard splits files between lines, and cannot be used with {mode}")
    if args.option and not args.documents:
        raise InputError("--option needs --documents")
    _check_place(args)
    if args.table:
        tables = make_table_set(files, args.output, ColumnChoice(args.columns, args.target))
        tables.check()
        return tables
    for name in ("columns", "price_per_hour"):
        if getattr(args, name):
            raise InputError(f"{flag(name)} needs --table")
    file_pairs = make_file_pairs(files, args.output)
    if args.documents:
        documents = DocumentSet(file_pairs, (args.source.lower(), args.target), dict(args.option))
        documents.check()
        return documents
    if args.shard != (0, 1) and any(file_pair.source is None for file_pair in file_pairs):
        raise InputError("--shard needs a file: standard input can be read only once")
    return file_pairs


def _check_place(args: argparse.Namespace) -> None:
    """Raise InputError where flags contradict each other on where texts are translated."""
    for name in ("api_key", "timeout"):
        if args.url is None and getattr(args, name) is not None:
            raise InputError(f"{flag(name)} needs --url")
    if args.ray is None and args.gpus_per_actor is not None:
        raise InputError("--gpus-per-actor needs --ray")
    if args.ray is not None and not args.table:
        raise InputError("--ray needs --table")
    if args.ray is not None and args.url is not None:
        raise InputError("--ray cannot be used with --url")


def _make_backend(
    parser: argparse.ArgumentParser, args: argparse.Namespace, environ: Mapping[str, str]
) -> tuple[Backend, int]:
    """Return the backend, and the number of concurrent batches that keep it busy."""
    flags = _local_flags(args)
    pair = args.source, args.target
    if args.url is None:
        from bulk.local import Local

        local = Local(make_settings(parser, flags, environ), pair)
        return local, _DEVICE_THREADS * len(local.devices)
    from bulk.remote import Remote

    if flags:
        raise InputError(f"{flag(next(iter(flags)))} cannot be used with --url: the server decides")
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
        help="language of the input, such as en; auto: detect it line by line")
    add("-t", "--target", required=True, metavar="LANGUAGE", help="language of the output")
    add("-o", "--output", type=Path, metavar="OUT",
        help="output file, or a folder, where each output has the name of its input "
        "[default: standard output]")
    _add_modes(parser)
    add("--shard", type=flag_types.shard, default=(0, 1), metavar="I/N",
        help="translate only part I of N of each input, I from 0 to N-1; the outputs concatenated "
        "are the complete output")
    add("--overwrite", action="store_true",
        help="replace existing outputs, and partial ones of other inputs or options")
    add("--progress", action=argparse.BooleanOptionalAction,
        help="show what is done, the speed and the remaining time [default: if standard error is a "
        "terminal]")
    add("--concurrency", type=flag_types.positive, metavar="N",
        help=f"concurrent batches of lines [default: {_DEVICE_THREADS} per device, or "
        f"{_SERVER_THREADS} requests to a server]")
    _add_tables(parser)
    _add_backends(parser)
    return parser


def _add_modes(parser: argparse.ArgumentParser) -> None:
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--documents", action="store_true",
        help="translate whole documents and keep their structure; formats by file suffix: "
        f"{', '.join(sorted(FORMATS))}")
    parser.add_argument("--option", type=flag_types.option, action="append", default=[],
        metavar="NAME=VALUE",
        help="of the formats of documents; several times for several options: "
        f"{', '.join(OPTIONS)}")
    mode.add_argument("--table", action="store_true",
        help="translate columns of tables of any size; formats by file suffix: "
        f"{', '.join(sorted(SUFFIXES))}")


def _add_tables(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("tables, or a folder of tables").add_argument
    add("--columns", type=flag_types.names, default=[], metavar="NAME,NAME",
        help="the columns to translate, each into a new one; a name with a comma is put in double "
        "quotes")
    add("--price-per-hour", type=flag_types.above_zero, metavar="PRICE",
        help="of one GPU, or of the machine if it has none, in any currency: shows what a million "
        "characters cost")


def _add_backends(parser: argparse.ArgumentParser) -> None:
    remote = parser.add_argument_group("translate on a server")
    remote.add_argument("--url", metavar="URL", help="its address, such as http://host:8000")
    remote.add_argument("--api-key", metavar="KEY", help=f"better set as the variable {_API_KEY}, "
        "which other users of the machine cannot see")
    remote.add_argument("--timeout", type=flag_types.above_zero, metavar="SECONDS",
        help="that one request may take [default: the server's]")
    ray = parser.add_argument_group("or tables on a Ray cluster that is running")
    ray.add_argument("--ray", metavar="ADDRESS",
        help="auto: the cluster that this machine belongs to; or its address, such as host:6379")
    ray.add_argument("--gpus-per-actor", type=flag_types.share, metavar="SHARE",
        help="what a copy of the model reserves: 1, 0.5 for two on each GPU, 0 for CPUs "
        "[default: 1, or 0 if the cluster has no GPUs]")
    local = parser.add_argument_group("or on the devices of this machine, like m2m-server")
    add_flags(local, _LOCAL_SETTINGS)
# fmt: on


def _report(summary: RunSummary) -> None:
    """Report what already existed, and what is doubtful."""
    if summary.finished_before:
        _say(f"outputs that were already finished: {summary.finished_before}")
    if summary.resumed:
        _say(f"{summary.resumed} lines already existed, {summary.lines} are new")
    for notice in summary.notices:
        _say(notice)
    if summary.warnings:
        counts = ", ".join(f"{code} {count}" for code, count in summary.warnings.most_common())
        _say(f"doubtful translations: {counts}")


def _say(message: str) -> None:
    sys.stderr.write(f"m2m-translate: {message}\n")


if __name__ == "__main__":  # every spawned worker imports this module again
    sys.exit(main())
