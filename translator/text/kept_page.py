"""`python -m translator.text.kept_page`: docs/kept.md, made of the table of tokens."""

import sys
from collections.abc import Iterator
from itertools import groupby

from translator.text.token_table import TABLE, TokenKind

_INTRODUCTION = """\
# What is kept

A translation model can drop, repeat or invent anything, so the server does not trust it with what
is not language. This page says what comes out exactly as it went in, and how. It is generated from
the table that the code uses (`make kept-page`), and every example in it is a test.

## The skeleton of a text

These never reach the model and are put back as they were: white space at both ends of a line, line
ends, tabs, three or more blanks in a row, the marks of lists (`1.`, `a)`, `iv.`, `-`, `•`), tasks
(`[ ]`), headings (`#`), quotations (`>`) and speech in subtitles, the separators of table cells
(`|`), direction marks, and emoji at the edge of a sentence. A double space within a sentence goes
to the matching place in the translation. A text made of nothing else comes back byte for byte.

## Tokens

Everything in the tables below appears in the translation exactly as often as in the text. So do
letters and symbols that the model's vocabulary lacks, and symbols that its normalisation would
change (™, ℃, ①). If in doubt, a token is kept: `camelCase` is a name, not two words. A
[glossary](api.md#glossary) term takes precedence over a token, unless it is part of a longer one,
such as an address.
"""

_END = """\
## Numbers and symbols

Other numbers are compared by value. `1,234.5` may become `1.234,5` in German and a single digit may
become a word; digits, signs and ranges never change. If the text has numbers, the translation may
not add any. Symbols (`&`, `@`, `*`, `[`, `)`, …) appear as often as in the text, except that `%`,
currency signs and parentheses may be added.

Two kinds of software messages get special treatment. In **ICU MessageFormat**,
`{n, plural, one {# file} other {# files}}`, the branches are translated and the syntax is kept.
**Keyboard accelerators** in short texts (`_Open`, `&Save`) stay: before the same letter if the
translation has it, else before the first letter, or as `(&S)` at the end of a text without such
letters, such as Chinese.

## How

1. The model sees a placeholder instead of each token. Its translation is accepted only if every
   placeholder appears exactly once and nothing that looks like a token was added. Spaces and
   punctuation next to a token are those of the text.
2. If something was lost or added, the sentence is translated again, with another kind of
   placeholder, and with placeholders for numbers and symbols too.
3. If that fails, the pieces between the tokens are translated separately. The answer then has the
   [warning](api.md#warnings) `in_parts`, because the sentence may read less smoothly.
4. A piece that cannot be translated without damage stays as it is, with the warning `source_kept`.

`m2m_warnings_total` counts both ([monitoring.md](monitoring.md)).

## Limits

- The model decides where in the sentence a token goes, and it does not see the token, so the
  grammar around it can be wrong.
- Dates, times and units are not adapted: `5:30 pm` stays `5:30 pm`.
- A name such as `iOS` may appear although the text writes `Ios`.
- A soft hyphen or zero-width space within a word is lost, because the translated word has no place
  for it.
- Identifiers are recognised only in Latin, Greek and Cyrillic letters.
"""


def render() -> str:
    """Return the page as Markdown."""
    return "\n".join([_INTRODUCTION, *_tables(), _END])


def _tables() -> Iterator[str]:
    by_group = sorted(TABLE, key=lambda kind: kind.group)
    for group, kinds in groupby(by_group, key=lambda kind: kind.group):
        yield f"### {group}\n"
        yield "| | kept | not kept |"
        yield "| --- | --- | --- |"
        for kind in sorted(kinds, key=lambda kind: kind.name.casefold()):
            yield _row(kind)
        yield ""


def _row(kind: TokenKind) -> str:
    return f"| {kind.name} | {_codes(kind.kept)} | {_codes(kind.translated)} |"


def _codes(examples: tuple[str, ...]) -> str:
    return ", ".join(map(_code, examples))


def _code(example: str) -> str:
    """Return an example as code; invisible characters by their numbers."""
    if not example.isprintable():
        return f"U+{ord(example[0]):04X}" if len(example) == 1 else example
    fence = "``" if "`" in example else "`"
    pad = " " if "`" in example else ""
    return f"{fence}{pad}{example}{pad}{fence}".replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(render())
