"""The text values of YAML with their positions. Aliases are not followed, so they cost nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from documents.core.rounds import DocumentError
from documents.localization.paths import join_path
from documents.localization.yaml_scalars import YamlScalar, is_string

CATEGORIES = frozenset(("zero", "one", "two", "few", "many", "other"))
_PROPERTIES = re.compile(r"(?:[&!]\S*+|\s++|#[^\r\n]*+)*+")
_STRING_TAGS = (None, "!", "tag:yaml.org,2002:str")
_COLON = re.compile(r"[ \t]*+:")
_SYMBOL = re.compile(r":[\w.]+")  # of Ruby


@dataclass(frozen=True, slots=True)
class Value:
    """A text value and the path of its names, with dots between them.

    Entries of a list have the path of the list.
    """

    path: str
    scalar: YamlScalar


@dataclass(frozen=True, slots=True)
class Plural:
    """A mapping of plural categories to texts; `column` is that of its names."""

    path: str
    column: int
    forms: dict[str, YamlScalar]


@dataclass(frozen=True, slots=True)
class Root:
    """The one name of a document, if its value is a mapping."""

    name: YamlScalar


@dataclass(slots=True)
class _Level:
    """An open mapping or list, or the document. `key` is the name that waits for its value."""

    is_mapping: bool = False
    path: str = ""
    in_flow: bool = False
    column: int = 0
    is_text: bool = True  # False for what is in a name
    key: YamlScalar | None = None
    is_key_next: bool = True
    keys: int = 0
    forms: dict[str, YamlScalar] = field(default_factory=dict)
    has_simple_keys: bool = True  # not `? name`
    holds_mapping: bool = False  # whether the last collection in it is one


def read_yaml(text: str) -> Iterator[Value | Plural | Root]:
    """Yield the values in order, and plurals and roots after those in them.

    Raise `DocumentError` for invalid YAML.
    """
    reader = _Reader(text)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml it is slow
    try:
        for event in yaml.parse(text, Loader=loader):
            yield from reader.read(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise DocumentError(f"the file is not valid YAML{place}") from None
    except yaml.YAMLError:
        raise DocumentError("the file is not valid YAML: it has a control character") from None


class _Reader:
    """Follows the names while it reads events."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._levels: list[_Level] = []

    def read(self, event: yaml.Event) -> Iterator[Value | Plural | Root]:
        """Read the next event."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._levels = [_Level()]
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            yield from self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._node(None)
        elif isinstance(event, yaml.ScalarEvent):
            yield from self._scalar(event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        parent = self._levels[-1]
        is_name = parent.is_mapping and parent.is_key_next
        parent.holds_mapping = isinstance(event, yaml.MappingStartEvent)
        path = _join(parent)
        self._node(None)
        self._levels.append(
            _Level(
                is_mapping=isinstance(event, yaml.MappingStartEvent),
                path=path,
                in_flow=bool(event.flow_style),
                is_text=parent.is_text and not is_name,
            )
        )

    def _close(self) -> Iterator[Plural | Root]:
        level = self._levels.pop()
        is_plural = level.keys == len(level.forms) and {"one", "other"} <= {*level.forms}
        if is_plural and level.is_text and level.has_simple_keys:
            yield Plural(level.path, level.column, level.forms)
        if len(self._levels) == 1 and level.keys == 1 and level.key and level.holds_mapping:
            yield Root(level.key)

    def _scalar(self, event: yaml.ScalarEvent) -> Iterator[Value]:
        level = self._levels[-1]
        path = _join(level)
        scalar = self._read(event, in_flow=level.in_flow)
        is_value = self._node(scalar)
        if is_value and level.is_text and scalar.is_text:
            yield Value(path, scalar)

    def _node(self, scalar: YamlScalar | None) -> bool:
        """Take a node as a name or as a value; return whether it is a value."""
        level = self._levels[-1]
        if not level.is_mapping:
            return True
        level.is_key_next = not level.is_key_next
        if not level.is_key_next:
            level.keys += 1
            level.key = scalar
            if scalar is not None and level.keys == 1:
                level.column = scalar.column
            if scalar is None or not _COLON.match(self._text, scalar.end):
                level.has_simple_keys = False
            return False
        if level.key and scalar and scalar.is_text and level.key.text in CATEGORIES:
            level.forms[level.key.text] = scalar
        return True

    def _read(self, event: yaml.ScalarEvent, *, in_flow: bool) -> YamlScalar:
        assert event.start_mark is not None, "a parser gives all events marks"
        assert event.end_mark is not None, "a parser gives all events marks"
        start, end = event.start_mark.index, event.end_mark.index
        if event.anchor is not None or event.tag is not None:
            properties = _PROPERTIES.match(self._text, start, end)
            start = properties.end() if properties else start
        is_text = event.tag in _STRING_TAGS and not (
            not event.style
            and event.tag is None
            and (not is_string(event.value) or _SYMBOL.fullmatch(event.value))
        )
        style = event.style or ""
        column = event.start_mark.column
        return YamlScalar(start, end, event.value, style, is_text, in_flow, column)


def _join(level: _Level) -> str:
    """Return the path of the next value of a level."""
    if not level.is_mapping or level.key is None:
        return level.path
    return join_path(level.path, level.key.text)
