"""Translates texts from English to German through `submit` and `step`."""

from collections.abc import Sequence
from typing import Any

from translator import Translator
from translator.segment_batch import Translated


def translated(translator: Translator, texts: Sequence[str], **options: Any) -> list[Translated]:
    """Return the results in order; `options` as in `submit`."""
    for key, text in enumerate(texts):
        translator.submit(key, text, "en", "de", **options)
    results: dict[int, Translated] = {}
    while len(results) < len(texts):
        results |= {done.key: done for done in translator.step()}
    return [results[key] for key in range(len(texts))]
