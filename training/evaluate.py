"""BLEU and chrF of a checkpoint on every test set, by domain and direction."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from tqdm import tqdm

from training.corpus import PIVOT, Direction
from training.heldout import TestSet
from translator import Translator, TranslatorConfig

_RESAMPLES = 300  # of the bootstrap for the intervals


@dataclass(frozen=True)
class Score:
    """sacreBLEU's BLEU and chrF (0-100) over `sentences`; `interval` is ± at 95 %, for BLEU."""

    bleu: float
    interval: float
    chrf: float
    sentences: int

    def __str__(self) -> str:
        return f"BLEU {self.bleu:5.1f} ± {self.interval:.1f}  chrF {self.chrf:5.1f}"


Scores = Mapping[Direction, Score]


def evaluate(model: str, engine: str, sets: Iterable[TestSet]) -> dict[str, dict[Direction, Score]]:
    """Translate every set in all its directions; return scores by set and direction."""
    translator = Translator(TranslatorConfig(model=model, engine=engine))
    results: dict[str, dict[Direction, Score]] = {}
    for test in sets:
        results[test.name] = {}
        for direction, sentences in tqdm(test.references.items(), desc=test.name):
            count = len(sentences)
            source, target = ([language] * count for language in direction)
            outputs = translator.batch(list(sentences), source, target)
            results[test.name][direction] = score(outputs, list(sentences.values()))
    return results


def score(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """Score outputs, each against any number of references."""
    streams = [list(stream) for stream in itertools.zip_longest(*references)]
    bleu = BLEU().corpus_score(outputs, streams, n_bootstrap=_RESAMPLES)
    chrf = CHRF().corpus_score(outputs, streams)
    return Score(bleu.score, bleu._ci, chrf.score, len(outputs))


def signatures() -> str:
    """Return sacreBLEU's signatures of the two metrics, with its version and the bootstrap."""
    example = [["a", "b"]]
    bleu, chrf = BLEU(), CHRF()
    bleu.corpus_score(example[0], example, n_bootstrap=_RESAMPLES)
    chrf.corpus_score(example[0], example)
    return f"BLEU {bleu.get_signature()}, chrF {chrf.get_signature()}"


def mean(scores: Iterable[Score]) -> Score:
    """Return the mean over directions; the interval assumes independent samples."""
    found = list(scores)
    return Score(
        sum(one.bleu for one in found) / len(found),
        math.sqrt(sum(one.interval**2 for one in found)) / len(found),
        sum(one.chrf for one in found) / len(found),
        sum(one.sentences for one in found),
    )


def domain_means(results: Mapping[str, Scores]) -> dict[str, Score]:
    """Return the mean of each set; directions without English form a separate domain."""
    means: dict[str, Score] = {}
    for name, scores in results.items():
        with_english = [s for direction, s in scores.items() if PIVOT in direction]
        without = [s for direction, s in scores.items() if PIVOT not in direction]
        means[name] = mean(with_english)
        if without:
            means[f"{name}, without English"] = mean(without)
    return means
