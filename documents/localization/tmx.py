"""TMX translation memories: each unit gets a variant in the target language, if it has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from documents.core.language_tags import is_same_language
from documents.core.options import DocumentOptions
from documents.core.result import TranslatedFile
from documents.core.rounds import DocumentError, Rounds
from documents.core.text_ranges import Edit
from documents.core.xml_source import Element, XmlSource, parse_xml
from documents.core.xml_text import write_markup
from documents.localization.inline_codes import code_items
from documents.localization.xml_values import translate_values

_ANY = "*all*"  # the source language where each variant may be the source
_LANGUAGES = ("xml:lang", "lang")  # the second one is of TMX 1.1


@dataclass(frozen=True, slots=True)
class _Variant:
    """A `tuv` and its segment."""

    element: Element
    segment: Element
    language: str


def translate_tmx(data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
    """Add the missing variants after those of the source, and fill the empty ones.

    Raise `DocumentError` for a damaged file.
    """
    source = parse_xml(data)
    header, body = source.root.first("header"), source.root.first("body")
    if source.root.name != "tmx" or header is None or body is None:
        raise DocumentError("the file is not TMX with a header and a body")
    default = header.attributes.get("srclang", _ANY)
    wanted: list[tuple[_Variant, _Variant | None]] = []
    skipped = 0
    for unit in body.named("tu"):
        variants = _variants(unit)
        targets = [found for found in variants if is_same_language(found.language, options.target)]
        if any(source.inner(found.segment).strip() for found in targets):
            continue
        language = unit.attributes.get("srclang", default)
        origin = _origin(source, variants, (language, options.source or _ANY))
        if origin is None:
            skipped += 1
        else:
            wanted.append((origin, next(iter(targets), None)))
    values = [code_items(source.inner(origin.segment)) for origin, _ in wanted]
    outputs = yield from translate_values(values)
    edits: list[Edit] = []
    for (origin, target), items, translated in zip(wanted, values, outputs, strict=True):
        text = write_markup(items, translated, encoding=source.encoding.name)
        if target is None:
            edits.append(_new_variant(source, origin, text, options.target))
        else:
            edits.append(source.replace_inner(target.segment, text))
    notice = f"units without a text in the source language: {skipped}"
    return source.finish(edits, (notice,) if skipped else ())


def _variants(unit: Element) -> list[_Variant]:
    variants: list[_Variant] = []
    for element in unit.named("tuv"):
        segment = element.first("seg")
        attributes = element.attributes
        language = next((attributes[name] for name in _LANGUAGES if name in attributes), "")
        if segment is not None and language:
            variants.append(_Variant(element, segment, language))
    return variants


def _origin(
    source: XmlSource, variants: Sequence[_Variant], languages: tuple[str, str]
) -> _Variant | None:
    """Return the variant to translate: in the first of the languages that is one.

    If none is, the first variant with text, because each may be the source.
    """
    texts = [found for found in variants if source.inner(found.segment).strip()]
    language = next((code for code in languages if code.lower() != _ANY), None)
    if language is None:
        return next(iter(texts), None)
    return next((found for found in texts if is_same_language(found.language, language)), None)


def _new_variant(source: XmlSource, origin: _Variant, text: str, language: str) -> Edit:
    """Return a variant that is written like that of the source, without its attributes."""
    element, segment = origin.element, origin.segment
    prefix = element.prefix
    name = next(name for name in _LANGUAGES if name in element.attributes)
    closing = source.text[segment.end : element.inner_end]
    new = (
        f'{source.indent(element.start)}<{prefix}tuv {name}="{escape(language)}">'
        f"{source.indent(segment.start)}<{prefix}seg>{text}</{prefix}seg>"
        f"{closing if not closing.strip() else ''}</{prefix}tuv>"
    )
    return element.end, element.end, new
