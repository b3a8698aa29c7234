"""cuDNN's attention stays disabled: in a worker, and at each call of an engine."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from tests.unit.translator.engines.cudnn import cudnn_enabled
from translator import Translator, TranslatorConfig
from translator.device_decoder import DeviceDecoder
from translator.engines.attention import avoid_cudnn
from translator.engines.loading import load_model
from translator.models.checkpoints import Checkpoint

TIMEOUT = 120.0
TORCH_ENGINES = ("reference", "inflight")


class CudnnReporter(DeviceDecoder):
    """Reports, as its device's name, the engines after which its process may use cuDNN.

    Begins with CTranslate2, for which nothing loads weights with torch.
    """

    def __init__(self, cache: Path) -> None:
        allowing: list[str] = []
        for engine in ("ctranslate2", *TORCH_ENGINES):
            torch.backends.cuda.enable_cudnn_sdp(True)
            super().__init__(TranslatorConfig(cache=cache, engine=engine, threads=1))
            allowing += [engine] * cudnn_enabled()
        self.name = f"allowing: {allowing}"


def make_reporter(device: str, cache: Path) -> CudnnReporter:
    return CudnnReporter(cache)


@pytest.fixture
def with_cudnn() -> Iterator[None]:
    """Enable cuDNN, as torch does by default."""
    before = cudnn_enabled()
    torch.backends.cuda.enable_cudnn_sdp(True)
    yield
    torch.backends.cuda.enable_cudnn_sdp(before)


@pytest.mark.usefixtures("int8")  # already converted, so that CTranslate2 needs no torch
def test_it_is_disabled_in_a_worker(cache: Path) -> None:
    """By each engine, whatever was loaded before."""
    pool = GpuPool([ModelSpec("reporter", ["cpu"], partial(make_reporter, cache=cache))])
    pool.start()
    deadline = time.monotonic() + TIMEOUT
    while pool.status().state != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (worker,) = pool.status().workers
    pool.close()
    assert worker.gpus[0].name == "allowing: []"


@pytest.mark.parametrize("engine", TORCH_ENGINES)
@pytest.mark.usefixtures("with_cudnn")
def test_it_is_disabled_at_each_call_of_an_engine(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No library enables it temporarily, as `sdpa_kernel` does."""
    allowed: list[bool] = []
    original: Callable[..., Any] = functional.scaled_dot_product_attention

    def watched(*arguments: Any, **named: Any) -> Any:
        allowed.append(cudnn_enabled())
        return original(*arguments, **named)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", watched)
    translator = Translator(TranslatorConfig(engine=engine, dtype="float32"))
    translator.translate("Where is the station?", "en", "de")
    assert allowed
    assert not any(allowed)


@pytest.mark.usefixtures("with_cudnn")
def test_loading_weights_disables_it(bundled: Checkpoint) -> None:
    """Benchmarks build engines without a Translator."""
    load_model(bundled.folder, torch.float32)
    assert not cudnn_enabled()


@pytest.mark.usefixtures("with_cudnn")
def test_it_is_disabled_again_after_a_library_enabled_it_temporarily() -> None:
    avoid_cudnn()
    kernels = [SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    with sdpa_kernel(kernels, set_priority=True):
        assert cudnn_enabled(), "inside, it is enabled: see avoid_cudnn"
    assert not cudnn_enabled()
