"""Small files of fastText, for tests of what detects languages."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

MAGIC, VERSION = 793712314, 12
SUPERVISED, SKIPGRAM = 3, 2
_SOFTMAX = 3
_SURE = 20.0  # what a word says about its label


def write_classifier(
    file: Path, words: Mapping[str, Sequence[str]], *, model: int = SUPERVISED
) -> Path:
    """Write a classifier that tells labels, such as `eng_Latn`, apart by whole words.

    Each label has a dimension, in which its words are far from zero.
    """
    labels, size = list(words), len(words)
    vectors = [[0.0] * size]  # of the end of a line
    entries = [("</s>", 1, 0)]
    for place, label in enumerate(labels):
        for word in words[label]:
            vectors.append([_SURE * (place == other) for other in range(size)])
            entries.append((word, 1, 0))
    entries += [(f"__label__{label}", 1, 1) for label in labels]
    arguments = (size, 5, 1, 1, 5, 1, _SOFTMAX, model, 0, 0, 0, 100)
    content = struct.pack("<ii12id", MAGIC, VERSION, *arguments, 0.0)
    content += struct.pack("<iiiqq", len(entries), len(vectors), size, len(entries), -1)
    for name, count, kind in entries:
        content += name.encode() + b"\0" + struct.pack("<qb", count, kind)
    unit = [[float(place == other) for other in range(size)] for place in range(size)]
    for matrix in (vectors, unit):
        content += struct.pack("<?qq", False, len(matrix), size)
        content += b"".join(struct.pack(f"<{size}f", *row) for row in matrix)
    file.write_bytes(content)
    return file
