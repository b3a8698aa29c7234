"""A loaded model and what is measured on its device."""

import string

import pytest
import torch

from translator import Translator
from translator.device_engine import DeviceEngine


def test_a_trial_measures_the_memory_that_the_formula_omits(
    int8: Translator, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = int8.checkpoint.tokenizer()
    engine = DeviceEngine(int8.config, int8.checkpoint, tokenizer)
    tokens = len(tokenizer.encode(" ".join(string.ascii_lowercase), "en"))
    estimated = 16 * int8.checkpoint.bytes_per_segment(tokens, None, "auto")
    for used, scale in ((3 * estimated, 3.0), (estimated // 9, 1.0)):
        monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: 1_000)
        monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
        monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _, used=used: 1_000 + used)
        assert engine._try_memory(tokenizer) == pytest.approx(scale, rel=0.1)
