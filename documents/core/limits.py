"""How large a document may be. What takes many times its size in memory is refused before that.

`tests/unit/documents/measure_sizes.py` shows what the largest files cost: each limit keeps the
costliest of them near 1 GiB of memory, at most 1.5 GiB, and below five minutes.
"""

from dataclasses import dataclass

from documents.core.rounds import DocumentError


@dataclass(frozen=True, slots=True)
class Limit:
    """The size of a file in MiB, and the number of pieces in it that take memory of their own."""

    mib: int
    pieces: int = 0
    marks: bytes = b""  # characters that begin or end a piece
    what: str = ""  # the pieces, for messages
    tags: bytes = b""  # characters that begin what takes as much memory as three pieces

    def check(self, *files: bytes) -> None:
        """Raise `DocumentError` for a larger file, or for parts that together are larger."""
        if sum(map(len, files)) > self.mib << 20:
            raise DocumentError(f"the file has more than {self.mib} MiB; split it into several")
        if self.marks:
            self.check_pieces(self.count(*files))

    def check_pieces(self, pieces: int) -> None:
        """Raise `DocumentError` for more pieces, which are counted elsewhere."""
        if pieces > self.pieces:
            raise DocumentError(
                f"the file has more than {self.pieces:,} {self.what}; split it into several"
            )

    def count(self, *files: bytes) -> int:
        """Return the number of pieces."""
        pieces = sum(data.count(mark) for data in files for mark in self.marks)
        return pieces + 3 * sum(data.count(tag) for data in files for tag in self.tags)


ARCHIVES = Limit(256)  # `archive.py` limits what is in them
CUES = Limit(64, 4_000_000, b"\r\n", "lines (a tag counts as three)", tags=b"<{&")
DIALOGUE = Limit(64, 800_000, b"\r\n{", "lines, breaks and overrides")  # breaks: `ass.py` counts
FLUENT = Limit(2)  # the parser reads 0.1 MB a second
GETTEXT = Limit(64, 1_000_000, b"\n", "lines")
JSON = Limit(64, 10_000_000, b'"[{', "quotes and brackets")
LIGHT_MARKUP = Limit(32, 1_000_000, b"\r\n*_`#+{[<|^~:", "lines and characters of markup")
LINES = Limit(64, 2_500_000, b"\r\n\t", "lines and tabs")
MARKDOWN = Limit(32, 500_000, b"\r\n*_`[<&{$|~!\\", "lines and characters of markup")
PAGES = Limit(32, 1_000_000, b"<&{=", "tags, attributes and references")
PHP = Limit(16)
STRING_CATALOGUES = Limit(64, 500_000, b"{", "objects")
STRINGS = Limit(64)
TABLES = Limit(64, 20_000_000, b"\r\n,;\t|", "cells")
TOML = Limit(16, 1_000_000, b"\n,[{=", "values")
XML = Limit(32, 1_000_000, b"&", "references")
XML_WITH_ESCAPES = Limit(32, 800_000, b'&"\\', "references, quotes and escapes")
YAML = Limit(64, 1_000_000, b"\r\n:[{", "lines and values")
