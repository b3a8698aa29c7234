"""One SentencePiece vocabulary for all languages, laid out as M2M100Tokenizer wants it."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

# M2M100Tokenizer appends 100 language tokens and 8 unused ones to these entries: 8,192 in all.
ENTRIES = 8_084
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
MODEL_FILE = "sentencepiece.bpe.model"
VOCABULARY_FILE = "vocab.json"


def train_vocabulary(sentences: Iterable[str], folder: Path) -> None:
    """Write `sentencepiece.bpe.model` and `vocab.json` (piece → id) to `folder`.

    Byte pieces stand in for characters that the corpus lacks, so that no text is lost to `<unk>`;
    digits are pieces of their own, so that numbers are copied rather than remembered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own_specials = 3  # SentencePiece's <unk>, <s> and </s>, which have other ids in M2M100
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_prefix=str(folder / MODEL_FILE.removesuffix(".model")),
        model_type="bpe",
        vocab_size=ENTRIES - len(SPECIALS) + own_specials,
        character_coverage=0.9998,
        byte_fallback=True,
        split_digits=True,
        num_threads=1,
        minloglevel=1,
    )
    (folder / MODEL_FILE.replace(".model", ".vocab")).unlink()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / MODEL_FILE))
    pieces = [processor.id_to_piece(i) for i in range(own_specials, len(processor))]
    vocabulary = {piece: i for i, piece in enumerate([*SPECIALS, *pieces])}
    text = json.dumps(vocabulary, ensure_ascii=False, indent=0)
    (folder / VOCABULARY_FILE).write_text(text + "\n", encoding="utf-8")


def copy_vocabulary(source: Path, folder: Path) -> None:
    """Copy both files from a checkpoint folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MODEL_FILE, VOCABULARY_FILE):
        shutil.copyfile(source / name, folder / name)
