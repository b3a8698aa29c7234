"""YAML (.yml, .yaml): string values are translated; names, anchors, aliases and comments stay.

In files of Rails, the language at the top becomes the target, and plurals get its categories.
"""

import re
from collections.abc import Iterator

from babel.localedata import exists

from documents.core.encoding import decode
from documents.core.identifiers import is_identifier
from documents.core.options import DocumentOptions
from documents.core.plurals import plural_categories
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds
from documents.core.spans import is_translatable
from documents.core.text_ranges import Edit, apply_edits, translate_texts
from documents.localization.yaml_scalars import ScalarWriter, YamlScalar
from documents.localization.yaml_source import Plural, Root, Value, read_yaml

_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z0-9]{2,8})*")
_ESCAPE = re.compile(r"\\[xuU]")
_LINE_END = re.compile(r"\r\n|\r|\n|\Z")


def translate_yaml(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Translate a file; raise `DocumentError` for another encoding or invalid YAML."""
    encoding, text = decode(data)
    parts = list(read_yaml(text))
    scalars = [
        part.scalar
        for part in parts
        if isinstance(part, Value) and options.wants(part.path)
        if is_translatable(part.scalar.text) and not is_identifier(part.scalar.text)
    ]
    translations = yield from translate_texts([scalar.text for scalar in scalars])
    writer = ScalarWriter(text, text.isascii() and _ESCAPE.search(text) is not None)
    translated = {
        scalar.start: translation for scalar, translation in zip(scalars, translations, strict=True)
    }
    edits = [
        writer.replace(scalar, translated[scalar.start])
        for scalar in scalars
        if translated[scalar.start] != scalar.text
    ]
    for part in parts:
        if isinstance(part, Root):
            edits += _language_edits(part.name, options, writer)
        elif isinstance(part, Plural) and options.wants(part.path):
            edits += _plural_edits(part, options, writer, translated)
    return encoding.encode(apply_edits(text, sorted(edits)))


def _language_edits(name: YamlScalar, options: DocumentOptions, writer: ScalarWriter) -> list[Edit]:
    """Return what makes the target the language at the top, if that is the source language."""
    language = _LANGUAGE.fullmatch(name.text)
    if language is None:
        return []
    if options.source is not None:
        is_source = language[1] == options.source.split("-")[0]
    else:
        is_source = exists(language[1])
    target = options.target.replace("-", "_") if "_" in name.text else options.target
    return [writer.replace(name, target)] if is_source else []


def _plural_edits(
    plural: Plural, options: DocumentOptions, writer: ScalarWriter, translated: dict[int, str]
) -> Iterator[Edit]:
    """Yield what adds the categories of the target; each has the text of `other`."""
    forms = plural.forms
    other, last = forms["other"], max(forms.values(), key=lambda form: form.start)
    text = translated.get(other.start)
    missing = [name for name in plural_categories(options.target) if name not in forms]
    if text is None or not missing:
        return
    written = [f"{category}: {writer.write(other, text)}" for category in missing]
    if other.in_flow:
        yield last.end, last.end, "".join(f", {form}" for form in written)
        return
    newline = "\r\n" if "\r\n" in writer.source else "\n"
    lines = [f"{' ' * plural.column}{form}" for form in written]
    if last.style in ("|", ">") and writer.source[last.end - 1] in "\r\n":
        yield last.end, last.end, "".join(f"{line}{newline}" for line in lines)
        return
    end = _LINE_END.search(writer.source, last.end)  # behind a comment
    assert end is not None, "the source ends"
    yield end.start(), end.start(), "".join(f"{newline}{line}" for line in lines)
