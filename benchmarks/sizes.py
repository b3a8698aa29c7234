"""Sizes of random models, as arguments of M2M100Config. Imports nothing."""

SIZES: dict[str, dict[str, int]] = {
    "418M": {},  # the defaults of M2M100Config
    "7M": {
        "vocab_size": 8_192, "d_model": 256, "encoder_layers": 4, "decoder_layers": 2,
        "encoder_attention_heads": 8, "decoder_attention_heads": 8, "encoder_ffn_dim": 1_024,
        "decoder_ffn_dim": 1_024,
    },
    "tiny": {  # to try a benchmark, not to measure
        "vocab_size": 8_192, "d_model": 32, "encoder_layers": 1, "decoder_layers": 1,
        "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 64,
        "decoder_ffn_dim": 64,
    },
}  # fmt: skip
