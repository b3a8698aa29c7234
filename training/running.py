"""Setting up a run: its vocabulary, its data, its weights, its trainer."""

import gzip
from collections import Counter, defaultdict
from pathlib import Path

import torch
from transformers import M2M100ForConditionalGeneration

from training.corpus import OTHERS, read_pairs
from training.facts import read_runs, write_runs
from training.gathering import gather
from training.mixture import Mixture
from training.prepare import COUNTS_FILE, VALIDATION, prepare
from training.reading import Files
from training.settings import THREADS, Settings
from training.shape import Shape, grow, respell
from training.state import CHECKPOINT_FILE
from training.store import read_parts
from training.trainer import Trainer, validation_batches
from training.vocabulary import (
    VOCABULARY_FILE,
    copy_vocabulary,
    count_words,
    extend_vocabulary,
)
from translator.engines.loading import load_model
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer

# Weights of the domains' words when the vocabulary is extended.
_WORD_SHARES = {"everyday": 0.2, "documentation": 0.3, "interface": 0.25, "prose": 0.25}
START_FOLDER = "start"  # in a run's folder: the record of the weights it started from
_RARE = 3  # rarer words of a domain are not counted


def prepare_data(settings: Settings) -> None:
    """Gather, clean and encode all text, with a vocabulary of the size in the settings."""
    files = gather(settings.sources, settings.folder / "sources")
    if not (settings.vocabulary / VOCABULARY_FILE).exists():
        missing = settings.entries - Tokenizer(BUNDLED_FOLDER).size
        if missing > 0:
            extend_vocabulary(BUNDLED_FOLDER, _word_weights(files), missing, settings.vocabulary)
        else:
            copy_vocabulary(BUNDLED_FOLDER, settings.vocabulary)
    prepare(Tokenizer(settings.vocabulary), files, settings.data)


def open_trainer(settings: Settings) -> Trainer:
    """Return a trainer that continues from the folder's checkpoint, else from the start weights.

    Prepares the data if there are none.
    """
    if not (settings.data / COUNTS_FILE).exists():
        prepare_data(settings)
    tokenizer = Tokenizer(settings.vocabulary)
    torch.manual_seed(settings.schedule.seed)
    model = None
    if not (settings.folder / CHECKPOINT_FILE).exists():
        model = first_weights(settings, tokenizer, settings.shape)
        start = settings.folder / START_FOLDER
        start.mkdir(exist_ok=True)
        write_runs(start, read_runs(settings.start))
    return Trainer(
        model,
        Mixture(read_parts(settings.data), tokenizer.pad, tokenizer.eos),
        validation_batches(settings.data / VALIDATION, tokenizer.pad, tokenizer.eos),
        settings.schedule,
        settings.folder,
        torch.device(settings.device),
        threads=THREADS if settings.device == "cpu" else 1,
    )


def first_weights(
    settings: Settings, tokenizer: Tokenizer, shape: Shape
) -> M2M100ForConditionalGeneration:
    """Return a run's start weights, in the given shape and with the run's vocabulary."""
    model = load_model(settings.start, torch.float32)
    old = Tokenizer(settings.start)
    if old.size != tokenizer.size:
        model = respell(model, old, tokenizer)
    return grow(model, shape)


def _word_weights(files: Files) -> dict[str, float]:
    """Return the weight of each word; those of a domain add up to its share."""
    texts: dict[str, list[Path]] = defaultdict(list)
    for source, by_language in files.items():
        texts[source.domain] += by_language.values()
    weights: dict[str, float] = defaultdict(float)
    for domain, share in _WORD_SHARES.items():
        counts: Counter[str] = Counter()
        if domain == "everyday":
            for language in OTHERS:
                counts += count_words(side for p in read_pairs("train", language) for side in p)
        for path in texts[domain]:
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                counts += count_words(lines)
        total = sum(counts.values())
        for word, count in counts.items():
            if count >= _RARE:
                weights[word] += share * count / total
    return weights
