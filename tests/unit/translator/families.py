"""Tiny random checkpoints of every family, with tokenizers that are trained here."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import sentencepiece
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

from training.corpus import sentences
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer

SENTENCEPIECE_FILE = "sentencepiece.bpe.model"
_ENTRIES = 600  # of NLLB's vocabulary
_POSITIONS = 128
MANY_SCRIPTS = [
    "The train to the city leaves at ten, and the ticket is cheap.",
    "Der Zug in die Stadt fährt um zehn, und die Karte ist billig.",
    "Поезд в город отходит в десять часов, и билет дешёвый.",
    "Το τρένο για την πόλη φεύγει στις δέκα και το εισιτήριο είναι φθηνό.",
    "รถไฟเข้าเมืองออกเวลาสิบโมง และตั๋วราคาถูก",
    "開往城市的火車十點開，車票很便宜。",
    "町への電車は十時に出て、きっぷはやすいです。",
    "도시로 가는 기차는 열 시에 출발하고 표는 저렴합니다. 美 대통령",
    "α β γ: 12 + 3 = 15 €, 4 × 5; “…” → !?",
]
MANY_ENTRIES = 330  # of a vocabulary trained on these


def make_nllb_tokenizer(
    folder: Path, lines: Sequence[str] = (), entries: int = _ENTRIES
) -> NllbTokenizer:
    """Write `tokenizer.json` as transformers makes it of NLLB's SentencePiece model.

    It is trained on `lines`, by default on sentences of the bundled model's languages.
    """
    _train(folder, lines or sentences("dev")[:3_000], entries)
    tokenizer = NllbTokenizer.from_pretrained(folder, extra_special_tokens=FAIRSEQ_LANGUAGE_CODES)
    tokenizer.save_pretrained(folder)
    return tokenizer


def make_m2m100_tokenizer(folder: Path, lines: Sequence[str], entries: int) -> Tokenizer:
    """Write the files of M2M100's tokenizer, trained on `lines`."""
    _train(folder, lines, entries)
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / SENTENCEPIECE_FILE))
    pieces = [model.id_to_piece(i) for i in range(3, model.get_piece_size())]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *pieces]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    return Tokenizer(folder)


def _train(folder: Path, lines: Sequence[str], entries: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "sentencepiece.bpe"),
        vocab_size=entries,
        model_type="bpe",
        minloglevel=2,
    )
    (folder / "sentencepiece.bpe.vocab").unlink()


def make_nllb(
    folder: Path, *, legacy: bool = False, lines: Sequence[str] = (), entries: int = _ENTRIES
) -> Path:
    """Make a checkpoint of NLLB-200; `legacy`: the source's language follows `</s>`.

    `lines` as in make_nllb_tokenizer.
    """
    make_nllb_tokenizer(folder, lines, entries)
    _edit(folder, legacy_behaviour=legacy)
    return _add_model(folder)


def make_small100(folder: Path) -> Path:
    """Make a checkpoint of SMaLL-100, whose files are M2M100's but for the tokenizer's class."""
    folder.mkdir(parents=True)
    for name in (SENTENCEPIECE_FILE, "vocab.json", "tokenizer_config.json"):
        shutil.copyfile(BUNDLED_FOLDER / name, folder / name)
    _edit(folder, tokenizer_class="SMALL100Tokenizer")
    return _add_model(folder)


def _edit(folder: Path, **values: object) -> None:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def _add_model(folder: Path, layers: Sequence[int] = (2, 2)) -> Path:
    """Add random weights, which are large so that translations differ from each other."""
    size = Tokenizer(folder).size
    config = M2M100Config(
        vocab_size=size,
        d_model=32,
        encoder_layers=layers[0],
        decoder_layers=layers[1],
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=_POSITIONS,
        decoder_start_token_id=2,
    )
    torch.manual_seed(0)
    model = M2M100ForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.5)
    model.generation_config.max_length = 40
    model.generation_config.num_beams = 4
    model.save_pretrained(folder)
    return folder
