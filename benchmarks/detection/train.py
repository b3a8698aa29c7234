"""Trains the n-gram model of `translator/text/ngrams.npz`.

pip install wordfreq==3.1.1
python -m benchmarks.detection.train NTREX/NTREX-128
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.detection.corpora import Texts, cut, ntrex, tatoeba, word_list
from training.corpus import LANGUAGES as BUNDLED
from translator.models import scripts
from translator.text.ngrams import MODEL, buckets_of
from translator.text.words import words_of

BITS = 15
WIDTH = 28  # with 15 bits, the file has less than a megabyte
_EXAMPLES = 8_000  # of each language
_TIMES_BUNDLED = 4  # as many of the bundled model's languages, for which there is more text
_SHARE_OF_LIST = 0.45  # of the examples, if there is a word list
_FLATTENING = 0.5  # words are drawn by this power of their frequency, so that rare ones occur
_LIST = 40_000  # words; rarer ones are often names and words of other languages
_LENGTHS = ((1, 1), (2, 3), (4, 8))  # words of an example, equally often
_BATCH, _EPOCHS, _RATE = 2_048, 6, 0.03
_SEED = 1

Example = tuple[int, NDArray[np.uint32]]


def main() -> None:
    """Train, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ntrex", type=Path, help="the folder NTREX-128 of NTREX's repository")
    parser.add_argument("--output", type=Path, default=MODEL)
    arguments = parser.parse_args()
    torch.manual_seed(_SEED)
    texts = _texts(arguments.ntrex)
    languages = sorted(texts)
    examples = [
        (index, buckets_of([text], BITS))
        for index, language in enumerate(languages)
        for text in _examples(language, texts[language])
    ]
    print(f"{len(examples):,} examples of {len(languages)} languages", flush=True)
    table, projection, bias = _train(examples, len(languages))
    _write(arguments.output, languages, table, projection, bias)


def _texts(folder: Path) -> Texts:
    """Return training sentences of the languages that share their script with another one."""
    texts = ntrex(folder, "train")
    for language, sentences in tatoeba("train").items():
        draw = random.Random(_SEED)
        texts[language] += draw.sample(sentences, min(len(sentences), 20_000))
    return {
        language: sentences
        for language, sentences in texts.items()
        if any(
            other != language and scripts.uses(other, scripts.script_of("".join(sentences[:50])))
            for other in texts
        )
    }


def _examples(language: str, sentences: list[str]) -> Iterator[str]:
    draw = random.Random(f"{_SEED} {language}")
    count = _EXAMPLES * (_TIMES_BUNDLED if language in BUNDLED else 1)
    listed = word_list(language, _LIST)
    from_list = round(count * _SHARE_OF_LIST) if listed else 0
    if listed:
        words, frequencies = zip(*listed, strict=True)
        yield from draw.choices(words, [f**_FLATTENING for f in frequencies], k=from_list)
    words_of_sentences = list(map(words_of, sentences))
    for i in range(count - from_list):
        text = cut(draw.choice(words_of_sentences), *_LENGTHS[i % len(_LENGTHS)], draw)
        if text:
            yield text


def _train(
    examples: list[Example], languages: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    vectors = torch.nn.EmbeddingBag(2**BITS, WIDTH, mode="mean")
    torch.nn.init.uniform_(vectors.weight, -1 / WIDTH, 1 / WIDTH)
    output = torch.nn.Linear(WIDTH, languages)
    optimizer = torch.optim.Adam([*vectors.parameters(), *output.parameters()], lr=_RATE)
    batches = -(-len(examples) // _BATCH) * _EPOCHS
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, batches)
    draw = random.Random(_SEED)
    for epoch in range(_EPOCHS):
        draw.shuffle(examples)
        total = 0.0
        for start in range(0, len(examples), _BATCH):
            batch = examples[start : start + _BATCH]
            ids = torch.from_numpy(np.concatenate([ids for _, ids in batch]).astype(np.int64))
            lengths = torch.tensor([0, *(len(ids) for _, ids in batch)])
            labels = torch.tensor([label for label, _ in batch])
            scores = output(vectors(ids, lengths.cumsum(0)[:-1]))
            loss = torch.nn.functional.cross_entropy(scores, labels)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(examples):.3f}", flush=True)
    return (
        vectors.weight.detach().numpy(),
        output.weight.detach().numpy(),
        output.bias.detach().numpy(),
    )


def _write(
    file: Path,
    languages: list[str],
    table: NDArray[np.float32],
    projection: NDArray[np.float32],
    bias: NDArray[np.float32],
) -> None:
    """Write the model with 8-bit vectors: each dimension scaled to its largest values."""
    scale = np.quantile(np.abs(table), 0.9995, axis=0) / 127
    np.savez_compressed(
        file,
        languages=np.array(languages),
        table=np.clip(np.rint(table / scale), -127, 127).astype(np.int8),
        projection=(projection * scale).T.astype(np.float16),
        bias=bias.astype(np.float16),
    )
    print(f"{file}: {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
