"""What the documentation shows as translated, so that other weights may word it in another way.

In an output, each translation below stands for what the model at hand makes of its source; all else
must be printed as it is shown.
"""

import json
import re
from collections.abc import Callable, Collection

Source = tuple[str, str]  # a text, its language
# Tells the translations of a text, from a language to a language, that a model may give.
Answers = Callable[[str, str, str], Collection[str]]

# By target language and what is shown: of what it is a translation, in one place or another.
SENTENCES: dict[str, dict[str, list[Source]]] = {
    "de": {
        "Wo ist der Bahnhof?": [("Where is the station?", "en")],
        "Guten Morgen.": [("Good morning.", "en")],
        "Guten Morgen": [("Good morning", "en")],
        "Danke.": [("Thank you.", "en"), ("Gracias.", "es")],
        "Bitte schließen Sie die Tür.": [("Please close the door.", "en")],
        "Ich hätte gern eine Tasse Tee, bitte.": [("I would like a cup of tea, please.", "en")],
        "Der Garten": [("The garden", "en")],
    },
    "es": {
        "Gracias.": [("Thank you.", "en")],
        "¿Dónde está la estación?": [("Where is the station?", "en")],
    },
    "fr": {
        "Bonjour.": [("Good morning.", "en")],
        "Merci.": [("Thank you.", "en")],
        "Merci pour votre aide.": [("Thank you for your help.", "en")],
        "Où est la gare ?": [("Where is the station?", "en"), ("Wo ist der Bahnhof?", "de")],
    },
    "nl": {"Waar is het station?": [("Where is the station?", "en")]},
}
# With marks or terms inside, which must be where the model puts their words: `~` is any words.
MARKED = {
    "<p>Das ist ein <b>rotes</b> Haus. …<span": "<p>~<b>~</b>~<span",
    "Das *rote* Haus ist alt.": "~*~*~",
    "Wo ist der GPU-Pool?": "~GPU-Pool~",
}


class Wording:
    """Makes patterns of what is shown, in which other translations are as good."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._sources: dict[str, list[tuple[str, str, str]]] = {}
        for target, sentences in SENTENCES.items():
            for shown, sources in sentences.items():
                known = self._sources.setdefault(squeezed(shown), [])
                known += [(text, source, target) for text, source in sources]
        self._marked = {squeezed(shown): pattern for shown, pattern in MARKED.items()}
        # Of two that begin alike, the longer one.
        parts = sorted(["…", *self._sources, *self._marked], key=len, reverse=True)
        part = "|".join(map(re.escape, parts))
        self._part = re.compile(rf"(?P<quote>['\"])(?P<quoted>{part})(?P=quote)|(?P<bare>{part})")

    def pattern(self, shown: str) -> str:
        """Return a regular expression of what may be printed for `shown`; both without blanks."""
        text, position, pattern = squeezed(shown), 0, ""
        for match in self._part.finditer(text):
            pattern += re.escape(text[position : match.start()])
            pattern += self._for_part(match["quoted"] or match["bare"], match["quote"] or "")
            position = match.end()
        return pattern + re.escape(text[position:])

    def _for_part(self, part: str, quote: str) -> str:
        if part == "…":
            return f"{quote}.*{quote}"
        if part in self._marked:
            words = re.escape(self._marked[part]).replace(r"\~", "~").replace("~", "[^<>*]+")
            return f"{quote}{words}{quote}"
        forms = {
            form
            for source in self._sources[part]
            for answer in self._answers(*source)
            for form in _forms(answer, quote)
        }
        return f"(?:{'|'.join(re.escape(squeezed(form)) for form in sorted(forms))})"


def _forms(answer: str, quote: str) -> tuple[str, ...]:
    """Return how an answer is printed: as it is, in JSON, by Python."""
    in_json = json.dumps(answer, ensure_ascii=False)
    return (repr(answer), in_json) if quote else (answer, in_json[1:-1])


def squeezed(text: str) -> str:
    """Return a text without its blanks: long lines are folded in the documentation."""
    return re.sub(r"\s+", "", text)
