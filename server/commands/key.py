"""`m2m-server key`: make an API key for a file, or manage those in a database."""

import argparse
import os
import secrets
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from server.auth.keys import NAME, ApiKey, Keys, KeysError, digest_of, read_keys, write_keys
from server.auth.stored_keys import KEYS, add_keys, all_keys, change_limits, revoke_key
from server.core.setting_types import DatabaseUrl
from server.core.settings_sources import variable
from server.core.state import open_postgres
from server.database.interface import Database, StorageError, StoreError

_BYTES = 32
_LIMITS = ("requests_per_minute", "characters_per_minute", "characters_per_month")
_MOST = 2**63 - 1  # TOML and PostgreSQL have no larger numbers
_PREFIX = "m2m_"  # so that leak scanners recognise a key
_URL: TypeAdapter[str | None] = TypeAdapter(DatabaseUrl)
_VARIABLE = variable("database")
_DESCRIPTION = """\
Make an API key. It goes to stderr; what recognises it goes to stdout, a table for the
file of --api-keys:

  m2m-server key alice --requests-per-minute 60 >> keys.toml

With --database it goes into the database instead, for servers with --api-keys database,
which all accept it at once:

  m2m-server key alice --database URL --requests-per-minute 60
  m2m-server key alice --database URL --change --requests-per-minute none
  m2m-server key alice --database URL --revoke
  m2m-server key --database URL                     (list them, as such a file)
  m2m-server key --database URL --import keys.toml  (add those of such a file)
"""
_EPILOG = f"""\
URL may be left out where the variable {_VARIABLE} has it. Exit status: 0 done, 1 not
done, and the message says why, 2 the command line is wrong.
"""

Limits = Mapping[str, int | None]  # by their names in ApiKey


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.description, parser.epilog = _DESCRIPTION, _EPILOG
    parser.add_argument(
        "name", type=_name, nargs="?", help="the client's name: letters, digits, '-', '_'"
    )
    for limit in _LIMITS:
        parser.add_argument(
            f"--{limit.replace('_', '-')}",
            type=_rate,
            default=argparse.SUPPRESS,
            metavar="N",
            help=f"limit of {limit.split('_')[0]}; unset or 'none': none",
        )
    parser.add_argument(
        "--database",
        type=_database,
        nargs="?",
        const=os.environ.get(_VARIABLE, ""),
        metavar="URL",
        help="the database that has the keys, postgresql://user@host/name",
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--change", action="store_true", help="set the limits that are given")
    action.add_argument("--revoke", action="store_true", help="delete the key")
    action.add_argument(
        "--import", dest="file", type=Path, metavar="FILE", help="add the keys of a file"
    )


def run(arguments: argparse.Namespace) -> int:
    """Do what the arguments say; return the exit code.

    Without a database only the table goes to stdout, so that `m2m-server key alice >> keys.toml` is
    all it takes.
    """
    limits = {limit: getattr(arguments, limit) for limit in _LIMITS if limit in arguments}
    misuse = _misuse(arguments, limits)
    if misuse is not None:
        return _fail(2, misuse)
    if arguments.database is None:
        keys, secret = _make(arguments.name, limits)
        _show(arguments.name, secret)
        sys.stdout.write(write_keys(keys))
        return 0
    try:
        with closing(open_postgres(arguments.database, KEYS)) as database:
            _use(database, arguments, limits)
    except (StoreError, StorageError) as error:
        return _fail(1, f"database: {error}")
    except KeysError as error:
        return _fail(1, str(error))
    return 0


def _misuse(arguments: argparse.Namespace, limits: Limits) -> str | None:
    """Say what is wrong with arguments that are valid one by one."""
    own = arguments.change or arguments.revoke or arguments.file
    if own and arguments.database is None:
        return "--change, --revoke and --import need --database"
    if arguments.file and (arguments.name or limits):
        return "--import adds the names and limits of the file, and no others"
    if (
        arguments.name is None
        and (limits or arguments.database is None or own)
        and not arguments.file
    ):
        return "whose key? give a NAME"
    if arguments.revoke and limits:
        return "a key that is revoked has no limits"
    if arguments.change and not limits:
        return "--change needs the limits that are to be changed"
    return None


def _use(database: Database, arguments: argparse.Namespace, limits: Limits) -> None:
    """List or change the keys in a database. Raises KeysError and StorageError."""
    name: str | None = arguments.name
    if arguments.file:
        keys = read_keys(arguments.file)
        add_keys(database, keys)
        _say(f"added: {', '.join(keys) or 'none'}")
    elif name is None:
        sys.stdout.write(write_keys(all_keys(database)))
    elif arguments.change:
        change_limits(database, name, limits)
        _say(f"changed: {name}")
    elif arguments.revoke:
        revoke_key(database, name)
        _say(f"revoked: {name}")
    else:
        keys, secret = _make(name, limits)
        add_keys(database, keys)
        _show(name, secret)


def _make(name: str, limits: Limits) -> tuple[Keys, str]:
    """Return the entry of a new key, and the key."""
    secret = _PREFIX + secrets.token_urlsafe(_BYTES)
    return {name: ApiKey(sha256=digest_of(secret), **limits)}, secret


def _show(name: str, secret: str) -> None:
    _say(f"The key of {name}; it is not stored and not shown again:\n{secret}")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _fail(code: int, reason: str) -> int:
    _say(f"m2m-server key: {reason}")
    return code


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise argparse.ArgumentTypeError("must be 1 to 64 letters, digits, '-' and '_'")
    return value


def _rate(value: str) -> int | None:
    if value == "none":
        return None
    if not value.isdecimal() or not 0 < int(value) <= _MOST:
        raise argparse.ArgumentTypeError("must be a whole number of 1 or more, or 'none'")
    return int(value)


def _database(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError(f"needs an address, since {_VARIABLE} is not set")
    try:
        _URL.validate_python(value)
    except ValidationError as error:  # whose text has the address, with its password
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise argparse.ArgumentTypeError(message) from None
    return value
