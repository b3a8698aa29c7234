"""The inline content of a Markdown block: maps the tokens of markdown-it to their source.

markdown-it gives no positions within a block, but its tokens are in order. So a cursor follows
them through the text. Where the two do not match, the block stays as it is.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.token import Token

from documents.core.spans import Atom, Item, Mark, Text
from documents.pages.html_regions import VOID, Regions
from documents.pages.html_tokens import source_tokens
from documents.pages.markdown_opaque import is_word

HARD_BREAK = "line"
"""The name of marks that end a line."""
TITLE_OF_LINK = "title "
"""Begins the names of marks for the titles of links and pictures; the title itself follows."""

_SOFT_BREAK = re.compile(r"[ \t]*\n[ \t]*")
_HARD_BREAK = re.compile(r"(?:\\|[ \t]*)\n[ \t]*")
_BLANKS = re.compile(r"\s*")
_LABEL = re.compile(r"\[(?:[^\[\]\\]|\\.)+\]", re.DOTALL)
_BLOCK_START = re.compile(r"(\[[ xX]\]\s+|\[![A-Za-z]+\][-+]?[ \t]*)")  # tasks and alerts
# Markup of other dialects: footnotes, link definitions after them, containers.
_FOREIGN = re.compile(
    r"(\[\^[^\]\s]+\]:?|^\[[^\]]+\]: .*|^:::+[ \t]*(?:\{?[\w-]+\}?)?(?:\[|[ \t]+(?=\w)|$)|^:::.*)"
)


class MisalignedError(Exception):
    """The tokens of markdown-it do not match the text."""


class InlineReader:
    """Reads the tokens of one block along with its text."""

    def __init__(self, content: str, source: Callable[[int, int], str]) -> None:
        """`source` returns the document's source between two positions of `content`."""
        self._content = content
        self._source = source
        self._position = 0
        self._items: list[Item] = []
        self._regions = Regions()
        self._links: list[int] = []  # indices of the items that open links
        self._in_title = False  # of an alert or a container, which ends with its line

    def read(self, tokens: Sequence[Token]) -> list[Item]:
        """Return the items of the block. Raises `MisalignedError`."""
        remaining = list(reversed(tokens))
        while remaining:
            token = remaining.pop()
            if token.markup == "autolink":
                while remaining.pop().type != "link_close":
                    pass
                self._atom(self._after(">"))
            else:
                self._read(token)
        if self._position != len(self._content):
            raise MisalignedError
        return self._items

    def _read(self, token: Token) -> None:
        match token.type.rpartition("_"):
            case ("", _, "text"):
                self._text(token.content)
            case ("text", _, "special"):
                self._expect(token.markup)
                self._add_text(token.markup, token.content)
            case ("em" | "strong" | "s" as name, _, "open" | "close" as role):
                self._expect(token.markup)
                self._mark(len(token.markup), "open" if role == "open" else "close", name)
            case _:
                self._read_other(token)

    def _read_other(self, token: Token) -> None:
        match token.type:
            case "softbreak":
                source = self._take(self._match(_SOFT_BREAK))
                self._items.append(Mark(source) if self._in_title else Text(source, "\n"))
                self._in_title = False
            case "hardbreak":
                self._items.append(
                    Mark(self._take(self._match(_HARD_BREAK)), "standalone", HARD_BREAK)
                )
            case "code_inline":
                self._expect(token.markup)
                self._atom(self._code_end(token.markup))
            case "html_inline":
                self._expect(token.content)
                self._html(token.content)
            case "opaque":
                self._opaque(token.content)
            case "link_open":
                self._expect("[")
                self._links.append(len(self._items))
                self._mark(1, "open", "link")
            case "link_close":
                self._link_close()
            case "image":
                self._image(token)
            case _:
                raise MisalignedError

    def _expect(self, text: str) -> None:
        if not self._content.startswith(text, self._position):
            raise MisalignedError

    def _take(self, end: int) -> str:
        """Advance to a position of the content; return the source up to there."""
        source = self._source(self._position, end)
        self._position = end
        return source

    def _match(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._content, self._position)
        if match is None:
            raise MisalignedError
        return match.end()

    def _after(self, text: str) -> int:
        found = self._content.find(text, self._position)
        if found < 0:
            raise MisalignedError
        return found + len(text)

    def _mark(self, length: int, role: Literal["open", "close"], name: str) -> None:
        self._items.append(Mark(self._take(self._position + length), role, name))

    def _atom(self, end: int) -> None:
        """Add the source up to a position as an atom."""
        plain = self._content[self._position : end].strip("`<> \n")
        self._items.append(Atom(self._take(end), plain))

    def _text(self, text: str) -> None:
        self._expect(text)
        first = _BLOCK_START.match(text) if self._position == 0 else None
        if first is not None:
            self._items.append(Mark(self._take(first.end())))
            self._in_title = first[0].startswith("[!")
            text = text[first.end() :]
        in_brackets = False
        for number, part in enumerate(_FOREIGN.split(text)):
            if number % 2:
                self._items.append(Mark(self._take(self._position + len(part))))
                self._in_title |= part.startswith(":::")
                in_brackets = part.endswith("[")
            elif number and in_brackets and part.endswith("]"):
                self._add_text(part[:-1], part[:-1])
                self._items.append(Mark(self._take(self._position + 1)))
            elif part:
                self._add_text(part, part)

    def _add_text(self, content: str, plain: str) -> None:
        source = self._take(self._position + len(content))
        kind = Text if self._regions.translated else Atom
        self._items.append(kind(source, plain))

    def _opaque(self, content: str) -> None:
        self._expect(content)
        source = self._take(self._position + len(content))
        self._items.append(Atom(source, content) if is_word(content) else Mark(source))

    def _code_end(self, fence: str) -> int:
        end = re.compile(rf"(?<!`){fence}(?!`)").search(self._content, self._position + len(fence))
        if end is None:
            raise MisalignedError
        return end.end()

    def _html(self, markup: str) -> None:
        source = self._take(self._position + len(markup))
        token = next(source_tokens(markup))
        if token.kind == "start":
            self._regions.start(token.tag, translate=token.translate)
        elif token.kind == "end":
            self._regions.end(token.tag)
        if token.kind not in ("start", "end") or token.tag in VOID:
            self._items.append(Mark(source))
        else:
            role: Literal["open", "close"] = "open" if token.kind == "start" else "close"
            self._items.append(Mark(source, role, f"<{token.tag}>"))

    def _link_close(self) -> None:
        self._expect("]")
        first = self._links.pop()
        end = self._target_end(self._position)
        labelled = self._content[self._position + 1 : end] not in ("", "[]")
        self._target(end, Mark("", "close", "link"))
        if not labelled:  # the text of the link is the label of its target
            link = self._items[first:]
            plain = "".join("" if isinstance(item, Mark) else item.plain for item in link)
            self._items[first:] = [Atom("".join(item.source for item in link), plain)]

    def _image(self, token: Token) -> None:
        self._expect(f"![{token.content}]")
        text_end = self._position + 2 + len(token.content)
        end = self._target_end(text_end)
        if self._content[text_end + 1 : end] in ("", "[]"):
            self._items.append(Mark(self._take(end)))
            return
        self._items.append(Mark(self._take(self._position + 2)))
        if re.search(r"[\\`*_\[\]<&\n]", token.content):
            self._items.append(Mark(self._take(text_end)))
        elif token.content:
            self._add_text(token.content, token.content)
        self._target(end, Mark(""))

    def _target(self, end: int, last: Mark) -> None:
        """Add the source up to the end of a link, its title by itself; `last` ends with it."""
        title = _title(self._content, self._position + 2, end)
        if title is not None and self._content.startswith("](", self._position):
            start, title_end, plain = title
            self._items.append(Mark(self._take(start)))
            self._items.append(Mark(self._take(title_end), "standalone", f"{TITLE_OF_LINK}{plain}"))
        self._items.append(replace(last, source=self._take(end)))

    def _target_end(self, bracket: int) -> int:
        """Return the end of a link whose text ends with the bracket at that position."""
        content = self._content
        if content.startswith("](", bracket):
            end = _inline_target_end(content, bracket + 2)
            if end is not None:
                return end
        if content.startswith("][]", bracket):
            return bracket + 3
        label = _LABEL.match(content, bracket + 1)
        return label.end() if label else bracket + 1


def _inline_target_end(content: str, position: int) -> int | None:
    """Return the end of `(url "title")`, None if it is not one; `position` is after its `(`."""
    position = _destination_end(content, position)
    title = parseLinkTitle(content, position, len(content))
    if title.ok:
        position = _skip_blanks(content, title.pos)
    return position + 1 if content.startswith(")", position) else None


def _title(content: str, position: int, end: int) -> tuple[int, int, str] | None:
    """Return the range of the title in `(url "title")`, without quotes, and its text."""
    start = _destination_end(content, position)
    title = parseLinkTitle(content, start, end)
    return (start + 1, title.pos - 1, title.str) if title.ok else None


def _destination_end(content: str, position: int) -> int:
    """Return the position after the address that begins there, and the blanks around it."""
    start = _skip_blanks(content, position)
    target = parseLinkDestination(content, start, len(content))
    return _skip_blanks(content, target.pos if target.ok else start)


def _skip_blanks(content: str, position: int) -> int:
    blanks = _BLANKS.match(content, position)
    return blanks.end() if blanks else position
