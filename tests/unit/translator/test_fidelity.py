"""Whatever the model returns, what is not language comes out as it went in."""

import random
import re
from collections import Counter

import pytest

from tests.unit.translator.adversaries import ANSWERS, AdversarialEngine, generated
from tests.unit.translator.submitting import translated
from translator import Translator
from translator.text.protected_tokens import table_tokens
from translator.text.token_table import TABLE

TEXTS = 5_000
# "iOS" may come from "Ios"; and words that an adversary glues together look like it.
NAME = re.compile(next(kind.pattern for kind in TABLE if kind.name == "camelCase"))
_PLACEHOLDER = re.compile(r"<\d+>|\{\d+\}|_\d+_")
# Line ends, tabs, columns, and white space at the edges of a line. Narrower blanks within a line
# are put back only where the translation has a blank.
_SKELETON = re.compile(r"[\n\t]+|(?m:^ +| +$)|\s{3,}")


def tokens(text: str) -> Counter[str]:
    return Counter(text[start:end] for start, end in table_tokens(text))


@pytest.mark.parametrize("adversary", ANSWERS)
def test_tokens_and_white_space_survive(
    int8: Translator, monkeypatch: pytest.MonkeyPatch, adversary: str
) -> None:
    rng = random.Random(adversary)
    texts = [generated(rng) for _ in range(TEXTS // len(ANSWERS) + 1)]
    engine = AdversarialEngine(int8, ANSWERS[adversary], seed=1)
    monkeypatch.setattr(int8, "_engine", engine)
    results = translated(int8, texts)
    for text, result in zip(texts, results, strict=True):
        answer = result.text or ""
        assert not tokens(text) - tokens(answer), (text, answer, result.warnings)
        surplus = tokens(answer) - tokens(text)
        assert all(map(NAME.fullmatch, surplus)), (text, answer)
        assert not surplus & tokens(text), (text, answer)
        assert Counter(_PLACEHOLDER.findall(answer)) == Counter(_PLACEHOLDER.findall(text))
        assert _SKELETON.findall(answer) == _SKELETON.findall(text), (text, answer)
