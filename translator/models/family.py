"""The model families with M2M100's architecture, and what differs between them.

Sources: the tokenizers of transformers (`models/m2m_100`, `models/nllb`) and of SMaLL-100
(`tokenization_small100.py` in `alirezamsh/small100`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from translator.errors import CheckpointError
from translator.models.flores import FLORES_CODES
from translator.models.json_files import read_json
from translator.models.languages import M2M100_CODES

SENTENCEPIECE_FILE = "sentencepiece.bpe.model"
VOCABULARY_FILE = "vocab.json"
TOKENIZER_FILE = "tokenizer.json"
TOKENIZER_CONFIG_FILE = "tokenizer_config.json"
SMALL100_FILE = "tokenization_small100.py"  # in its repository; it is never run


@dataclass(frozen=True, slots=True)
class Family:
    """How a family's checkpoints write languages and text as tokens."""

    name: str
    tokenizer_files: tuple[str, ...]
    languages: tuple[str, ...]
    code_format: str  # of the token of a language
    licence: str  # of the original weights
    names_target: bool = False  # the source has the target's token instead of its own
    token_at_end: bool = False  # the source's token follows `</s>`
    forces_target: bool = True  # a translation begins with the target's token

    def source_ids(self, pieces: Sequence[int], language: int, eos: int) -> list[int]:
        """Return a model's input: pieces, the token of a language, and `</s>`."""
        return [*pieces, eos, language] if self.token_at_end else [language, *pieces, eos]


M2M100 = Family(
    "M2M100",
    (VOCABULARY_FILE, SENTENCEPIECE_FILE),
    M2M100_CODES,
    code_format="__{}__",
    licence="MIT",
)
SMALL100 = replace(M2M100, name="SMaLL-100", names_target=True, forces_target=False)
NLLB = Family(
    "NLLB-200",
    (TOKENIZER_FILE,),
    FLORES_CODES,
    code_format="{}",
    licence="CC BY-NC 4.0, which forbids commercial use",
)
FAMILIES = (M2M100, SMALL100, NLLB)
_BY_TOKENIZER = {
    "M2M100Tokenizer": M2M100,
    "SMALL100Tokenizer": SMALL100,
    "NllbTokenizer": NLLB,
    "NllbTokenizerFast": NLLB,
}


def family_of(folder: Path) -> Family:
    """Return the family of a folder by its tokenizer; raises CheckpointError for another one."""
    path = folder / TOKENIZER_CONFIG_FILE
    config = read_json(path) if path.is_file() else {}
    name = config.get("tokenizer_class")
    if (folder / SMALL100_FILE).is_file():
        return SMALL100
    if name is None:
        is_nllb = not (folder / VOCABULARY_FILE).is_file() and (folder / TOKENIZER_FILE).is_file()
        return NLLB if is_nllb else M2M100
    if name not in _BY_TOKENIZER:
        served = ", ".join(sorted(_BY_TOKENIZER))
        raise CheckpointError(f"{path} names the tokenizer {name}; these are served: {served}")
    return replace(_BY_TOKENIZER[name], token_at_end=bool(config.get("legacy_behaviour")))
