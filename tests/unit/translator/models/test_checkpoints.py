"""Resolving checkpoints, and the errors if that fails."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.shards import make_sharded
from training.corpus import read_references
from translator import CheckpointError, Translator, TranslatorConfig
from translator.device_decoder import DeviceDecoder
from translator.models.checkpoints import BUNDLED_FOLDER, Checkpoint, resolve
from translator.models.family import M2M100
from translator.models.languages import M2M100_CODES
from translator.models.manifest import FileRecord, Manifest, read_manifest, sha256
from translator.models.verified import check_hashes_once

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


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("marian", ["source.spm", "target.spm", "vocab.json"]),
        ("t5", ["spiece.model", "tokenizer.json"]),
        ("mbart", ["sentencepiece.bpe.model", "tokenizer.json"]),
    ],
)
def test_a_folder_of_another_model_is_named(tmp_path: Path, kind: str, files: list[str]) -> None:
    for name in [*files, "model.safetensors"]:
        (tmp_path / name).touch()
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    message = f"holds a model of type '{kind}'; served are .* M2M100, SMaLL-100, NLLB-200"
    with pytest.raises(CheckpointError, match=message):
        DeviceDecoder(TranslatorConfig(model=str(tmp_path)))


def test_the_tokenizer_of_the_named_family_is_needed(tmp_path: Path) -> None:
    """Although there is one of another family."""
    folder = copy_of_bundled(tmp_path / "mine")
    (folder / "sentencepiece.bpe.model").unlink()
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"lacks sentencepiece\.bpe\.model of M2M100$"):
        DeviceDecoder(TranslatorConfig(model=str(folder)))


def test_a_truncated_tokenizer_is_named(tmp_path: Path) -> None:
    folder = copy_of_bundled(tmp_path / "mine")
    path = folder / "sentencepiece.bpe.model"
    path.write_bytes(path.read_bytes()[:1_000])
    with pytest.raises(CheckpointError, match=r"bpe\.model is not a model of SentencePiece"):
        DeviceDecoder(TranslatorConfig(model=str(folder)))


def with_manifest(folder: Path) -> Path:
    """Return a copy of the bundled model with a manifest, as `m2m-server fetch` makes it."""
    copy_of_bundled(folder)
    files = {
        path.name: FileRecord(size=path.stat().st_size, sha256=sha256(path))
        for path in folder.iterdir()
    }
    Manifest(model="mine", revision=None, files=files).write(folder)
    return folder


@pytest.mark.parametrize("engine", ["reference", "inflight", "ctranslate2"])
def test_a_file_with_another_hash_is_never_served(tmp_path: Path, engine: str) -> None:
    """Of the right size; before, only `fetch` compared hashes."""
    folder = with_manifest(tmp_path / "mine")
    path = folder / "model-00001-of-00002.safetensors"
    config = TranslatorConfig(model=str(folder), engine=engine, cache=tmp_path / "cache")
    DeviceDecoder(config)  # in order, which the cache remembers
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=rf"is damaged: {path.name} has changed"):
        DeviceDecoder(config)


def test_files_in_order_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = with_manifest(tmp_path / "mine")
    manifest = read_manifest(folder)
    assert manifest is not None
    read = list[Path]()

    def counting(path: Path, progress: Callable[[int], object]) -> str:
        read.append(path)
        return sha256(path, progress)

    monkeypatch.setattr("translator.models.manifest.sha256", counting)
    for _ in range(2):
        check_hashes_once(manifest, folder, tmp_path / "cache")
    assert len(read) == len(manifest.files)
    (tmp_path / "file").touch()
    check_hashes_once(manifest, folder, tmp_path / "file")  # a cache that cannot be written
    assert len(read) == 2 * len(manifest.files)


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
