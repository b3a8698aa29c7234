"""Apple's string catalogues (.xcstrings): the target language is added, for review."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from documents.core.options import DocumentOptions
from documents.core.plurals import plural_categories
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.spans import is_translatable
from documents.core.text_ranges import Edit, apply_edits, translate_texts
from documents.localization.json_layout import JsonLayout, JsonObject, objects_of
from documents.localization.json_source import decode_json

Json = dict[str, Any]

_MAX_DEPTH = 8  # of variations in variations; Xcode writes two


def translate_string_catalog(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Add or fill the target language of each string; raise `DocumentError` for a damaged file."""
    encoding, text = decode_json(data)
    catalogue = json.loads(text)
    strings = catalogue.get("strings") if isinstance(catalogue, dict) else None
    if not isinstance(strings, dict):
        raise DocumentError("the file is not a string catalogue: it has no strings")
    source = catalogue.get("sourceLanguage")
    language = _language_in(strings, source, options.target)
    if language == source:
        return encoding.encode(text)
    entries = [
        _Entry(key, value, unit)
        for key, value in strings.items()
        if isinstance(value, dict) and value.get("shouldTranslate") is not False
        if options.wants(key) and not _is_done(value, language, options)
        if (unit := _Variants(plural_categories(language)).read(_source_of(key, value, source)))
    ]
    translations = yield from translate_texts(
        [t for entry in entries for t in entry.variants.texts]
    )
    remaining = iter(translations)
    layout = JsonLayout(text)
    objects = objects_of(text, depth=4)
    edits: list[Edit] = []
    for entry in entries:
        value = entry.variants.fill([next(remaining) for _ in entry.variants.texts])
        edits.append(_edit(entry, language, value, layout, objects))
    return encoding.encode(apply_edits(text, sorted(edits)))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A text of a string, by its index in those to translate; -1 for one that stays."""

    index: int
    text: str


@dataclass(slots=True)
class _Variants:
    """Makes the value of a language from that of the source language.

    It has the same variations by device, and the plural categories of its own language.
    """

    categories: Iterable[str]
    texts: list[str] = field(default_factory=list)
    _value: Json = field(default_factory=dict)

    def read(self, source: Json) -> "_Variants | None":
        """Collect the texts of a localization; None if it has none, or an unknown form."""
        value = self._localization(source, 0)
        if value is None or not self.texts:
            return None
        self._value = value
        return self

    def fill(self, translations: list[str]) -> Json:
        """Return the value with the translations of `texts`."""
        filled: Json = _fill(self._value, translations)
        return filled

    def _localization(self, source: object, depth: int) -> Json | None:
        if not isinstance(source, dict) or depth > _MAX_DEPTH:
            return None
        value: Json = {}
        read: Any
        for name, part in source.items():
            if name == "stringUnit":
                read = self._unit(part)
            elif name in ("variations", "substitutions"):
                read = self._group(name, part, depth)
            else:  # argNum, formatSpecifier
                read = part if isinstance(part, str | int) else None
            if read is None:
                return None
            value[name] = read
        return value

    def _group(self, name: str, part: object, depth: int) -> Json | None:
        """Read variations, by plural or device, or substitutions, by their names."""
        if not isinstance(part, dict):
            return None
        read: Json = {}
        for key, values in part.items():
            if name == "substitutions":
                read[key] = self._localization(values, depth + 1)
            elif isinstance(values, dict) and values:
                chosen = self._plural(values) if key == "plural" else values
                members = {k: self._localization(v, depth + 1) for k, v in chosen.items()}
                read[key] = None if None in members.values() else members
            else:
                read[key] = None
        return None if None in read.values() else read

    def _plural(self, values: Json) -> Json:
        """Return the source of each category of the language; a language may add `zero`."""
        other = values.get("other", next(iter(values.values())))
        zero = ("zero",) if "zero" in values and "zero" not in self.categories else ()
        return {category: values.get(category, other) for category in (*zero, *self.categories)}

    def _unit(self, unit: object) -> Json | None:
        text = unit.get("value") if isinstance(unit, dict) else None
        if not isinstance(text, str):
            return None
        index = -1
        if is_translatable(text):
            index = len(self.texts)
            self.texts.append(text)
        return {"state": "needs_review", "value": _Unit(index, text)}


@dataclass(frozen=True, slots=True)
class _Entry:
    """A string to translate."""

    key: str
    value: Json
    variants: _Variants


def _fill(value: Any, translations: list[str]) -> Any:
    if isinstance(value, _Unit):
        return value.text if value.index < 0 else translations[value.index]
    if isinstance(value, dict):
        return {name: _fill(part, translations) for name, part in value.items()}
    return value


def _language_in(strings: Json, source: object, target: str) -> str:
    """Return the target, or the one language of the catalogue that is the target in a region."""
    found = {
        language
        for value in strings.values()
        if isinstance(value, dict) and isinstance(value.get("localizations"), dict)
        for language in value["localizations"]
        if language != source and language.split("-")[0] == target
    }
    return found.pop() if len(found) == 1 else target


def _source_of(key: str, value: Json, source: object) -> Json:
    """Return the value in the source language, which is the key if there is no other."""
    localizations = value.get("localizations")
    found = localizations.get(source) if isinstance(localizations, dict) else None
    return found if isinstance(found, dict) else {"stringUnit": {"value": key}}


def _is_done(value: Json, language: str, options: DocumentOptions) -> bool:
    """Return whether an existing translation, or what is in its place, stays."""
    localizations = value.get("localizations", {})
    if not isinstance(localizations, dict):
        return True
    existing = localizations.get(language, {})
    if not isinstance(existing, dict):
        return True
    if not options.only_untranslated:
        return False
    states = {unit.get("state") for unit in _units(existing) if unit.get("value")}
    return bool(states - {"new"}) and not (options.fuzzy == "again" and "needs_review" in states)


def _units(value: object) -> Iterator[Json]:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            unit = part.get("stringUnit")
            if isinstance(unit, dict):
                yield unit
            pending += part.values()


def _edit(
    entry: _Entry,
    language: str,
    value: Json,
    layout: JsonLayout,
    objects: dict[tuple[str, ...], JsonObject],
) -> Edit:
    """Return what writes the value of a language into its string."""
    path: tuple[str, ...] = ("strings", entry.key)
    if (*path, "localizations", language) in objects:
        existing = objects[*path, "localizations", language]
        return existing.start, existing.end, layout.write(value, len(path) + 2)
    if (*path, "localizations") in objects:
        path = (*path, "localizations")
        return layout.insert(objects[path], len(path), language, value)
    return layout.insert(objects[path], len(path), "localizations", {language: value})
