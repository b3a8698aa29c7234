"""A JSON parser that refuses what other parsers read differently."""

import json
from typing import Any, NoReturn

from server.core.errors import MalformedJsonError

_BOM = "\ufeff"  # some editors and Windows clients write it


def parse_json(body: bytes) -> Any:
    """Parse strictly: what RFC 8259 leaves open (duplicate names, NaN) is refused.

    A byte order mark at the start is skipped. Raises MalformedJsonError.
    """
    try:
        return _DECODER.decode(body.decode().removeprefix(_BOM))
    except UnicodeDecodeError as error:
        raise MalformedJsonError(f"the body is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedJsonError(f"the body is not valid JSON: {error.msg} ({place})") from None
    except RecursionError:
        raise MalformedJsonError("the body is nested too deeply") from None
    except ValueError:  # from int(): more digits than `sys.get_int_max_str_digits()`
        raise MalformedJsonError("the body contains a number with too many digits") from None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedJsonError("an object in the body has two members of one name")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedJsonError("NaN and Infinity are not valid JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_refuse_duplicates, parse_constant=_refuse_constant)
