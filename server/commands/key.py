"""`m2m-server key NAME`: make an API key."""

import argparse
import secrets
import sys

from server.auth.keys import NAME, digest_of

_BYTES = 32
_LIMITS = ("requests_per_minute", "characters_per_minute", "characters_per_month")
_PREFIX = "m2m_"  # so that leak scanners recognise a key


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.description = "Make an API key: the key to stderr, its table for --api-keys to stdout."
    parser.add_argument("name", type=_name, help="the client's name: letters, digits, '-', '_'")
    for limit in _LIMITS:
        parser.add_argument(
            f"--{limit.replace('_', '-')}",
            type=_rate,
            metavar="N",
            help=f"limit of {limit.split('_')[0]}; unset: none",
        )


def run(arguments: argparse.Namespace) -> int:
    """Print a new key once, and the table for the file of keys; return the exit code.

    Only the table goes to stdout, so that `m2m-server key alice >> keys.toml` is all it takes.
    """
    key = _PREFIX + secrets.token_urlsafe(_BYTES)
    rates = [
        f"{limit} = {rate}\n"
        for limit in _LIMITS
        if (rate := getattr(arguments, limit)) is not None
    ]
    sys.stderr.write(f"The key of {arguments.name}; it is not stored and not shown again:\n")
    sys.stderr.write(f"{key}\n")
    sys.stderr.flush()
    sys.stdout.write(f'[{arguments.name}]\nsha256 = "{digest_of(key)}"\n{"".join(rates)}\n')
    return 0


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise argparse.ArgumentTypeError("must be 1 to 64 letters, digits, '-' and '_'")
    return value


def _rate(value: str) -> int:
    if not value.isdecimal() or int(value) == 0:
        raise argparse.ArgumentTypeError("must be a whole number of 1 or more")
    return int(value)
