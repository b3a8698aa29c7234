"""Checkpoints and translators for the tests of the translator."""

from pathlib import Path

import pytest

from translator import Translator, TranslatorConfig
from translator.models.checkpoints import Checkpoint, resolve


@pytest.fixture(scope="session")
def bundled() -> Checkpoint:
    return resolve("bundled")


@pytest.fixture(scope="session")
def reference(cache: Path) -> Translator:
    return Translator(TranslatorConfig(engine="reference", cache=cache))


@pytest.fixture(scope="session")
def int8(cache: Path) -> Translator:
    # One thread: uses of several cores would be measured.
    return Translator(TranslatorConfig(engine="ctranslate2", cache=cache, threads=1))


@pytest.fixture(params=["reference", "int8"])
def translator(request: pytest.FixtureRequest) -> Translator:
    result: Translator = request.getfixturevalue(request.param)
    return result
