"""BLEU and chrF of a checkpoint on the test split, direction by direction."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sacrebleu
from tqdm import tqdm

from training.corpus import CORPUS, PIVOT, Direction, read_references
from translator import Translator, TranslatorConfig


@dataclass(frozen=True)
class Score:
    """sacreBLEU's BLEU and chrF (0-100) over `sentences` distinct source sentences."""

    bleu: float
    chrf: float
    sentences: int


def evaluate(model: str, engine: str, corpus: Path = CORPUS) -> dict[Direction, Score]:
    """Translate the test split in every direction and score it against all its references."""
    translator = Translator(TranslatorConfig(model=model, engine=engine))
    scores = {}
    for direction, sentences in tqdm(read_references("test", corpus).items(), unit="direction"):
        source, target = direction
        count = len(sentences)
        outputs = translator.batch(list(sentences), [source] * count, [target] * count)
        scores[direction] = score(outputs, list(sentences.values()))
    return scores


def score(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> Score:
    """Score outputs, each against any number of references."""
    streams = [list(stream) for stream in itertools.zip_longest(*references)]
    return Score(
        sacrebleu.corpus_bleu(outputs, streams).score,
        sacrebleu.corpus_chrf(outputs, streams).score,
        len(outputs),
    )


def means(scores: Mapping[Direction, Score]) -> dict[str, Score]:
    """Return the mean scores of the directions with English and of those without."""
    groups: dict[str, list[Score]] = {"with English": [], "without English": []}
    for direction, result in scores.items():
        groups["with English" if PIVOT in direction else "without English"].append(result)
    return {
        name: Score(
            sum(s.bleu for s in group) / len(group),
            sum(s.chrf for s in group) / len(group),
            sum(s.sentences for s in group),
        )
        for name, group in groups.items()
    }
