"""String literals of PHP: reads their text, and writes a translation so that nothing can be run."""

import re
from dataclasses import dataclass

STRING = r"""'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+\""""
_VARIABLE = r"\{\$[^{}]*+\}|\$\{[^{}]*+\}|\$[^\W\d]\w*+(?:\[[^\[\]]*+\]|->[^\W\d]\w*+)?"
_SIMPLE_VARIABLE = re.compile(r"\{\$\w+\}|\$\w+")
_DOUBLE = re.compile(
    rf"""(?P<variable>{_VARIABLE})|\\(?:u\{{(?P<unicode>[0-9a-fA-F]{{1,6}})\}}
    |x(?P<hexadecimal>[0-9a-fA-F]{{1,2}})|(?P<octal>[0-7]{{1,3}})|(?P<character>.))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f"}
_CONTINUES_NAME = re.compile(r"[\w\[]|->|[^\0-\x7f]")
_PLAIN = re.compile(r"\$\w")  # without braces, so that what follows may be part of the name
_KEPT = frozenset('\\$"')
_WRITTEN = str.maketrans({char: f"\\{name}" for name, char in _ESCAPED.items() if name not in "nt"})
_UNSENDABLE = "\ud800"  # so that a text with bytes that are no character is not translated


@dataclass(frozen=True, slots=True)
class PhpText:
    """A text of one or more literals. `variables` maps what stands for a variable to its source."""

    source: str
    text: str
    variables: dict[str, str]

    def write(self, translation: str) -> str:
        """Return the literal of a translation; the source if it lacks a variable, or adds one."""
        if any(translation.count(name) != self.text.count(name) for name in self.variables):
            return self.source
        if not self.variables and self.source[0] == "'":
            return "'" + re.sub(r"\\(?=[\\']|\Z)|'", r"\\\g<0>", translation) + "'"
        names = "|".join(map(re.escape, sorted(self.variables, key=len, reverse=True)))
        parts = re.split(f"({names})", translation) if names else [translation]
        for i, part in enumerate(parts):
            if i % 2 == 0:
                parts[i] = self._escape(part)
            elif _CONTINUES_NAME.match(parts[i + 1]) and _PLAIN.match(self.variables[part]):
                parts[i] = f"{{{self.variables[part]}}}"
            else:
                parts[i] = self.variables[part]
        return f'"{"".join(parts)}"'

    def _escape(self, text: str) -> str:
        escaped = re.sub(r'[\\"$]', r"\\\g<0>", text).translate(_WRITTEN)
        for name in "nt":
            if f"\\{name}" in self.source:
                escaped = escaped.replace(_ESCAPED[name], f"\\{name}")
        return escaped


def read_literals(literals: list[str], source: str) -> PhpText:
    """Read literals that are joined; `source` is all of them with what is between."""
    reader = _Reader()
    text = "".join(
        re.sub(r"\\([\\'])", r"\1", literal[1:-1])
        if literal[0] == "'"
        else _DOUBLE.sub(reader.replace, literal[1:-1])
        for literal in literals
    )
    is_ambiguous = any(text.count(name) != n for name, n in reader.counts.items())
    return PhpText(source, text + _UNSENDABLE if is_ambiguous else text, reader.variables)


class _Reader:
    """Reads escapes, and gives variables that are not plain names a number."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.counts: dict[str, int] = {}

    def replace(self, match: re.Match[str]) -> str:
        """Return the text of a variable or an escape."""
        if match["variable"]:
            return self._variable(match["variable"])
        if match["unicode"]:
            code = int(match["unicode"], 16)
            return chr(code) if code <= 0x10FFFF else _UNSENDABLE
        if match["character"]:
            name = match["character"]
            return name if name in _KEPT else _ESCAPED.get(name, match[0])
        code = int(match["hexadecimal"], 16) if match["hexadecimal"] else int(match["octal"], 8)
        return chr(code) if code < 0x80 else _UNSENDABLE

    def _variable(self, source: str) -> str:
        name = source if _SIMPLE_VARIABLE.fullmatch(source) else f"{{{len(self.variables)}}}"
        self.variables[name] = source
        self.counts[name] = self.counts.get(name, 0) + 1
        return name
