"""JSON: string values for readers are translated; names, identifiers and layout stay."""

from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.text_ranges import TextRange, translate_ranges
from documents.localization.json_source import (
    decode_json,
    string_writer,
    strings_of,
    text_ranges_of,
)


def translate_json(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` for another encoding or invalid JSON."""
    encoding, text = decode_json(data)
    translated = yield from translate_ranges(
        text, text_ranges_of(text, options, string_writer(text))
    )
    return encoding.encode(translated)


def translate_arb(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate the messages of an application resource bundle, whose `@@locale` is the target.

    Raise `DocumentError` for another encoding or invalid JSON.
    """
    encoding, text = decode_json(data)
    write = string_writer(text)
    text_ranges, edits = [], []
    for string in strings_of(text):
        if string.depth == 1 and string.path == "@@locale":
            locale = options.target if "-" in string.text else options.target.replace("-", "_")
            edits.append((string.start, string.end, write(locale)))
        elif string.depth == 1 and not string.path.startswith("@") and options.wants(string.path):
            text_ranges.append(TextRange(string.start, string.end, string.text, write))
    translated = yield from translate_ranges(text, text_ranges, edits)
    return encoding.encode(translated)
