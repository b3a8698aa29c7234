"""What the user of a document asks for beside its translation."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Fuzzy = Literal["keep", "again"]
LineBreaks = Literal["join", "keep"]


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """How to read and write a document. `documents.formats` says which options a format reads.

    Languages are BCP 47 tags; the source is None where it is detected.
    """

    target: str
    source: str | None = None
    only_untranslated: bool = True  # existing translations stay
    fuzzy: Fuzzy = "keep"  # what to do with existing translations that need a review
    keys: tuple[str, ...] = ()  # patterns of the names of values to translate; none: all
    exclude: tuple[str, ...] = ()  # patterns of names of values to leave
    columns: tuple[str, ...] = ()  # names, or numbers from 1, of columns to translate; none: all
    include_front_matter: bool = False  # translate titles and descriptions in it
    line_breaks: LineBreaks = "join"  # whether wrapped lines are one paragraph

    def wants(self, path: str) -> bool:
        """Return whether a value is to be translated; `path` is its name, with dots between levels.

        A pattern such as `*.id` may match the whole path, and one without a dot also its last part.
        """
        if self.keys and not _matches(path, self.keys):
            return False
        return not _matches(path, self.exclude)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    last = path.rpartition(".")[2]
    return any(
        fnmatchcase(path, pattern) or ("." not in pattern and fnmatchcase(last, pattern))
        for pattern in patterns
    )
