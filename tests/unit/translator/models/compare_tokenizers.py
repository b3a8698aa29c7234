"""`python -m tests.unit.translator.models.compare_tokenizers`: our tokenizers beside transformers'.

Prints how many of 50,000 mixed lines get other ids; the suite compares fewer lines.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from transformers import M2M100Tokenizer, NllbTokenizer

from tests.unit.translator.families import make_nllb_tokenizer
from tests.unit.translator.models.lines import mixed_lines
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer

_LINES = 50_000


def differing_m2m100(lines: Sequence[str]) -> list[str]:
    """Return the lines with other ids than M2M100Tokenizer's."""
    return _differing(lines, BUNDLED_FOLDER, M2M100Tokenizer.from_pretrained(BUNDLED_FOLDER), "en")


def differing_nllb(lines: Sequence[str]) -> list[str]:
    """Return the lines with other ids than NllbTokenizer's, which is NllbTokenizerFast."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "nllb"
        make_nllb_tokenizer(folder)
        return _differing(lines, folder, NllbTokenizer.from_pretrained(folder), "fra_Latn")


COMPARISONS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "M2M100Tokenizer": differing_m2m100,
    "NllbTokenizerFast": differing_nllb,
}


def _differing(
    lines: Sequence[str],
    folder: Path,
    theirs: M2M100Tokenizer | NllbTokenizer,
    language: str,
) -> list[str]:
    ours = Tokenizer(folder)
    theirs.src_lang = language
    pairs = zip(lines, theirs(list(lines)).input_ids, strict=True)
    return [line for line, ids in pairs if ours.encode(line, language) != ids]


if __name__ == "__main__":
    drawn = mixed_lines(_LINES)
    for name, differing in COMPARISONS.items():
        sys.stdout.write(f"{name}: {len(differing(drawn))} of {len(drawn)} lines differ\n")
