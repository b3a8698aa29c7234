"""Loading: what it holds, what it reads, and what it refuses."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import M2M100ForConditionalGeneration

from benchmarks.loading import CONVERTING, measure, shape, write_checkpoint
from tests.shards import make_sharded
from tests.unit.translator.families import make_nllb
from training.corpus import sentences
from translator.config import TranslatorConfig
from translator.device_decoder import DeviceDecoder
from translator.engines import Decoding, EncodedSegment
from translator.engines.build import build_engine
from translator.engines.cpu_features import computes_int8
from translator.engines.loading import load_model
from translator.errors import CheckpointError
from translator.models.checkpoints import BUNDLED_FOLDER, read_folder

pytestmark = pytest.mark.slow
ENGINES = ("reference", "inflight", "ctranslate2")
FRACTION = 3 / 16  # of the width of NLLB-200 3.3B: 236 MB in 16 bits
WEIGHTS, PICKLE = "model.safetensors", "pytorch_model.bin"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Return a checkpoint large enough for its size to be seen in a process, and its parameters."""
    folder = tmp_path_factory.mktemp("loading") / "large"
    write_checkpoint(folder / "tiny", shape(1 / 64), "bfloat16", "safetensors")
    return folder, write_checkpoint(folder, shape(FRACTION), "bfloat16", "safetensors")


# Peak and size are compared. In int8 the engine `inflight` holds what it multiplies by twice, and
# CTranslate2 a table in fp32 twice while it is converted. In fp32, the ratio would be above 4.
@pytest.mark.long
@pytest.mark.parametrize(
    ("engine", "dtype", "width", "most"),
    [
        ("reference", "bfloat16", 2, 1.2),
        ("inflight", "bfloat16", 2, 1.2),
        ("inflight", "int8", 1, 2.2),
        (CONVERTING, "int8", 1, 2.2),
    ],
)
def test_little_more_than_the_model_is_held(
    large: tuple[Path, int], engine: str, dtype: str, width: int, most: float
) -> None:
    if engine == "inflight" and dtype == "int8" and not computes_int8():
        pytest.skip("this CPU does not multiply in int8 without losing bits")
    folder, parameters = large
    row = measure((engine, dtype, width), folder, parameters, "bfloat16", "safetensors")
    assert row["peak_ratio"] < most
    assert row["held_ratio"] > 0.9  # it is loaded


@pytest.fixture(scope="module")
def nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_nllb(tmp_path_factory.mktemp("loading") / "nllb")


def copy_of(folder: Path, target: Path) -> Path:
    return shutil.copytree(folder, target)


def pickled(folder: Path, target: Path, *, new_format: bool = True) -> Path:
    """Copy a checkpoint whose weights are a pickle."""
    copy_of(folder, target)
    tensors = load_file(target / WEIGHTS)
    tensors["lm_head.weight"] = tensors["model.shared.weight"]
    torch.save(tensors, target / PICKLE, _use_new_zipfile_serialization=new_format)
    (target / WEIGHTS).unlink()
    return target


def decoded(folder: Path, engine: str, cache: Path) -> list[list[int] | None]:
    checkpoint = read_folder("tiny", folder)
    tokenizer = checkpoint.tokenizer()
    config = TranslatorConfig(
        model=str(folder), device="cpu", engine=engine, dtype="float32", cache=cache, threads=1
    )
    built, _ = build_engine(config, checkpoint, tokenizer)
    rule = Decoding.of(checkpoint, 1)
    segments = [
        EncodedSegment(i, tokenizer.encode(text, "eng_Latn"), tokenizer.forced_id("deu_Latn"), rule)
        for i, text in enumerate(sentences("test")[:6])
    ]
    built.submit(segments)
    found: dict[int, list[int] | None] = {}
    while len(found) < len(segments):
        found |= {each.key: each.ids for each in built.step()}
    return [found[i] for i in range(len(segments))]


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("engine", ENGINES)
def test_pickles_of_both_formats_load_like_safetensors(
    nllb: Path, tmp_path: Path, engine: str, *, new_format: bool
) -> None:
    folder = pickled(nllb, tmp_path / "pickled", new_format=new_format)
    assert decoded(folder, engine, tmp_path / "a") == decoded(nllb, engine, tmp_path / "b")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_head_of_its_own_is_used(nllb: Path, tmp_path: Path, engine: str) -> None:
    """Fine-tuned models may have one; before, `inflight` scored with the embedding."""
    folder = copy_of(nllb, tmp_path / "untied")
    tensors = load_file(folder / WEIGHTS)
    tensors["lm_head.weight"] = tensors["model.shared.weight"].flip(0).contiguous()
    shared = tensors["model.shared.weight"]
    for side in ("encoder", "decoder"):
        tensors[f"model.{side}.embed_tokens.weight"] = shared.clone()
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
    found = decoded(folder, engine, tmp_path / "cache")
    assert found != decoded(nllb, engine, tmp_path / "other")
    if engine == "reference":
        theirs = M2M100ForConditionalGeneration.from_pretrained(folder)
        ours = load_model(folder, torch.float32)
        assert theirs.lm_head.weight.equal(ours.lm_head.weight)
    else:
        given = [ids and ids[:38] for ids in found]  # CTranslate2 allows a token more
        assert given == decoded(folder, "reference", tmp_path / "cache")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_model_is_that_of_transformers(nllb: Path, dtype: torch.dtype) -> None:
    theirs = M2M100ForConditionalGeneration.from_pretrained(nllb, dtype=dtype)
    ours = load_model(nllb, dtype)
    expected = dict(theirs.named_parameters()) | dict(theirs.named_buffers())
    found = dict(ours.named_parameters()) | dict(ours.named_buffers())
    assert found.keys() == expected.keys()
    assert all(found[name].equal(expected[name]) for name in expected)
    assert ours.generation_config.to_dict() == theirs.generation_config.to_dict()
    theirs.config._name_or_path = ""  # where it came from
    assert ours.config.to_dict() == theirs.config.to_dict()


def cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def truncated(share: float) -> Callable[[Path], None]:
    return lambda folder: cut(folder / WEIGHTS, share)


def truncated_pickle(share: float, *, new_format: bool) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        tensors = load_file(folder / WEIGHTS)
        torch.save(tensors, folder / PICKLE, _use_new_zipfile_serialization=new_format)
        (folder / WEIGHTS).unlink()
        cut(folder / PICKLE, share)

    return damage


def another_file(folder: Path) -> None:
    (folder / WEIGHTS).write_text("Not found" * 99)


def of_another_shape(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    name = "model.decoder.layers.1.fc1.weight"
    tensors[name] = tensors[name][:-1].contiguous()
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})


def without_a_tensor(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    del tensors["model.encoder.layer_norm.bias"]
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a header cut off": (truncated(0.0001), r"model\.safetensors is truncated or not a safe"),
    "half of it": (truncated(0.5), r"model\.safetensors is truncated: it has \d+ bytes instead"),
    "nearly all of it": (truncated(0.999999), r"model\.safetensors is truncated: it has"),
    "nothing": (truncated(0), r"model\.safetensors is truncated or not a safetensors file"),
    "text": (another_file, r"model\.safetensors is truncated or not a safetensors file"),
    "half a pickle": (truncated_pickle(0.5, new_format=True), r"pytorch_model\.bin is truncated"),
    "half an old pickle": (
        truncated_pickle(0.5, new_format=False), r"pytorch_model\.bin is truncated",
    ),
    "an old pickle's beginning": (
        truncated_pickle(0.00001, new_format=False), r"pytorch_model\.bin is truncated",
    ),
    "another shape": (of_another_shape, r"do not fit the model: model\.decoder\.layers\.1\.fc1\.w"),
    "a tensor less": (without_a_tensor, r"do not fit the model: model\.encoder\.layer_norm\.bias"),
}  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_weights_are_refused_by_name(
    nllb: Path, tmp_path: Path, engine: str, damage: str
) -> None:
    folder = copy_of(nllb, tmp_path / "damaged")
    harm, message = DAMAGES[damage]
    harm(folder)
    config = TranslatorConfig(
        model=str(folder), device="cpu", engine=engine, dtype="float32", cache=tmp_path / "cache"
    )
    with pytest.raises(CheckpointError, match=message):
        DeviceDecoder(config)


def test_a_shard_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = make_sharded(tmp_path / "sharded")
    first = min(folder.glob("model-*.safetensors"))
    cut(first, 0.9)
    with pytest.raises(CheckpointError, match=rf"{first.name} is truncated"):
        DeviceDecoder(TranslatorConfig(model=str(folder), cache=tmp_path, engine="inflight"))


def test_an_unknown_activation_is_refused(nllb: Path, tmp_path: Path) -> None:
    folder = copy_of(nllb, tmp_path / "gelu")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"activation_function": "gelu"}))
    with pytest.raises(CheckpointError, match="has the activation 'gelu'"):
        DeviceDecoder(TranslatorConfig(model=str(folder), cache=tmp_path, engine="inflight"))


def test_neither_conversion_nor_the_in_flight_engine_imports_the_model_of_transformers() -> None:
    """It takes seconds and 100 MB."""
    script = (
        "import sys, translator.engines.converter, translator.engines.inflight.build;"
        "sys.exit('transformers.models.m2m_100.modeling_m2m_100' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_bundled_weights_are_all_read() -> None:
    assert load_model(BUNDLED_FOLDER, torch.float16).num_parameters() > 11_000_000
