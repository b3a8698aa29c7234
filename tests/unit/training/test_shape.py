"""A grown model computes what the old one did, whatever was added."""

import json
from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers import M2M100ForConditionalGeneration

from training.shape import Shape, grow, respell
from training.vocabulary import count_words, extend_vocabulary
from translator.engines.loading import load_model
from translator.models.checkpoints import BUNDLED_FOLDER
from translator.models.tokenizer import Tokenizer

TEXTS = ("The configuration file was not found.", "Die Konfigurationsdatei fehlt: 12 %.", "Où ça ?")


@pytest.fixture(scope="module")
def bundled() -> M2M100ForConditionalGeneration:
    return load_model(BUNDLED_FOLDER, torch.float32)


def shape_of(model: M2M100ForConditionalGeneration, **changes: int) -> Shape:
    config = model.config
    values = {
        "encoder_layers": config.encoder_layers,
        "decoder_layers": config.decoder_layers,
        "encoder_ffn": config.encoder_ffn_dim,
        "decoder_ffn": config.decoder_ffn_dim,
    }
    return Shape(**{**values, **{name: values[name] + more for name, more in changes.items()}})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"encoder_layers": 3},
        {"decoder_layers": 1},
        {"encoder_ffn": 64, "decoder_ffn": 32},
        {"encoder_layers": 1, "encoder_ffn": 8},
    ],
)
def test_growing_changes_no_score(
    bundled: M2M100ForConditionalGeneration, changes: dict[str, int]
) -> None:
    grown = grow(bundled, shape_of(bundled, **changes)).eval()
    torch.manual_seed(0)
    source, target = (torch.randint(5, 8_000, (3, length)) for length in (9, 7))
    with torch.no_grad():
        before, after = (
            model(input_ids=source, decoder_input_ids=target).logits for model in (bundled, grown)
        )
    assert torch.allclose(before, after, atol=1e-4)


def test_what_is_added_learns(bundled: M2M100ForConditionalGeneration) -> None:
    grown = grow(bundled, shape_of(bundled, encoder_layers=2, encoder_ffn=16))
    ids = torch.randint(5, 8_000, (2, 6), generator=torch.Generator().manual_seed(0))
    grown(input_ids=ids, decoder_input_ids=ids).logits.logsumexp(-1).sum().backward()
    for layer in grown.model.encoder.layers:
        assert layer.fc2.weight.grad.abs().sum() > 0
        assert layer.self_attn.out_proj.weight.grad.abs().sum() > 0


def test_a_model_does_not_shrink(bundled: M2M100ForConditionalGeneration) -> None:
    with pytest.raises(ValueError, match="can only grow"):
        grow(bundled, shape_of(bundled, encoder_layers=-1))


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("vocabulary")
    counts = Counter({"xylophonist": 50.0, "xylophones": 30.0, "Überxylophon": 20.0})
    return folder, extend_vocabulary(BUNDLED_FOLDER, counts, 8, folder)


class TestVocabulary:
    def test_words_that_are_frequent_become_pieces(self, extended: tuple[Path, list[str]]) -> None:
        folder, pieces = extended
        old, new = Tokenizer(BUNDLED_FOLDER), Tokenizer(folder)
        assert len(pieces) == 8
        assert new.size == old.size + 8
        assert len(new.encode_pieces("xylophonist")) < len(old.encode_pieces("xylophonist")) - 3
        assert new.decode(new.encode("xylophonist Überxylophon!", "en")) == (
            "xylophonist Überxylophon!"
        )

    def test_all_other_text_is_split_as_before(self, extended: tuple[Path, list[str]]) -> None:
        old, new = Tokenizer(BUNDLED_FOLDER), Tokenizer(extended[0])
        for text in TEXTS:
            assert new.encode_pieces(text) == old.encode_pieces(text)
        vocabulary = json.loads((extended[0] / "vocab.json").read_text())
        assert list(vocabulary.values()) == list(range(len(vocabulary)))

    def test_an_entry_is_the_mean_of_those_that_spelled_it(
        self, bundled: M2M100ForConditionalGeneration, extended: tuple[Path, list[str]]
    ) -> None:
        folder, pieces = extended
        old, new = Tokenizer(BUNDLED_FOLDER), Tokenizer(folder)
        respelled = respell(bundled, old, new)
        before, after = (m.model.shared.weight for m in (bundled, respelled))
        whole = next(piece for piece in pieces if piece.startswith("▁x"))
        row = new.tokens().index(whole)
        spelling = old.encode_pieces(whole[1:])
        assert torch.allclose(after[row], before[spelling].mean(0))
        inside = next(piece for piece in pieces if not piece.startswith("▁"))
        spelled = old.encode_pieces(f"0{inside}")[len(old.encode_pieces("0")) :]
        assert "".join(old.tokens()[i] for i in spelled) == inside
        assert torch.allclose(after[new.tokens().index(inside)], before[spelled].mean(0))
        german = [t.language_ids["de"] for t in (old, new)]
        assert torch.equal(before[german[0]], after[german[1]])
        assert respelled.lm_head.weight is respelled.model.shared.weight

    def test_words_are_letters_alone(self) -> None:
        counts = count_words(["Press F5, then Enter.", "then 12-year-old"])
        assert counts == {"Press": 1, "F": 1, "then": 2, "Enter": 1, "year": 1, "old": 1}
