"""Folders that CTranslate2's own converter made."""

import json
from pathlib import Path

import pytest
from ctranslate2.converters import TransformersConverter

from tests.unit.translator.families import make_nllb
from translator import Translator, TranslatorConfig
from translator.errors import CheckpointError, DeviceError
from translator.models.checkpoints import needed_files, read_folder

TEXTS = ["Where is the station?", "Good morning."]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_nllb(tmp_path_factory.mktemp("converted") / "original")


@pytest.fixture(scope="module")
def converted(original: Path) -> Path:
    folder = original.with_name("converted")
    copied = ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]
    TransformersConverter(str(original), copy_files=copied).convert(str(folder))
    return folder


def translations(model: Path, cache: Path, engine: str = "auto") -> list[str]:
    config = TranslatorConfig(
        model=str(model), device="cpu", engine=engine, dtype="float32", cache=cache, beams=1,
        threads=1,
    )  # fmt: skip
    translator = Translator(config)
    return [translator.translate(text, "en", "de") for text in TEXTS]


def test_it_translates_as_the_checkpoint_that_it_was_made_of(
    original: Path, converted: Path, tmp_path: Path
) -> None:
    assert translations(converted, tmp_path) == translations(original, tmp_path, "ctranslate2")


def test_its_sizes_are_read_from_the_model(original: Path, converted: Path) -> None:
    whole, read = read_folder("original", original), read_folder("converted", converted)
    assert read.languages == whole.languages
    assert {name: whole.config[name] for name in read.config} == read.config


@pytest.mark.parametrize("engine", ["inflight", "reference"])
def test_other_engines_cannot_read_it(converted: Path, tmp_path: Path, engine: str) -> None:
    with pytest.raises(DeviceError, match="the only one that reads it"):
        translations(converted, tmp_path, engine)


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
def test_a_truncated_model_is_refused(converted: Path, tmp_path: Path, share: float) -> None:
    for path in converted.iterdir():
        data = path.read_bytes()
        kept = int(len(data) * share) if path.name == "model.bin" else len(data)
        (tmp_path / path.name).write_bytes(data[:kept])
    with pytest.raises(CheckpointError, match="is truncated or not a model of CTranslate2"):
        read_folder("truncated", tmp_path)


def copied(converted: Path, folder: Path) -> Path:
    for path in converted.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_vocabulary_may_have_another_order_and_be_in_lines(
    converted: Path, tmp_path: Path
) -> None:
    """As in folders that older versions made."""
    folder = copied(converted, tmp_path)
    path = folder / "shared_vocabulary.json"
    tokens = json.loads(path.read_text())
    path.unlink()
    (folder / "shared_vocabulary.txt").write_text("".join(f"{token}\n" for token in tokens))
    assert read_folder("lines", folder).tokenizer().language_ids
    assert translations(folder, tmp_path / "cache") == translations(converted, tmp_path / "cache")


def test_the_vocabulary_of_another_tokenizer_is_refused(converted: Path, tmp_path: Path) -> None:
    """Of the same size: CTranslate2 would take every unknown token for `<unk>`."""
    folder = copied(converted, tmp_path)
    path = folder / "shared_vocabulary.json"
    tokens = json.loads(path.read_text())
    path.write_text(json.dumps([token.replace("deu_Latn", "__de__") for token in tokens]))
    message = r"lacks 1 tokens of the tokenizer beside it, such as 'deu_Latn': the model was conv"
    with pytest.raises(CheckpointError, match=message):
        translations(folder, tmp_path / "cache")


def test_a_vocabulary_of_another_size_is_refused(converted: Path, tmp_path: Path) -> None:
    folder = copied(converted, tmp_path)
    path = folder / "shared_vocabulary.json"
    tokens = json.loads(path.read_text())
    path.write_text(json.dumps([*tokens, "more"]))
    with pytest.raises(CheckpointError, match=f"has {len(tokens) + 1} tokens, but the model"):
        translations(folder, tmp_path / "cache")


@pytest.mark.parametrize("text", ['["a", "b', "{}", ""])
def test_a_damaged_vocabulary_is_refused(converted: Path, tmp_path: Path, text: str) -> None:
    folder = copied(converted, tmp_path)
    (folder / "shared_vocabulary.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"shared_vocabulary\.json"):
        translations(folder, tmp_path / "cache")


def test_a_checkpoint_beside_it_comes_first() -> None:
    names = ["config.json", "model.bin", "shared_vocabulary.json", "tokenizer.json"]
    assert needed_files(names)[-2:] == ["model.bin", "shared_vocabulary.json"]
    assert needed_files([*names, "model.safetensors"])[-1] == "model.safetensors"
