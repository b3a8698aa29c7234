"""Character references: characters of a translation are written as they were in the source."""

import html
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial

from documents.core.spans import Item, Output, Text

ESCAPE_MARKUP = partial(html.escape, quote=False)


class ReferenceWriter:
    """Writes texts of one block: the nth occurrence of a character as the nth one in the source."""

    def __init__(self, items: Iterable[Item], escape: Callable[[str], str] = ESCAPE_MARKUP) -> None:
        self._escape = escape  # of a character without a form in the source
        self._forms: dict[str, list[str]] = defaultdict(list)
        self._used: dict[str, int] = defaultdict(int)
        texts = [item for item in items if isinstance(item, Text)]
        referenced = {
            text.plain
            for text in texts
            if text.source != text.plain and len(text.plain) == 1 and text.plain != " "
        }
        for text in texts:
            for character in text.plain:
                if character in referenced:
                    is_reference = text.plain == character
                    form = text.source if is_reference else self._escape(character)
                    self._forms[character].append(form)

    def write(self, output: Output) -> str:
        """Return the source of an item, and new text with references."""
        if isinstance(output, str):
            return "".join(map(self._next_form, output))
        if isinstance(output, Text):
            for character in output.plain:
                self._next_form(character)
        return output.source

    def _next_form(self, character: str) -> str:
        forms = self._forms.get(character)
        if forms is None:
            return self._escape(character)
        number = self._used[character]
        self._used[character] += 1
        return forms[min(number, len(forms) - 1)]
