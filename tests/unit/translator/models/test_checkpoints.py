"""Resolving checkpoints, and the errors if that fails."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.shards import make_sharded
from training.corpus import read_references
from translator import CheckpointError, Translator, TranslatorConfig
from translator.models.checkpoints import BUNDLED_FOLDER, Checkpoint, resolve
from translator.models.family import M2M100
from translator.models.languages import M2M100_CODES

LIMITS = {"max_length": 200, "num_beams": 5}


def copy_of_bundled(folder: Path) -> Path:
    return Path(shutil.copytree(BUNDLED_FOLDER, folder))


def weights_in(folder: Path) -> list[Path]:
    """Return the files of weights, and the index if there are several."""
    return sorted(folder.glob("model*"))


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sharded(tmp_path_factory.mktemp("models") / "sharded")


def test_the_bundled_checkpoint(bundled: Checkpoint) -> None:
    assert bundled.name == "bundled"
    assert sorted(bundled.languages) == ["de", "en", "es", "fr", "nl"]
    assert (bundled.beams, bundled.max_length, bundled.segment_limit) == (4, 200, 100)


def test_the_bundled_files_are_small_enough_for_git() -> None:
    sizes = [path.stat().st_size for path in BUNDLED_FOLDER.iterdir()]
    assert max(sizes) <= 16 * 2**20
    assert sum(sizes) <= 64 * 2**20


def test_a_folder(tmp_path: Path) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    checkpoint = resolve(str(folder))
    assert (checkpoint.name, checkpoint.folder) == ("mine", folder)


def test_a_folder_without_a_list_of_languages_has_all_of_m2m100(tmp_path: Path) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    config = json.loads((folder / "config.json").read_text())
    del config["languages"]
    (folder / "config.json").write_text(json.dumps(config))
    assert resolve(str(folder)).languages == M2M100_CODES


@pytest.mark.parametrize("name", ["/no/such/folder", "./nothing", "nothing", "a/b/c"])
def test_a_name_that_is_neither_a_folder_nor_a_hub_id(name: str) -> None:
    with pytest.raises(CheckpointError, match="there is no folder"):
        resolve(name)


@pytest.mark.parametrize("missing", ["config.json", "vocab.json", "sentencepiece.bpe.model"])
def test_an_incomplete_folder_names_the_missing_file(tmp_path: Path, missing: str) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    (folder / missing).unlink()
    with pytest.raises(CheckpointError, match=f"lacks {missing}$"):
        resolve(str(folder))


def test_a_folder_without_weights(tmp_path: Path) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    for path in weights_in(folder):
        path.unlink()
    with pytest.raises(CheckpointError, match=r"lacks model\.safetensors or pytorch_model\.bin$"):
        resolve(str(folder))


def test_a_folder_without_one_of_its_shards(sharded: Path, tmp_path: Path) -> None:
    index, *shards = [path.name for path in reversed(weights_in(sharded))]
    for missing in (index, shards[0], shards[-1]):
        folder = shutil.copytree(sharded, tmp_path / missing)
        (folder / missing).unlink()
        with pytest.raises(CheckpointError, match=f"lacks {missing}$"):
            resolve(str(folder))


def test_shards_beside_complete_weights_are_ignored(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "both")
    (folder / "model.safetensors").write_bytes(b"whole")
    (folder / "model.safetensors.index.json").unlink()
    assert resolve(str(folder)).name == "both"


@pytest.mark.parametrize(
    ("engine", "dtype"),
    [("reference", "auto"), ("inflight", "float32"), ("ctranslate2", "auto")],
)
def test_shards_agree_with_a_single_file(
    sharded: Path, tmp_path: Path, cache: Path, engine: str, dtype: str
) -> None:
    one, several = (
        Translator(
            TranslatorConfig(model=model, engine=engine, dtype=dtype, cache=folder, threads=1)
        )
        for model, folder in (("bundled", cache), (str(sharded), tmp_path))
    )
    for text in list(read_references("test")["en", "de"])[::170]:
        assert several.translate(text, "en", "de") == one.translate(text, "en", "de")


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    (folder / "config.json").write_text('{"model_type": "bart"}')
    with pytest.raises(CheckpointError, match="'bart'"):
        resolve(str(folder))


@pytest.mark.parametrize("text", ["{", "[]"])
def test_broken_json_is_named(tmp_path: Path, text: str) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    (folder / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        resolve(str(folder))


def test_weights_that_do_not_fit_the_configuration_are_refused(tmp_path: Path) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    config = json.loads((folder / "config.json").read_text())
    config["encoder_layers"] += 1
    (folder / "config.json").write_text(json.dumps(config))
    config = TranslatorConfig(model=str(folder), engine="reference")
    with pytest.raises(CheckpointError, match="do not fit"):
        Translator(config)


def test_a_hub_id_from_the_local_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "models--someone--small"
    copy_of_bundled(repository / "snapshots" / "abc123")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc123")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    checkpoint = resolve("someone/small", local_files_only=True)
    assert checkpoint.name == "someone/small"
    assert checkpoint.folder == repository / "snapshots" / "abc123"


def test_a_hub_id_that_is_not_in_the_local_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(CheckpointError, match="not in the local hub cache"):
        resolve("someone/small", local_files_only=True)


@pytest.mark.parametrize("engine", ["reference", "ctranslate2"])
def test_pickled_weights_load_like_safetensors(
    tmp_path: Path, engine: str, reference: Translator, int8: Translator
) -> None:
    folder = copy_of_bundled(tmp_path / "pickled")
    tensors: dict[str, torch.Tensor] = {}
    for path in weights_in(folder):
        tensors |= load_file(path) if path.suffix == ".safetensors" else {}
        path.unlink()
    torch.save(tensors, folder / "pytorch_model.bin")
    config = TranslatorConfig(model=str(folder), engine=engine, cache=tmp_path / "cache", threads=1)
    expected = reference if engine == "reference" else int8
    text = "Where is the station?"
    assert Translator(config).translate(text, "en", "de") == expected.translate(text, "en", "de")


def test_pickled_code_is_not_run(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "ran",))  # type: ignore[return-value]

    folder = copy_of_bundled(tmp_path / "evil")
    for path in weights_in(folder):
        path.unlink()
    torch.save({"model.shared.weight": Evil()}, folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError):
        Translator(TranslatorConfig(model=str(folder), engine="reference"))
    assert not (tmp_path / "ran").exists()


def test_memory_of_a_segment_follows_the_formula() -> None:
    config = {
        "decoder_layers": 12, "d_model": 1024, "vocab_size": 128_112,
        "max_position_embeddings": 1024,
    }  # fmt: skip
    checkpoint = Checkpoint("418M", Path(), config, LIMITS, M2M100)
    # 48 KiB a position in 16 bit; 16 source tokens, 5 beams of at most 2 · 16 + 32 tokens.
    assert (
        checkpoint.bytes_per_segment(16, None, "bfloat16")
        == 49_152 * (16 + 5 * 64) + 5 * 128_112 * 8
    )
    # Never more positions than an output may have.
    assert checkpoint.bytes_per_segment(400, 1, "auto") == 49_152 * (400 + 200) + 128_112 * 8


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (None, "MIT"),
        ("# A model without front matter\n", "MIT"),
        ("---\nlicense: cc-by-nc-sa-4.0\n---\n", "cc-by-nc-sa-4.0"),
        ('---\nlanguage: [de]\nlicense: "apache-2.0"\n---\n', "apache-2.0"),
        ("---\nlicense: mit\n---\n", "MIT"),
    ],
)
def test_the_licence_is_that_of_the_card_or_the_family(
    tmp_path: Path, card: str | None, licence: str
) -> None:
    folder = copy_of_bundled(tmp_path / "model")
    (folder / "README.md").unlink()
    if card is not None:
        (folder / "README.md").write_text(card)
    assert resolve(str(folder)).licence == licence
