"""How often the detector is right, how honest its confidences are, and how long it takes.

    python -m benchmarks.detection [--ntrex NTREX/NTREX-128] [--output docs/benchmarks/detection.md]

Its peer in the same run is fastText's small model alone.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from benchmarks.detection.corpora import ntrex, tatoeba
from benchmarks.detection.samples import KINDS, Sample, samples
from training.corpus import LANGUAGES as BUNDLED
from translator.models.languages import M2M100_CODES
from translator.text.detection import Detection, Detector
from translator.text.fasttext_model import FasttextModel

BINS = (0.0, 0.5, 0.7, 0.9, 0.97, 1.01)  # limits of confidences; the last is above all of them
_TATOEBA, _NTREX = 1_000, 200  # samples of each language and kind
_REPEATS = 3  # the fastest counts: the machine may be busy

Detect = Callable[[str], Detection]


def main() -> None:
    """Measure, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ntrex", type=Path, help="the folder NTREX-128 of NTREX's repository")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    own = samples(tatoeba("test"), _TATOEBA)
    sections = [("Tatoeba's test sentences, five languages served", BUNDLED, own)]
    sections.append(("The same, 100 languages served", M2M100_CODES, own))
    if arguments.ntrex:
        wide = samples(ntrex(arguments.ntrex, "test"), _NTREX)
        count = len({sample.language for sample in wide})
        title = f"NTREX's test lines in {count} languages, 100 languages served"
        sections.append((title, M2M100_CODES, wide))
    command = "python -m benchmarks.detection" + " --ntrex NTREX/NTREX-128" * bool(arguments.ntrex)
    text = "\n".join(_document(command, sections)) + "\n"
    if arguments.output:
        arguments.output.write_text(text, "utf-8")
    else:
        print(text, end="")


def _document(
    command: str, sections: Sequence[tuple[str, Sequence[str], list[Sample]]]
) -> Iterator[str]:
    yield "# Language detection\n"
    yield f"`{command}`, {datetime.now(UTC):%Y-%m-%d}. What the columns mean, and how the detector"
    yield "works, is in [detection.md](../detection.md). Before: fastText's small model alone."
    yield f"Times are the fastest of {_REPEATS} passes, in one thread."
    for title, languages, chosen in sections:
        detector = Detector(languages)
        peer = _fasttext_alone(languages)
        yield f"\n## {title}\n"
        yield from _table(chosen, {"before": peer, "now": lambda text: detector.detect(text)[0]})  # noqa: B023


def _table(chosen: list[Sample], detectors: dict[str, Detect]) -> Iterator[str]:
    limits = [f"{low:.0%}–{min(high, 1):.0%}" for low, high in pairwise(BINS)]
    yield "| | | texts | right | error of confidence | µs a text | " + " | ".join(limits) + " |"
    yield "| --- | --- |" + " ---: |" * (4 + len(limits))
    for kind in KINDS:
        texts = [sample for sample in chosen if sample.kind == kind]
        for name, detect in detectors.items():
            yield _row(kind, name, texts, detect)


def _row(kind: str, name: str, chosen: list[Sample], detect: Detect) -> str:
    answers = [detect(sample.text) for sample in chosen]
    results = [
        (answer.confidence, answer.language == sample.language)
        for answer, sample in zip(answers, chosen, strict=True)
    ]
    right = sum(is_right for _, is_right in results) / len(results)
    cells = [f"{len(results):,}", f"{right:.1%}", f"{calibration_error(results):.1%}"]
    cells.append(f"{_microseconds(chosen, detect):.0f}")
    for low, high in pairwise(BINS):
        inside = [is_right for confidence, is_right in results if low <= confidence < high]
        share = len(inside) / len(results)
        cells.append(f"{sum(inside) / len(inside):.1%} of {share:.0%}" if inside else "–")
    return f"| {kind} | {name} | " + " | ".join(cells) + " |"


def calibration_error(results: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Return how far confidences are from the shares that are right, on average over the texts.

    It is the expected calibration error over bins of equal width (Guo et al., 2017).
    """
    error = 0.0
    for i in range(bins):
        inside = [pair for pair in results if min(int(pair[0] * bins), bins - 1) == i]
        error += abs(sum(right - confidence for confidence, right in inside))
    return error / len(results)


def _microseconds(chosen: list[Sample], detect: Detect) -> float:
    texts = [sample.text for sample in chosen[:: max(1, len(chosen) // 300)]]
    best = float("inf")
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        for text in texts:
            detect(text)
        best = min(best, time.perf_counter() - begun)
    return best / len(texts) * 1e6


def _fasttext_alone(languages: Sequence[str]) -> Detect:
    """Return what version 0.2 did: fastText's probabilities, normalised over the languages."""
    model = FasttextModel()
    places = {each: model.languages.index(each) for each in languages if each in model.languages}

    def detect(text: str) -> Detection:
        found = model.probabilities(text.lower() if text.isupper() else text)
        if found is None:
            return Detection("en", 0.0)
        scores = {language: float(found[place]) for language, place in places.items()}
        mass = sum(scores.values())
        best = max(scores, key=scores.__getitem__)
        return Detection(best, scores[best] / mass) if mass >= 0.01 else Detection("en", 0.0)

    return detect


if __name__ == "__main__":
    main()
