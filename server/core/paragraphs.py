"""Splits a long text into parts that can be translated separately."""

from collections.abc import Iterator


def split_lines(text: str, characters: int) -> Iterator[str]:
    """Yield consecutive parts of a text; joined, they are the text.

    Parts end at line ends and have at least `characters` characters, except the last one; blank
    lines belong to the part before them. Sentences never cross line breaks, so none is cut.
    """
    part = ""
    for line in text.splitlines(keepends=True):
        if len(part) >= characters and part.strip() and line.strip():
            yield part
            part = ""
        part += line
    if part:
        yield part
