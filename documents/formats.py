"""The formats: file suffixes, what translates them, and the options that they read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import PurePath
from typing import cast

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
    options: frozenset[str] = frozenset()  # those of `OPTIONS` that it reads
    package: str = ""  # that it needs, and that is not always installed

    def translate(self, data: bytes, options: DocumentOptions) -> Rounds[TranslatedFile]:
        """Return the rounds of a file; the first one raises `DocumentError` for a damaged file."""
        refuse_other_format(data, may_be_zip=True)
        module, _, name = self.function.partition(":")
        translate = cast(Translate, getattr(import_module(f"documents.{module}"), name))
        return (yield from translate(data, options))


def _format(function: str, *options: str, package: str = "") -> Format:
    assert set(options) <= set(OPTIONS), f"an unknown option of {function}"
    return Format(function, frozenset(options), package)


_FUZZY = ("only_untranslated", "fuzzy")
_NAMES = ("keys", "exclude")

FORMATS: dict[str, Format] = {
    ".adoc": _format("pages.asciidoc:translate_asciidoc"),
    ".arb": _format("localization.json_values:translate_arb", *_NAMES),
    ".asciidoc": _format("pages.asciidoc:translate_asciidoc"),
    ".ass": _format("subtitles.ass:translate_ass"),
    ".csv": _format("tables.separated:translate_csv", "columns"),
    ".dfxp": _format("subtitles.ttml:translate_ttml"),
    ".docm": _format("office.docx:translate_docx"),
    ".docx": _format("office.docx:translate_docx"),
    ".dotx": _format("office.docx:translate_docx"),
    ".epub": _format("office.epub:translate_epub"),
    ".ftl": _format("localization.fluent:translate_fluent", *_NAMES),
    ".htm": _format("pages.html:translate_html_file"),
    ".html": _format("pages.html:translate_html_file"),
    ".ini": _format("localization.ini_values:translate_ini", *_NAMES),
    ".json": _format("localization.json_values:translate_json", *_NAMES),
    ".jsonl": _format("localization.json_lines:translate_json_lines", *_NAMES),
    ".markdown": _format("pages.markdown:translate_markdown", "include_front_matter"),
    ".md": _format("pages.markdown:translate_markdown", "include_front_matter"),
    ".mdx": _format("pages.markdown:translate_mdx", "include_front_matter"),
    ".ndjson": _format("localization.json_lines:translate_json_lines", *_NAMES),
    ".odp": _format("office.odf:translate_odp"),
    ".ods": _format("office.odf:translate_ods"),
    ".odt": _format("office.odf:translate_odt"),
    ".parquet": _format("tables.parquet:translate_parquet", "columns", package="pyarrow"),
    ".php": _format("localization.php_arrays:translate_php", *_NAMES),
    ".po": _format("localization.gettext:translate_gettext", *_FUZZY),
    ".pot": _format("localization.gettext:translate_gettext", *_FUZZY),
    ".pptx": _format("office.pptx:translate_pptx"),
    ".properties": _format("localization.properties:translate_properties", *_NAMES),
    ".resw": _format("localization.resx:translate_resx", *_NAMES),
    ".resx": _format("localization.resx:translate_resx", *_NAMES),
    ".rst": _format("pages.rst:translate_rst"),
    ".sbv": _format("subtitles.cues:translate_sbv"),
    ".srt": _format("subtitles.cues:translate_srt"),
    ".ssa": _format("subtitles.ass:translate_ass"),
    ".strings": _format("localization.strings:translate_strings", *_NAMES),
    ".stringsdict": _format("localization.stringsdict:translate_stringsdict"),
    ".tmx": _format("localization.tmx:translate_tmx"),
    ".toml": _format("localization.toml_values:translate_toml", *_NAMES),
    ".ts": _format("localization.qt_ts:translate_ts", *_FUZZY),
    ".tsv": _format("tables.separated:translate_tsv", "columns"),
    ".ttml": _format("subtitles.ttml:translate_ttml"),
    ".txt": _format("pages.plain_text:translate_text", "line_breaks"),
    ".vtt": _format("subtitles.cues:translate_vtt"),
    ".xcstrings": _format("localization.string_catalog:translate_string_catalog", *_FUZZY, *_NAMES),
    ".xht": _format("pages.html:translate_xhtml_file"),
    ".xhtml": _format("pages.html:translate_xhtml_file"),
    ".xlf": _format("localization.xliff:translate_xliff", *_FUZZY),
    ".xliff": _format("localization.xliff:translate_xliff", *_FUZZY),
    ".xlsx": _format("office.xlsx:translate_xlsx"),
    ".xml": _format("localization.android:translate_android", *_NAMES),
    ".yaml": _format("localization.yaml_values:translate_yaml", *_NAMES),
    ".yml": _format("localization.yaml_values:translate_yaml", *_NAMES),
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
