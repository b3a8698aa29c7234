"""The shape of the bundled model, and writing it as a transformers checkpoint folder."""

import json
from pathlib import Path

from transformers import GenerationConfig, M2M100Config, M2M100ForConditionalGeneration

from training.corpus import LANGUAGES
from training.vocabulary import copy_vocabulary
from translator.tokenizer import Tokenizer


def build(tokenizer: Tokenizer, dropout: float) -> M2M100ForConditionalGeneration:
    """Return an untrained model: a deep encoder and a shallow decoder, where the time goes."""
    return M2M100ForConditionalGeneration(
        M2M100Config(
            vocab_size=tokenizer.size,
            d_model=256,
            encoder_layers=4,
            decoder_layers=2,
            encoder_attention_heads=8,
            decoder_attention_heads=8,
            encoder_ffn_dim=1024,
            decoder_ffn_dim=1024,
            max_position_embeddings=256,
            dropout=dropout,
            attention_dropout=0.0,
            encoder_layerdrop=0.0,
            decoder_layerdrop=0.0,
            languages=list(LANGUAGES),
        )
    )


def export(
    model: M2M100ForConditionalGeneration, vocabulary: Path, folder: Path, beams: int = 4
) -> None:
    """Write fp16 safetensors, configuration and `M2M100Tokenizer` files to `folder`.

    The tokenizer's files come from the folder `vocabulary`; `beams` is the default for decoding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(folder)
    GenerationConfig(
        bos_token_id=model.config.bos_token_id,
        pad_token_id=model.config.pad_token_id,
        eos_token_id=model.config.eos_token_id,
        decoder_start_token_id=model.config.decoder_start_token_id,
        num_beams=beams,
        early_stopping=True,
        max_length=200,
    ).save_pretrained(folder)
    copy_vocabulary(vocabulary, folder)
    tokenizer_config = {"tokenizer_class": "M2M100Tokenizer", "language_codes": "m2m100"}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config, indent=2) + "\n")
