"""Records, the output of every kind of source, and the files of a package by language."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# Names of language folders and files. "C" is the untranslated original of GNOME.
_FOLDERS = {
    "C": "en",
    "en": "en",
    "en-US": "en",
    "de": "de",
    "de-DE": "de",
    "es": "es",
    "es-ES": "es",
    "fr": "fr",
    "fr-FR": "fr",
    "nl": "nl",
    "nl-NL": "nl",
}
_PACKAGE_LANGUAGE = re.compile(r"-(en-us|en|de|es|fr|nl)$")
_PACKAGE_VERSION = re.compile(
    r"-\d[\d.]*(?=-)"
)  # "wesnoth-1.16-data": the next release has another


@dataclass(frozen=True)
class Record:
    """One text in English and in some of the other languages.

    `document` is the page or catalogue that it comes from, so that whole documents can be held out.
    """

    document: str
    texts: Mapping[str, str]


def documents(roots: Mapping[str, Path], suffix: str) -> Iterator[tuple[str, dict[str, Path]]]:
    """Yield, sorted by name, each document of the unpacked packages with its file by language.

    The languages of a document are in folders that differ only by the language's name, in one
    package or in several (`gimp-help-de`, `gimp-help-fr`). The document's name consists of the
    package and the path below that folder: `gimp-help/gimp-filters`.
    """
    found: dict[str, dict[str, Path]] = defaultdict(dict)
    for package, root in sorted(roots.items()):
        for path in sorted(root.rglob(f"*{suffix}")):
            parts = path.relative_to(root).parts
            at = next((i for i, part in enumerate(parts[:-1]) if part in _FOLDERS), None)
            if at is None:
                continue
            below = [part for part in parts[at + 1 :] if part not in ("LC_MESSAGES", "text")]
            name = "/".join([_stem(package), *below]).removesuffix(suffix)
            found[name].setdefault(_FOLDERS[parts[at]], path)
    yield from sorted(found.items())


def _stem(package: str) -> str:
    return _PACKAGE_VERSION.sub("", _PACKAGE_LANGUAGE.sub("", package))
