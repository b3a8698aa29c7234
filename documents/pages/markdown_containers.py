"""Blocks of Markdown's dialects that have a title or a term, and indented text below it."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

TITLE = "title"
"""The kind of the text in the first line of a container."""

_INDENT = 4
# Admonitions and tabs: `!!! note "Title"`, `??? tip`, `=== "Tab"`.
_OPENING = re.compile(r"""(?:!!!|\?\?\?\+?|===[!+]?)[ \t]+(?:[\w-]+[ \t]*)*(?:"(.*)")?[ \t]*$""")


def read_containers(parser: MarkdownIt) -> None:
    """Let a parser read admonitions, tabs, definition lists and footnotes, all in their place."""
    ends = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "titled", _titled, {"alt": ends})
    parser.use(deflist_plugin)
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    parser.inline.ruler.disable("footnote_ref")


def _titled(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001
    """Read a container; its text is indented, and may have blank lines."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    opening = _OPENING.match(state.src[begin : state.eMarks[start_line]])
    if opening is None or state.sCount[start_line] - state.blkIndent >= _INDENT:
        return False
    if silent:
        return True
    if opening[1]:
        state.push(f"{TITLE}_open", "p", 1).markup = state.src[begin : begin + opening.start(1)]
        token = state.push("inline", "", 0)
        token.content, token.children = opening[1], []
        token.map = [start_line, start_line + 1]
        state.push(f"{TITLE}_close", "p", -1)
    indent, line_max, parent = state.blkIndent, state.lineMax, state.parentType
    state.blkIndent = state.sCount[start_line] + _INDENT
    line = start_line + 1
    while line < end_line and (state.isEmpty(line) or state.sCount[line] >= state.blkIndent):
        line += 1
    state.lineMax, state.parentType = line, "titled"
    state.md.block.tokenize(state, start_line + 1, line)
    state.blkIndent, state.lineMax, state.parentType = indent, line_max, parent
    state.line = line
    return True
