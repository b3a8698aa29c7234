"""The formats: file suffixes, what translates them, and the options that they read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import cast

from documents.core import limits
from documents.core.limits import Limit
from documents.core.option_values import OPTIONS, OptionError, read_options
from documents.core.options import DocumentOptions
from documents.core.other_formats import ADVICE, refuse_other_format
from documents.core.result import TranslatedFile
from documents.core.rounds import Rounds

Translate = Callable[[bytes, DocumentOptions], Rounds[TranslatedFile]]


@dataclass(frozen=True, slots=True)
class Format:
    """How files with one suffix are translated."""

    function: str  # module and name of a `Translate`; imported only when the first file comes
    limit: Limit
    options: frozenset[str] = frozenset()  # those of `OPTIONS` that it reads
    package: str = ""  # that it needs, and that is not always installed

    def translate(self, data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
        """Return the rounds of a file.

        The first one raises `DocumentError` for a damaged file, and for one that is too large.
        """
        self.limit.check(data)
        refuse_other_format(data, may_be_zip=True)
        module, _, name = self.function.partition(":")
        translate = cast(Translate, getattr(import_module(f"documents.{module}"), name))
        return (yield from translate(data, options))


def _format(function: str, limit: Limit, *options: str, package: str = "") -> Format:
    assert set(options) <= set(OPTIONS), f"an unknown option of {function}"
    return Format(function, limit, frozenset(options), package)


_FUZZY = ("only_untranslated", "fuzzy")
_NAMES = ("keys", "exclude")

FORMATS: dict[str, Format] = {
    ".adoc": _format("pages.asciidoc:translate_asciidoc", limits.LIGHT_MARKUP),
    ".arb": _format("localization.json_values:translate_arb", limits.JSON, *_NAMES),
    ".asciidoc": _format("pages.asciidoc:translate_asciidoc", limits.LIGHT_MARKUP),
    ".ass": _format("subtitles.ass:translate_ass", limits.DIALOGUE),
    ".csv": _format("tables.separated:translate_csv", limits.TABLES, "columns"),
    ".dfxp": _format("subtitles.ttml:translate_ttml", limits.XML),
    ".docm": _format("office.docx:translate_docx", limits.ARCHIVES),
    ".docx": _format("office.docx:translate_docx", limits.ARCHIVES),
    ".dotx": _format("office.docx:translate_docx", limits.ARCHIVES),
    ".epub": _format("office.epub:translate_epub", limits.ARCHIVES),
    ".ftl": _format("localization.fluent:translate_fluent", limits.FLUENT, *_NAMES),
    ".htm": _format("pages.html:translate_html_file", limits.PAGES),
    ".html": _format("pages.html:translate_html_file", limits.PAGES),
    ".ini": _format("localization.ini_values:translate_ini", limits.STRINGS, *_NAMES),
    ".json": _format("localization.json_values:translate_json", limits.JSON, *_NAMES),
    ".jsonl": _format("localization.json_lines:translate_json_lines", limits.JSON, *_NAMES),
    ".markdown": _format(
        "pages.markdown:translate_markdown", limits.MARKDOWN, "include_front_matter"
    ),
    ".md": _format("pages.markdown:translate_markdown", limits.MARKDOWN, "include_front_matter"),
    ".mdx": _format("pages.markdown:translate_mdx", limits.MARKDOWN, "include_front_matter"),
    ".ndjson": _format("localization.json_lines:translate_json_lines", limits.JSON, *_NAMES),
    ".odp": _format("office.odf:translate_odp", limits.ARCHIVES),
    ".ods": _format("office.odf:translate_ods", limits.ARCHIVES),
    ".odt": _format("office.odf:translate_odt", limits.ARCHIVES),
    ".parquet": _format(
        "tables.parquet:translate_parquet", limits.ARCHIVES, "columns", package="pyarrow"
    ),
    ".php": _format("localization.php_arrays:translate_php", limits.PHP, *_NAMES),
    ".po": _format("localization.gettext:translate_gettext", limits.GETTEXT, *_FUZZY),
    ".pot": _format("localization.gettext:translate_gettext", limits.GETTEXT, *_FUZZY),
    ".pptx": _format("office.pptx:translate_pptx", limits.ARCHIVES),
    ".properties": _format("localization.properties:translate_properties", limits.STRINGS, *_NAMES),
    ".resw": _format("localization.resx:translate_resx", limits.XML, *_NAMES),
    ".resx": _format("localization.resx:translate_resx", limits.XML, *_NAMES),
    ".rst": _format("pages.rst:translate_rst", limits.LIGHT_MARKUP),
    ".sbv": _format("subtitles.cues:translate_sbv", limits.CUES),
    ".srt": _format("subtitles.cues:translate_srt", limits.CUES),
    ".ssa": _format("subtitles.ass:translate_ass", limits.DIALOGUE),
    ".strings": _format("localization.strings:translate_strings", limits.STRINGS, *_NAMES),
    ".stringsdict": _format("localization.stringsdict:translate_stringsdict", limits.XML),
    ".tmx": _format("localization.tmx:translate_tmx", limits.XML),
    ".toml": _format("localization.toml_values:translate_toml", limits.TOML, *_NAMES),
    ".ts": _format("localization.qt_ts:translate_ts", limits.XML, *_FUZZY),
    ".tsv": _format("tables.separated:translate_tsv", limits.TABLES, "columns"),
    ".ttml": _format("subtitles.ttml:translate_ttml", limits.XML),
    ".txt": _format("pages.plain_text:translate_text", limits.LINES, "line_breaks"),
    ".vtt": _format("subtitles.cues:translate_vtt", limits.CUES),
    ".xcstrings": _format(
        "localization.string_catalog:translate_string_catalog",
        limits.STRING_CATALOGUES,
        *_FUZZY,
        *_NAMES,
    ),
    ".xht": _format("pages.html:translate_xhtml_file", limits.PAGES),
    ".xhtml": _format("pages.html:translate_xhtml_file", limits.PAGES),
    ".xlf": _format("localization.xliff:translate_xliff", limits.XML, *_FUZZY),
    ".xliff": _format("localization.xliff:translate_xliff", limits.XML, *_FUZZY),
    ".xlsx": _format("office.xlsx:translate_xlsx", limits.ARCHIVES),
    ".xml": _format("localization.android:translate_android", limits.XML_WITH_ESCAPES, *_NAMES),
    ".yaml": _format("localization.yaml_values:translate_yaml", limits.YAML, *_NAMES),
    ".yml": _format("localization.yaml_values:translate_yaml", limits.YAML, *_NAMES),
}
"""Maps a file name's suffix, in lower case, to its format."""
_EXTRAS = {"pyarrow": "parquet"}  # of setup.cfg, by package


def format_of(name: str) -> Format | None:
    """Return the format of a file with this name; None if it is unknown."""
    return FORMATS.get(PurePath(name).suffix.lower())


def why_unread(name: str) -> str:
    """Return why a file with this name is not read, and what to do; "" if it is read."""
    suffix = PurePath(name).suffix.lower()
    known = FORMATS.get(suffix)
    if known is not None:
        return why_missing(suffix, known.package) if known.package else ""
    if suffix in ADVICE:
        return f"{suffix} files are not read; {ADVICE[suffix]}"
    return f"the name of the file must end with one of {', '.join(sorted(FORMATS))}"


def why_missing(suffix: str, package: str) -> str:
    """Return what to install to read files with this suffix; "" if the package is there."""
    if find_spec(package):
        return ""
    return (
        f"{suffix} files need the package {package}: pip install 'm2m-server[{_EXTRAS[package]}]'"
    )


def options_of(
    name: str, values: Mapping[str, str], target: str, source: str | None = None
) -> DocumentOptions:
    """Return the options for a file in a known format, from their names and values.

    Raise `OptionError` for an invalid value, and for an option that the format does not read.
    """
    known = FORMATS[PurePath(name).suffix.lower()].options
    for option in values:
        if option not in known:
            raise OptionError(option, f"has no effect on {PurePath(name).suffix.lower()} files")
    return read_options(values, target, source)
