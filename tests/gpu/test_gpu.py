"""The Translator and the pool on real GPUs."""

import time
from collections.abc import Iterator
from functools import partial

import pytest
import torch
from sacrebleu import corpus_chrf

from gpu_pool.devices import parse_devices
from gpu_pool.model_spec import ModelSpec
from gpu_pool.monitor import GpuMonitor, normalise_uuid
from gpu_pool.pool import GpuPool
from server.core.cache import TranslationCache
from server.core.pool_factory import describe_models
from server.core.requests import RequestContext, TextRequest
from server.core.settings import Settings
from server.core.translation import TranslationService
from server.core.worker_factory import make_decoder
from tests.agreement import nearly_equal
from training.corpus import DIRECTIONS, read_references
from translator import DeviceError, Translator, TranslatorConfig
from translator.device_decoder import DeviceDecoder
from translator.models.checkpoints import resolve
from translator.segment_batch import Translated

TIMEOUT = 120.0
WORK = [
    (text, source, target)
    for source, target in DIRECTIONS
    for text in list(read_references("test")[source, target])[:10]
]
TEXTS, SOURCES, TARGETS = (list(column) for column in zip(*WORK, strict=True))


@pytest.fixture(scope="module")
def expected() -> list[str]:
    cpu = Translator(TranslatorConfig(engine="reference", dtype="float32"))
    return cpu.batch(TEXTS, SOURCES, TARGETS)


@pytest.mark.parametrize("engine", ["reference", "inflight"])
def test_float32_agrees_with_the_cpu(expected: list[str], engine: str) -> None:
    gpu = Translator(TranslatorConfig(device="cuda:0", engine=engine, dtype="float32"))
    results = gpu.batch(TEXTS, SOURCES, TARGETS)
    assert nearly_equal(results, expected)


@pytest.mark.parametrize("engine", ["reference", "inflight"])
@pytest.mark.parametrize("dtype", ["auto", "float16"])
def test_half_precision_is_as_good(expected: list[str], dtype: str, engine: str) -> None:
    gpu = Translator(TranslatorConfig(device="cuda:0", dtype=dtype, engine=engine))
    assert corpus_chrf(gpu.batch(TEXTS, SOURCES, TARGETS), [expected]).score >= 85


@pytest.fixture
def limited_memory() -> Iterator[None]:
    """Enough memory for the weights, but far too little for the scores of all texts at once."""
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((256 << 20) / total)
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.usefixtures("limited_memory")
def test_out_of_memory_halves_the_batch_and_gives_the_same(expected: list[str]) -> None:
    config = TranslatorConfig(
        device="cuda:0", engine="reference", dtype="float32", batch_tokens=400_000
    )
    gpu = Translator(config)
    many = 20
    results = gpu.batch(TEXTS * many, SOURCES * many, TARGETS * many)
    assert gpu.splits > 0
    assert nearly_equal(results, expected * many)


def test_alternatives_have_slots_of_their_own() -> None:
    gpu = Translator(TranslatorConfig(device="cuda:0", engine="inflight"))
    for key, (text, source, target) in enumerate(WORK[:8]):
        gpu.submit(key, text, source, target, alternatives=key)
    finished: dict[int, Translated] = {}
    while len(finished) < 8:
        finished |= {translated.key: translated for translated in gpu.step()}
    assert all(len(finished[key].alternatives) <= key for key in range(8))
    assert finished[7].alternatives


def test_a_device_beyond_the_last_is_refused() -> None:
    with pytest.raises(DeviceError, match="does not exist"):
        Translator(TranslatorConfig(device=f"cuda:{torch.cuda.device_count()}"))


def test_auto_finds_the_devices_of_torch() -> None:
    assert len(parse_devices("auto")) == torch.cuda.device_count()


def test_nvml_and_torch_agree_on_the_card() -> None:
    uuid = str(torch.cuda.get_device_properties(0).uuid)
    monitor = GpuMonitor(interval=0.1)
    monitor.start()
    deadline = time.monotonic() + TIMEOUT
    while not (readings := monitor.snapshot()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    monitor.close()
    reading = readings[normalise_uuid(uuid)]
    assert reading.memory_total == pytest.approx(
        torch.cuda.get_device_properties(0).total_memory, rel=0.1
    )


def test_the_pool_serves_from_every_gpu(expected: list[str]) -> None:
    devices = parse_devices("auto")
    models = describe_models(Settings(), {"bundled": devices}, [resolve("bundled")])
    factory = partial(make_decoder, config=TranslatorConfig(), shares={})
    pool = GpuPool([ModelSpec("bundled", devices, factory)])
    pool.start()
    deadline = time.monotonic() + TIMEOUT
    while pool.status().state != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    translator = models.default.translated_by(pool, TranslationCache(0))
    service = TranslationService({"bundled": translator}, models, {})
    text_requests = [TextRequest(*each) for each in WORK]
    answers = service.translate(text_requests, RequestContext(time.monotonic() + TIMEOUT))
    results = [answer.text for answer in answers]
    rows = [row for worker in pool.status().workers for row in worker.rows()]
    pool.close()
    assert corpus_chrf(results, [expected]).score >= 85
    assert all(row["uuid"] and row["memory_used"] and row["finished_segments"] for row in rows)


def test_a_trial_measures_the_memory_that_the_formula_omits() -> None:
    gpu = DeviceDecoder(TranslatorConfig(device="cuda:0"))
    assert 1.0 <= gpu.memory_scale < 1_000
    assert gpu.budget


@pytest.mark.skipif("torch.cuda.device_count() < 2")
def test_a_model_on_two_gpus_agrees_with_one(expected: list[str]) -> None:
    group = Translator(TranslatorConfig(device="cuda:0+cuda:1", dtype="float32"))
    results = group.batch(TEXTS, SOURCES, TARGETS)
    assert nearly_equal(results, expected)
