"""cuDNN's attention stays off: in a worker, and at each call that an engine makes."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from gpu_pool.pool import GpuPool
from translator import Translator, TranslatorConfig
from translator.engines.attention import avoid_cudnn
from translator.engines.loading import load_model
from translator.models.checkpoints import Checkpoint

PATIENCE = 120.0
TORCH_ENGINES = ("reference", "inflight")


class Telling(Translator):
    """Says instead of its device's name whether its process may use cuDNN."""

    def __init__(self, config: TranslatorConfig) -> None:
        super().__init__(config)
        self.name = f"cuDNN: {torch.backends.cuda.cudnn_sdp_enabled()}"


def make_telling(device: str, cache: Path, engine: str) -> Telling:
    return Telling(TranslatorConfig(device=device, cache=cache, engine=engine))


@pytest.fixture
def with_cudnn() -> Iterator[None]:
    """Begin as torch does, whatever ran in this process before."""
    before = torch.backends.cuda.cudnn_sdp_enabled()
    torch.backends.cuda.enable_cudnn_sdp(True)
    yield
    torch.backends.cuda.enable_cudnn_sdp(before)


@pytest.mark.parametrize("engine", ["ctranslate2", *TORCH_ENGINES])
@pytest.mark.usefixtures("int8")  # converted already: CTranslate2 loads no weights with torch
def test_a_worker_has_it_off(cache: Path, engine: str) -> None:
    pool = GpuPool(["cpu"], partial(make_telling, cache=cache, engine=engine))
    pool.start()
    deadline = time.monotonic() + PATIENCE
    while pool.status().state != "ok":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (worker,) = pool.status().workers
    pool.close()
    assert worker.gpus[0].name == "cuDNN: False"


@pytest.mark.parametrize("engine", TORCH_ENGINES)
@pytest.mark.usefixtures("with_cudnn")
def test_no_call_of_an_engine_has_it_on(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a library switch it on for a while, as `sdpa_kernel` does."""
    allowed: list[bool] = []
    original: Callable[..., Any] = functional.scaled_dot_product_attention

    def watched(*arguments: Any, **named: Any) -> Any:
        allowed.append(torch.backends.cuda.cudnn_sdp_enabled())
        return original(*arguments, **named)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", watched)
    translator = Translator(TranslatorConfig(engine=engine, dtype="float32"))
    translator.translate("Where is the station?", "en", "de")
    assert allowed
    assert not any(allowed)


@pytest.mark.usefixtures("with_cudnn")
def test_loading_weights_switches_it_off(bundled: Checkpoint) -> None:
    """For those who build an engine without a Translator, as benchmarks do."""
    load_model(bundled.folder, torch.float32)
    assert not torch.backends.cuda.cudnn_sdp_enabled()


@pytest.mark.usefixtures("with_cudnn")
def test_it_is_off_again_after_a_library_preferred_it_for_a_while() -> None:
    avoid_cudnn()
    kernels = [SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    with sdpa_kernel(kernels, set_priority=True):
        assert torch.backends.cuda.cudnn_sdp_enabled(), "within, it is on: see avoid_cudnn"
    assert not torch.backends.cuda.cudnn_sdp_enabled()
