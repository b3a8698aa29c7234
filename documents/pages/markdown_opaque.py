"""Parts of Markdown files that other programs read: mathematics, templates, imports."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

# At most 300 characters, which keeps the search linear.
_INLINE = re.compile(
    r"""
      \$\$[^$\n]{1,300}\$\$ | \$(?!\s)[^$\n]{1,300}(?<!\s)\$(?!\d)   # mathematics
    | (?<![\w:]):[a-z+-][\w+-]{0,60}:(?![\w:])                       # :tada:
    | \{\{\{?[^{}\n]{0,300}\}?\}\} | \{%[^\n]{0,300}?%\}             # templates
    | \{!?--.{0,300}?--\} | \{![^{}\n]{1,300}!\} | \{/\*.{0,300}?\*/\}
    | \{[ ]?[:\#.][^{}\n]{1,300}\} | \{[ ]?[\w-]+=[^{}\n]{1,300}\}   # {#anchor}, {: .class}
    | \{[a-z][\w:-]{0,40}\}(?=`)                                     # roles of MyST
    | \+\+[a-z][\w+-]{0,60}\+\+                                     # keys
    | !?\[\[[^\[\]\n]{1,300}\]\]                                     # [[a page]] of a wiki
    | (?:(?<=\n)|(?<![\s\S]))\*\[[^\[\]\n]{1,80}\]:                 # abbreviations
    | </?[A-Z][\w.]{0,80}(?:\s[^<>{}]{0,300}(?:\{[^{}]{0,300}\}[^<>{}]{0,300}){1,20})?/?>  # JSX
    | </?>
    """,
    re.VERBOSE | re.DOTALL,
)
_EXPRESSION = re.compile(r"\{[^{}]{1,300}\}")  # in MDX
_ONE_LINE = re.compile(
    r"""
      \s*\[\[?_?toc_?\]\]?\s*$ | \s*\{:toc\}\s*$ | \s*\$\{toc\}\s*$  # contents
    | \s*\{\{[%<][^\n]*[%>]\}\}\s*$ | \s*;?--8<--                    # short codes, files
    | import\s(?:[\w*{}\s,]+\sfrom\s)?\s*["'][^"']+["'];?\s*$        # MDX
    | export\s+(?:(?:const|default|function|let)\s|[*{][^\n]*\sfrom\s)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FIRST_LINE = re.compile(
    r"""
      \s*(?P<math>\$\$)
    | \s*\{%-?\s*(?P<tag>code|comment|highlight|mermaid|raw|verbatim)\b
    | (?P<imports>import\s*\{[^}]*$) | (?P<exports>export\s[^\n]*[\[({]\s*$)
    | (?:\s|>)*(?P<fence>`{3,}|~{3,})
    """,
    re.VERBOSE,
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_WORD = re.compile(r"\$|\{\{|:\S|\+\+|!?\[\[|\{[A-Za-z][\w.:-]*\}$")


def keep_opaque(parser: MarkdownIt, *, is_mdx: bool) -> None:
    """Let a parser return such parts of a line as tokens; in MDX also JavaScript in braces."""
    parser.inline.ruler.before("escape", "opaque", partial(_rule, _INLINE))
    if is_mdx:
        parser.inline.ruler.after("opaque", "expression", partial(_rule, _EXPRESSION))


def is_word(opaque: str) -> bool:
    """Return True for a part that stands for a word of its sentence."""
    return _WORD.match(opaque) is not None


def mask_opaque(text: str) -> str:
    """Replace whole lines that are no text by blank ones."""
    lines = [match[0] for match in _LINE.finditer(text)]
    for start, end in _opaque_ranges(lines):
        for i in range(start, end):
            lines[i] = lines[i][len(lines[i].rstrip("\r\n")) :]
    return "".join(lines)


def _opaque_ranges(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of lines that are no text, and not in a fenced block of code."""
    unclosed: set[str] = set()  # what has no end in the rest of the lines
    i = 0
    while i < len(lines):
        start = i
        i += 1
        first = _FIRST_LINE.match(lines[start])
        if first is None:
            if _ONE_LINE.match(lines[start]):
                yield start, i
            continue
        pattern = _closing(first)
        end = None if pattern in unclosed else _end(lines, start, first.end(), pattern)
        if end is None:
            unclosed.add(pattern)
            continue
        i = end
        if first["fence"] is None:
            yield start, end


def _closing(first: re.Match[str]) -> str:
    if first["fence"]:
        return rf"^(?:\s|>)*{first['fence']}{first['fence'][0]}*\s*$"
    if first["tag"]:
        return rf"\{{%-?\s*end{first['tag']}\b"
    if first["math"]:
        return r"\$\$\s*$"
    return r"\sfrom\s*[\"']" if first["imports"] else r"^[\])}]"


def _end(lines: Sequence[str], start: int, position: int, pattern: str) -> int | None:
    """Return the index after the line that has the closing pattern; None if there is none."""
    closing = re.compile(pattern)
    if closing.search(lines[start], position):
        return start + 1
    found = (i + 1 for i in range(start + 1, len(lines)) if closing.search(lines[i]))
    return next(found, None)


def _rule(pattern: re.Pattern[str], state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    match = pattern.match(state.src, state.pos)
    if match is None:
        return False
    if not silent:
        state.push("opaque", "", 0).content = match[0]
    state.pos = match.end()
    return True
