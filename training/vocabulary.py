"""The SentencePiece vocabulary in M2M100Tokenizer's layout, and adding pieces to it."""

import heapq
import json
import re
import shutil
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

MODEL_FILE = "sentencepiece.bpe.model"
VOCABULARY_FILE = "vocab.json"
_LETTERS = re.compile(r"▁?[^\W\d_]+")

Word = tuple[str, ...]  # the pieces that spell it
Pair = tuple[str, str]


def copy_vocabulary(source: Path, folder: Path) -> None:
    """Copy both files from a checkpoint folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MODEL_FILE, VOCABULARY_FILE):
        shutil.copyfile(source / name, folder / name)


def extend_vocabulary(
    source: Path, counts: Mapping[str, float], pieces: int, folder: Path
) -> list[str]:
    """Write the vocabulary of the folder `source` with `pieces` more pieces; return the new ones.

    `counts` has the weights of words. New pieces are merged from existing ones, the most frequent
    pair first (Sennrich, Haddow and Birch, 2016), and rank below all existing ones: text is split
    as before, and then merged further. So a new piece always stands for the same sequence of old
    ones.
    """
    import sentencepiece  # not needed for copying files, which is all that a GPU machine does

    copy_vocabulary(source, folder)
    path = folder / MODEL_FILE
    processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
    words = {tuple(processor.encode(word, out_type=str)): n for word, n in counts.items()}
    known = {processor.id_to_piece(i) for i in range(len(processor))}
    joined = _join(words, known, pieces)
    lowest = min(processor.get_score(i) for i in range(len(processor)))
    # Protocol buffer messages are merged by concatenating their bytes.
    with path.open("ab") as model:
        for rank, piece in enumerate(joined, 1):
            model.write(_entry(piece, lowest - rank))
    vocabulary = json.loads((folder / VOCABULARY_FILE).read_text(encoding="utf-8"))
    vocabulary |= {piece: len(vocabulary) + i for i, piece in enumerate(joined)}
    text = json.dumps(vocabulary, ensure_ascii=False, indent=0)
    (folder / VOCABULARY_FILE).write_text(text + "\n", encoding="utf-8")
    return joined


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Count the words of texts that consist of letters, without adjacent punctuation."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(re.findall(r"[^\W\d_]+", text))
    return counts


def _join(words: Mapping[Word, float], known: set[str], pieces: int) -> list[str]:
    """Return the pieces made by repeatedly merging the heaviest pair."""
    spellings = _Spellings(words)
    heap = [(-weight, pair) for pair, weight in spellings.weights.items()]
    heapq.heapify(heap)
    joined: list[str] = []
    while heap and len(joined) < pieces:
        weight, pair = heapq.heappop(heap)
        if -weight != spellings.weights[pair]:  # outdated; pushed again with its new weight
            continue
        piece = "".join(pair)
        if piece not in known:
            if not _LETTERS.fullmatch(piece):
                continue
            joined.append(piece)
            known.add(piece)
        for changed in spellings.join(pair):
            heapq.heappush(heap, (-spellings.weights[changed], changed))
    return joined


class _Spellings:
    """Words as pieces, and the total weight of each pair of adjacent pieces."""

    def __init__(self, words: Mapping[Word, float]) -> None:
        self._words = list(words)
        self._weights = list(words.values())
        self._where: dict[Pair, set[int]] = defaultdict(set)
        self.weights: dict[Pair, float] = defaultdict(float)
        for index in range(len(self._words)):
            self._count(index, 1)

    def join(self, pair: Pair) -> set[Pair]:
        """Merge a pair into one piece in all words; return the pairs whose weight changed."""
        changed: set[Pair] = set()
        for index in list(self._where[pair]):
            changed |= self._count(index, -1)
            self._words[index] = _merged(self._words[index], pair)
            changed |= self._count(index, 1)
        return {other for other in changed - {pair} if self._where[other]}

    def _count(self, index: int, sign: int) -> set[Pair]:
        pairs = set(pairwise(self._words[index]))
        for pair in pairwise(self._words[index]):
            self.weights[pair] += sign * self._weights[index]
        for pair in pairs:
            (self._where[pair].add if sign > 0 else self._where[pair].discard)(index)
        return pairs


def _merged(word: Word, pair: Pair) -> Word:
    merged: list[str] = []
    position = 0
    while position < len(word):
        if word[position : position + 2] == pair:
            merged.append("".join(pair))
            position += 2
        else:
            merged.append(word[position])
            position += 1
    return tuple(merged)


def _entry(piece: str, score: float) -> bytes:
    """Return a `SentencePiece` message as field 1 of a `ModelProto`.

    From sentencepiece_model.proto: piece is field 1, a string; score is field 2, a float.
    """
    text = piece.encode()
    message = b"\x0a" + _size(len(text)) + text + b"\x15" + struct.pack("<f", score)
    return b"\x0a" + _size(len(message)) + message


def _size(value: int) -> bytes:
    """Encode a number as a varint."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
