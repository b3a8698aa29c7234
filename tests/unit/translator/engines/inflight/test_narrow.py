"""Weights in 8 bits for GPUs, in plain torch."""

import pytest
import torch

from benchmarks.peers import held
from tests.unit.translator.engines.inflight.tiny import CPU, make_network, tiny_model
from translator.engines.inflight.narrow import FORMATS, NarrowLinear
from translator.engines.inflight.network import Network
from translator.engines.inflight.placement import Placement
from translator.engines.inflight.projection import Rows
from translator.engines.inflight.weights import load

STEPS = {"int8": 127, "float8": 448}  # the largest number


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kept", FORMATS)
def test_each_weight_is_rounded_to_the_nearest(kept: str, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    weight = torch.randn(50, 300) * torch.logspace(-3, 3, 50)[:, None]
    part = NarrowLinear.of(weight, torch.zeros(50), FORMATS[kept], dtype)
    assert part.weight.element_size() == 1
    assert part.scale.dtype == part.bias.dtype == dtype
    steps = weight / part.scale.float()[:, None]
    error = (part.weight.float() - steps).abs()
    if kept == "int8":
        assert (error <= 0.51).all()
    else:  # 3 bits of mantissa; the smallest numbers have steps of 2 ** -9
        assert (error <= torch.clamp(steps.abs() * 2**-4, min=2**-10) * 1.001).all()
    largest = part.weight.float().abs().amax(dim=1)
    assert (largest == STEPS[kept]).all(), "the format's whole range is used"


@pytest.mark.parametrize("kept", FORMATS)
def test_the_product_is_that_of_the_rounded_weight(kept: str) -> None:
    torch.manual_seed(0)
    part = NarrowLinear.of(torch.randn(7, 40), torch.randn(7), FORMATS[kept], torch.float32)
    x = torch.randn(2, 3, 40)
    weight = part.weight.double() * part.scale.double()[:, None]
    expected = x.double() @ weight.t() + part.bias.double()
    torch.testing.assert_close(part(x).double(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kept", FORMATS)
def test_a_row_of_zeros_gives_the_bias(kept: str) -> None:
    bias = torch.tensor([1.0, -2.0])
    part = NarrowLinear.of(torch.zeros(2, 5), bias, FORMATS[kept], torch.float32)
    assert torch.equal(part(torch.randn(3, 5)), bias.expand(3, 2))


@pytest.mark.parametrize("kept", FORMATS)
def test_the_layers_are_narrow_and_the_rest_is_not(kept: str) -> None:
    model = tiny_model(0)
    placement = Placement((CPU,) * 2, (CPU,) * 2)
    weights = load(held(model), placement, torch.bfloat16, narrow=FORMATS[kept])
    layer, part = weights.decoder[0], weights.cross[0].project
    for narrow in (layer.attention.qkv, layer.cross_query, layer.feed_forward.down, part):
        assert isinstance(narrow, NarrowLinear)
        assert narrow.weight.dtype == FORMATS[kept]
        assert narrow.bias.dtype == torch.bfloat16
    assert layer.cross_norm.weight.dtype == weights.dtype == torch.bfloat16
    assert isinstance(weights.embedding, Rows)


@pytest.mark.parametrize(("kept", "error"), [("int8", 0.02), ("float8", 0.1)])
def test_a_network_of_narrow_weights_computes_nearly_the_same(kept: str, error: float) -> None:
    model, placement = tiny_model(0), Placement((CPU,) * 2, (CPU,) * 2)
    network = Network(load(held(model), placement, torch.float32, narrow=FORMATS[kept]))
    source = torch.tensor([[50, 4, 9, 30, 2], [51, 7, 8, 2, 1]])
    hidden, expected = (each.encode(source) for each in (network, make_network(model)))
    assert 0 < (hidden - expected).norm() < error * expected.norm()
