"""JSON: string values are translated; names, numbers and layout stay."""

import json
import re
from functools import partial

from documents.encoding import decode
from documents.rounds import DocumentError, Rounds
from documents.text_ranges import TextRange, translate_ranges

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"(?P<name>\s*:)?')


def translate_json(data: bytes) -> Rounds[bytes]:
    """Translate a UTF-8 file; raise `DocumentError` for another encoding or invalid JSON."""
    bom, text = decode(data)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message = f"the file is not valid JSON at line {error.lineno}, column {error.colno}"
        raise DocumentError(message) from None
    except RecursionError:
        raise DocumentError("the JSON is nested too deeply") from None
    except ValueError:
        raise DocumentError("the JSON has a number with too many digits") from None
    # In a file that escapes non-ASCII characters, translations escape them too.
    write = partial(json.dumps, ensure_ascii=text.isascii() and "\\u" in text)
    text_ranges = (
        TextRange(*string.span(), json.loads(string[0]), write)
        for string in _STRING.finditer(text)
        if string["name"] is None
    )
    translated = yield from translate_ranges(text, text_ranges)
    return bom + translated.encode()
