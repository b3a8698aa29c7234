"""A long text in pieces that can be translated one after the other."""

from collections.abc import Iterator


def split_lines(text: str, characters: int) -> Iterator[str]:
    """Yield consecutive parts of a text, which joined are the text.

    A part ends with a line and has at least so many characters, unless the text ends there; blank
    lines go with what precedes them. No sentence crosses a line break, so nothing is lost by it.
    """
    part = ""
    for line in text.splitlines(keepends=True):
        if len(part) >= characters and part.strip() and line.strip():
            yield part
            part = ""
        part += line
    if part:
        yield part
