"""The command line of `m2m-server`: one parser, one subcommand a module, `serve` by default."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from server.commands import fetch, key
from server.core.settings_sources import add_setting_groups

_DESCRIPTION = """\
Serve translations over HTTP. Without a command, or with `serve`, the settings below apply; each
flag overrides the variable beside it.
"""
_EPILOG = "`m2m-server COMMAND --help` explains a command."
_DEFAULT = "serve"
_OF_ALL = frozenset({"-h", "--help", "--version"})


def run(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name; return its exit code.

    Exits with code 2 and a message where the command line is wrong.
    """
    parser = _make_parser()
    first = arguments[0] if arguments else ""
    if not first or (first.startswith("-") and first not in _OF_ALL):
        arguments = [_DEFAULT, *arguments]
    parsed, unknown = parser.parse_known_args(arguments)
    command = parsed.command
    del parsed.command
    if command == _DEFAULT:
        from server.commands import serve  # loads Flask

        return serve.run(parser, parsed, unknown)
    if unknown:
        parser.error(f"{command}: unexpected argument {unknown[0]!r}; see {command} --help")
    return fetch.run(parsed) if command == "fetch" else key.run(parsed)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "m2m-server",
        usage="m2m-server [serve] [setting ...]\n       m2m-server COMMAND [argument ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version("m2m-server"))
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True, prog="m2m-server"
    )
    add_setting_groups(parser)  # for the help; `serve` parses them
    serving = commands.add_parser("serve", help="serve translations (default)", allow_abbrev=False)
    add_setting_groups(serving)
    fetch.configure(
        commands.add_parser(
            "fetch",
            help="make a model folder that the server starts from without a network",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )
    key.configure(
        commands.add_parser(
            "key",
            help="make an API key, or manage those in a database",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )
    return parser
