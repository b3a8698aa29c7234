"""`m2m-server fetch` from a hub: what arrives, and what happens when the network does not hold."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.process.fake_hub import MODEL, FakeHub, fake_hub
from translator.models.checkpoints import BUNDLED_FOLDER, read_folder
from translator.models.manifest import read_manifest

WEIGHTS = "model.safetensors"
BLOCK = 8 << 20
SMALL = {
    "config.json", "generation_config.json", "sentencepiece.bpe.model", "tokenizer_config.json",
    "vocab.json", "README.md",
}  # fmt: skip
NEEDED = SMALL | {WEIGHTS}


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub with a model in one file of weights, two blocks long, however the bundled one is kept.

    Nothing of what is fetched here is loaded, so that any bytes will do.
    """
    with fake_hub(BUNDLED_FOLDER) as hub:
        for name in [name for name in hub.files if name.startswith("model")]:
            del hub.files[name]
        hub.files[WEIGHTS] = random.Random(1).randbytes(BLOCK * 3 // 2)
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models" / "small"


def begin(hub: FakeHub, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return subprocess.Popen(
        [sys.executable, "-m", "server", "fetch", *arguments],
        env=environ | {"HF_ENDPOINT": hub.url} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def fetch(hub: FakeHub, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run the command without conversion; return its exit code and what it complained of."""
    process = begin(hub, *arguments, "--no-conversion", **variables)
    _, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors, errors
    return process.returncode, errors


@contextmanager
def stalled(hub: FakeHub, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Begin a download and stop it, by the hub's silence, after the first block of weights."""
    hub.stalls_at = BLOCK
    with begin(hub, MODEL, str(folder), "--no-conversion") as process:
        try:
            assert hub.stalled.wait(60), "the download did not come so far"
            hub.stalls_at = None
            yield process
        finally:
            process.kill()


def check(folder: Path, hub: FakeHub, needed: set[str] = NEEDED) -> None:
    """Fail unless `folder` holds just what is needed, as the hub has it."""
    assert {path.name for path in folder.iterdir()} == {*needed, "manifest.json"}
    for name in needed:
        assert (folder / name).read_bytes() == hub.files[name], name
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_just_the_files_needed_arrive_and_the_revision_is_pinned(
    hub: FakeHub, folder: Path
) -> None:
    assert fetch(hub, MODEL, str(folder))[0] == 0
    check(folder, hub)
    assert {name for name, _ in hub.requests} == NEEDED
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.model, manifest.revision) == (MODEL, hub.commit)
    assert set(manifest.files) == NEEDED


def test_all_shards_arrive_and_their_index(hub: FakeHub, folder: Path) -> None:
    whole = hub.files.pop(WEIGHTS)
    shards = {f"model-0000{i + 1}-of-00002.safetensors" for i in range(2)}
    hub.files |= dict.fromkeys(shards, whole[:BLOCK]) | {f"{WEIGHTS}.index.json": b"{}"}
    assert fetch(hub, MODEL, str(folder))[0] == 0
    check(folder, hub, SMALL | shards | {f"{WEIGHTS}.index.json"})


def test_again_only_checks_and_needs_no_network(hub: FakeHub, folder: Path) -> None:
    assert fetch(hub, MODEL, str(folder))[0] == 0
    hub.requests.clear()
    hub.commit = "b" * 40  # the branch has moved on
    code, errors = fetch(hub, MODEL, str(folder), HF_HUB_OFFLINE="1")
    assert (code, hub.requests) == (0, [])
    assert "every checksum is right" in errors


def test_a_connection_that_breaks_goes_on_where_it_broke(hub: FakeHub, folder: Path) -> None:
    hub.breaks = 2
    assert fetch(hub, MODEL, str(folder))[0] == 0
    check(folder, hub)


def test_a_killed_download_is_absent_and_goes_on_where_it_stopped(
    hub: FakeHub, folder: Path
) -> None:
    with stalled(hub, folder) as process:
        process.kill()
    assert not folder.exists()
    hub.requests.clear()
    assert fetch(hub, MODEL, str(folder))[0] == 0
    check(folder, hub)
    assert hub.starts(WEIGHTS) == [BLOCK]
    assert {name for name, _ in hub.requests} == {WEIGHTS}


def test_half_of_another_revision_is_not_continued(hub: FakeHub, folder: Path) -> None:
    with stalled(hub, folder) as process:
        process.kill()
    hub.commit = "b" * 40
    hub.files[WEIGHTS] = bytes(1000) + hub.files[WEIGHTS][1000:]
    hub.files["vocab.json"] += b"\n"
    assert fetch(hub, MODEL, str(folder))[0] == 0
    check(folder, hub)


def test_what_arrives_damaged_is_not_kept(hub: FakeHub, folder: Path) -> None:
    for name in ("config.json", WEIGHTS):
        hub.damaged = name
        code, errors = fetch(hub, MODEL, str(folder))
        assert code == 1
        assert f"{name} of {MODEL} arrived damaged" in errors
        assert not folder.exists()
    hub.damaged = None
    assert fetch(hub, MODEL, str(folder))[0] == 0
    check(folder, hub)


def test_two_at_a_time(hub: FakeHub, folder: Path) -> None:
    with stalled(hub, folder):
        code, errors = fetch(hub, MODEL, str(folder))
    assert code == 1
    assert "another process is fetching" in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["someone/missing"], "the hub has no model 'someone/missing'"),
        (["closed/model"], "set HF_TOKEN"),
        ([MODEL, "--revision", "v9"], f"the hub has no revision 'v9' of {MODEL}"),
    ],
)
def test_what_the_hub_does_not_give(
    hub: FakeHub, folder: Path, arguments: list[str], message: str
) -> None:
    code, errors = fetch(hub, arguments[0], str(folder), *arguments[1:])
    assert code == 1
    assert message in errors
    assert not folder.parent.exists()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "check the network"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE"),
    ],
)
def test_without_a_network(
    hub: FakeHub, folder: Path, variables: dict[str, str], message: str
) -> None:
    code, errors = fetch(hub, MODEL, str(folder), **variables)
    assert code == 1
    assert message in errors
    assert not folder.parent.exists()


def test_another_kind_of_model_is_refused_before_its_weights_come(
    hub: FakeHub, folder: Path
) -> None:
    hub.files["config.json"] = b'{"model_type": "bart"}'
    code, errors = fetch(hub, MODEL, str(folder))
    assert code == 1
    assert "'bart'" in errors
    assert hub.starts(WEIGHTS) == []


def test_a_repository_that_lacks_a_file(hub: FakeHub, folder: Path) -> None:
    del hub.files["vocab.json"]
    hub.files["model-00002-of-00002.safetensors"] = hub.files.pop(WEIGHTS)
    code, errors = fetch(hub, MODEL, str(folder))
    assert code == 1
    assert (
        "lacks vocab.json, model-00001-of-00002.safetensors, model.safetensors.index.json" in errors
    )


def test_the_server_downloads_just_what_it_needs_too(hub: FakeHub, tmp_path: Path) -> None:
    script = f"from translator.models.checkpoints import resolve; print(resolve({MODEL!r}).folder)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environ |= {"HF_HOME": str(tmp_path), "HF_ENDPOINT": hub.url}
    for variables in ({}, {"HF_HUB_OFFLINE": "1"}):  # at last from its cache
        result = subprocess.run(
            [sys.executable, "-c", script],
            env=environ | variables,
            capture_output=True,
            text=True,
            check=True,
        )
        folder = Path(result.stdout.strip())
        assert {path.name for path in folder.iterdir()} == NEEDED
        assert read_folder("small", folder).manifest is None
    assert {name for name, _ in hub.requests} == NEEDED
