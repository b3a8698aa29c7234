"""`m2m-server fetch` from folders: what it makes, what it refuses, and what it says then."""

import errno
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from server.commands.main import run
from tests.shards import make_sharded
from translator import CheckpointError
from translator.engines.cache import content_hash
from translator.models.checkpoints import BUNDLED_FOLDER, needed_files, resolve
from translator.models.manifest import MANIFEST_FILE

SMALL = {
    "config.json", "generation_config.json", "sentencepiece.bpe.model", "tokenizer_config.json",
    "vocab.json", "README.md",
}  # fmt: skip
# One file, or shards and their index: as the bundled model happens to be kept.
NEEDED = SMALL | {path.name for path in BUNDLED_FOLDER.glob("model*")}
WEIGHTS = max(name for name in NEEDED if name.endswith(".safetensors"))


def main(arguments: list[str]) -> int:
    return run(["fetch", *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "small"


@pytest.fixture
def fetched(folder: Path) -> Path:
    assert main(["bundled", str(folder), "--no-conversion"]) == 0
    return folder


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must fail; return what it says."""
    capsys.readouterr()
    assert main([*arguments, "--no-conversion"]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("m2m-server fetch: ")
    return errors


def test_the_files_needed_and_their_checksums(fetched: Path) -> None:
    assert {path.name for path in fetched.iterdir()} == {*NEEDED, MANIFEST_FILE}
    manifest = json.loads((fetched / MANIFEST_FILE).read_text())
    assert (manifest["model"], manifest["revision"]) == ("bundled", None)
    assert set(manifest["files"]) == NEEDED
    for name in NEEDED:
        assert (fetched / name).read_bytes() == (BUNDLED_FOLDER / name).read_bytes()
    assert [path.name for path in fetched.parent.iterdir()] == [fetched.name]


def test_the_cache_knows_it_by_its_manifest(fetched: Path) -> None:
    hashes = {content_hash(resolve(name), "1.0") for name in (str(fetched), "bundled")}
    assert len(hashes) == 1


def test_a_fetched_folder_can_be_copied_with_its_name(
    fetched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((fetched / MANIFEST_FILE).read_text()) | {"revision": "c" * 40}
    (fetched / MANIFEST_FILE).write_text(json.dumps(manifest))
    assert main([str(fetched), str(tmp_path / "copy"), "--no-conversion"]) == 0
    copied = json.loads((tmp_path / "copy" / MANIFEST_FILE).read_text())
    assert copied == manifest


def test_a_source_that_is_damaged_is_not_copied(
    fetched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip_last_byte(fetched / "vocab.json")
    said = refusal(capsys, str(fetched), str(tmp_path / "copy"))
    assert "vocab.json has changed" in said
    assert not (tmp_path / "copy").exists()


def test_again_is_fine(fetched: Path) -> None:
    before = (fetched / "config.json").stat().st_mtime_ns
    assert main(["bundled", str(fetched), "--no-conversion"]) == 0
    assert (fetched / "config.json").stat().st_mtime_ns == before


def test_again_finds_a_changed_file(fetched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flip_last_byte(fetched / WEIGHTS)
    resolve(str(fetched))  # its size is right: the server does not read gigabytes to start
    said = refusal(capsys, "bundled", str(fetched))
    assert f"{WEIGHTS} has changed" in said
    assert "fetch the model again" in said


def test_the_server_finds_a_file_missing_or_cut_off(fetched: Path) -> None:
    (fetched / WEIGHTS).write_bytes(b"half")
    with pytest.raises(CheckpointError, match="has 4 bytes instead of"):
        resolve(str(fetched))
    (fetched / WEIGHTS).unlink()
    with pytest.raises(CheckpointError, match="is missing"):
        resolve(str(fetched))


@pytest.mark.parametrize("text", ["{", "{}", '{"model": "a", "revision": null, "files": {"a": 1}}'])
def test_a_damaged_manifest_is_named(fetched: Path, text: str) -> None:
    (fetched / MANIFEST_FILE).write_text(text)
    with pytest.raises(CheckpointError, match=MANIFEST_FILE):
        resolve(str(fetched))


def test_a_folder_with_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "diary.txt").write_text("private")
    assert "holds something else" in refusal(capsys, "bundled", str(tmp_path))
    assert "is a file" in refusal(capsys, "bundled", str(tmp_path / "diary.txt"))
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert main(["bundled", str(folder), "--no-conversion"]) == 0


def test_a_mounted_volume(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.ismount", lambda path: path == tmp_path)
    assert f"such as {tmp_path}/model" in refusal(capsys, "bundled", str(tmp_path))


def test_another_model_or_revision(
    fetched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copytree(BUNDLED_FOLDER, tmp_path / "other")
    assert "holds bundled, not other" in refusal(capsys, str(other), str(fetched))
    said = refusal(capsys, "bundled", str(fetched), "--revision", "v2")
    assert "holds revision None; name another folder for v2" in said
    assert main(["bundled", str(fetched)]) == 1
    assert "--no-conversion" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/no/such/folder"], "there is no folder"),
        (["bundled", "--revision", "v2"], "omit --revision"),
    ],
)
def test_sources_that_do_not_exist(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refusal(capsys, arguments[0], str(folder), *arguments[1:])
    assert not folder.parent.exists()


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_that_is_too_small_is_told_before_anything_is_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    size = sum((BUNDLED_FOLDER / name).stat().st_size for name in NEEDED)
    free = 10_000_000
    assert size > free
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(2 * free, free, free))
    said = refusal(capsys, "bundled", str(folder))
    assert f"0.01 GB free and bundled needs {size / 1e9:.2f} GB" in said
    assert not folder.exists()


def test_a_disk_that_fills_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("translator.models.sources.sync", fail)
        said = refusal(capsys, "bundled", str(folder))
    assert "no space is left" in said
    assert not folder.exists()
    assert main(["bundled", str(folder), "--no-conversion"]) == 0


def test_needed_files_of_a_repository_like_the_real_one() -> None:
    names = [
        *(".gitattributes", "README.md", "config.json", "generation_config.json"),
        *("pytorch_model.bin", "rust_model.ot", "sentencepiece.bpe.model"),
        *("special_tokens_map.json", "tokenizer_config.json", "vocab.json"),
    ]
    assert needed_files(names) == [
        *("config.json", "vocab.json", "sentencepiece.bpe.model", "tokenizer_config.json"),
        *("generation_config.json", "README.md", "pytorch_model.bin"),
    ]
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    index = "model.safetensors.index.json"
    assert needed_files([*names, *shards, index, "adapter.safetensors"])[6:] == [*shards, index]


@pytest.mark.slow  # loads and converts a model
def test_shards_are_taken_and_converted_like_one_file(tmp_path: Path) -> None:
    sharded = make_sharded(tmp_path / "sharded")
    weights = {path.name for path in sharded.glob("model*")}
    fetched, whole = tmp_path / "fetched", tmp_path / "whole"
    assert main([str(sharded), str(fetched)]) == 0
    manifest = resolve(str(fetched)).manifest
    assert manifest is not None
    (converted,) = (name for name in manifest.files if name.endswith("/model.bin"))
    assert {name for name in manifest.files if "/" not in name} == SMALL | weights
    assert main(["bundled", str(whole)]) == 0
    assert (fetched / converted).read_bytes() == (whole / converted).read_bytes()
    (fetched / min(weights)).unlink()
    with pytest.raises(CheckpointError, match=f"{min(weights)} is missing"):
        resolve(str(fetched))


def test_what_a_killed_run_left_is_not_taken_along(folder: Path) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    (partial / "ctranslate2-4-1-int8").mkdir(parents=True)
    (partial / "ctranslate2-4-1-int8" / "model.bin").write_bytes(b"half")
    (partial / "config.json").write_bytes(b"{")
    (partial / "pytorch_model.bin.0123456789abcdef.part").write_bytes(b"half")
    assert main(["bundled", str(folder), "--no-conversion"]) == 0
    assert {path.name for path in folder.iterdir()} == {*NEEDED, MANIFEST_FILE}
    assert not partial.exists()


def flip_last_byte(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
