"""The kernels of Residual give what plain torch gives."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.unit.translator.engines.inflight.launches import counted_launches
from translator.engines.inflight.narrow import FORMATS, NarrowLinear
from translator.engines.inflight.operations import sublayers
from translator.engines.inflight.operations.types import Residual
from translator.engines.inflight.projection import Linear
from translator.engines.inflight.weights import LayerNorm

pytest.importorskip("triton", reason="Triton is not installed")

from translator.engines.inflight.operations.kernels.product import Product
from translator.engines.inflight.operations.kernels.residual import fused_linear, residual_norm

KERNELS = (residual_norm, fused_linear)
DTYPES = (torch.float32, torch.bfloat16, torch.float16)
# Tiles have 16 or 64 rows, 16 or 32 outputs, and 32, 64 or 256 inputs.
SLOTS = (1, 2, 3, 8, 9, 16, 17, 63, 64, 65)
SIZES = (1, 15, 16, 17, 31, 32, 33, 65)


def random(*shape: int, dtype: torch.dtype, scale: float = 1.0) -> Tensor:
    return (torch.randn(*shape) * scale).to(dtype)


def linear(outputs: int, inputs: int, dtype: torch.dtype) -> Linear:
    weight = random(outputs, inputs, dtype=dtype, scale=inputs**-0.5)
    return Linear(weight, random(outputs, dtype=dtype))


def narrow(outputs: int, inputs: int, dtype: torch.dtype, kept: str) -> NarrowLinear:
    weight = torch.randn(outputs, inputs) * inputs**-0.5
    return NarrowLinear.of(weight, torch.randn(outputs), FORMATS[kept], dtype)


def norm_of(width: int, dtype: torch.dtype) -> LayerNorm:
    return LayerNorm(random(width, dtype=dtype), random(width, dtype=dtype))


def exact(norm: LayerNorm, x: Tensor) -> Tensor:
    """Return the norm, computed in 32 bits.

    In float16, torch itself is up to 12 units off where all numbers of a row are equal, on CPUs
    without AVX-512.
    """
    weight, bias = norm.weight.float(), norm.bias.float()
    return LayerNorm(weight, bias)(x.float()).to(x.dtype)


def check(
    kernel: Residual,
    hidden: Tensor,
    x: Tensor,
    out: Product,
    norm: LayerNorm,
    then: Product | None,
    relu: bool,
) -> None:
    """Compare each result with that of plain torch for the same input.

    In 16 bits, a number that is rounded may differ by its unit in the last place on either side:
    the product and the sum of the first result, each number of the norm, and the second result.
    What cancels leaves the error of larger numbers.
    """
    eps, least = (1e-5, 1.0) if x.dtype == torch.float32 else (torch.finfo(x.dtype).eps, 0.01)
    expected, _ = sublayers.residual(hidden, x, out, norm, None)
    total, result = kernel(hidden, x, out, norm, then, relu=relu)
    assert total.dtype == result.dtype == x.dtype
    parts = [out(x).float().abs(), out.bias.float().abs(), expected.float().abs()]
    assert ((total.float() - expected.float()).abs() <= eps * (sum(parts) + least)).all()
    normed = exact(norm, total)
    size = (normed.float() - norm.bias.float()).abs() + norm.bias.float().abs()
    if then is None:
        assert ((result.float() - normed.float()).abs() <= eps * (size + least)).all()
        return
    projected = then(normed)
    expected = torch.relu(projected) if relu else projected
    weight = then.weight.float().abs()
    if isinstance(then, NarrowLinear):
        weight *= then.scale.float()[:, None]
    size = size @ weight.t() + then.bias.float().abs()
    assert ((result.float() - expected.float()).abs() <= eps * (size + least)).all()


@given(
    st.integers(0, 9_999), st.sampled_from(SLOTS), st.integers(1, 8), st.sampled_from(SIZES),
    st.sampled_from(SIZES), st.sampled_from(DTYPES), st.booleans(), st.booleans(),
)  # fmt: skip
@settings(max_examples=25)
@pytest.mark.parametrize("kernel", KERNELS)
def test_equal_to_the_twin(
    kernel: Residual,
    seed: int,
    n: int,
    beams: int,
    width: int,
    inner: int,
    dtype: torch.dtype,
    relu: bool,
    last: bool,
) -> None:
    torch.manual_seed(seed)
    n = min(n, 80 // beams)
    hidden = random(n, beams, width, dtype=dtype, scale=3.0) + 1
    x = random(n, beams, inner, dtype=dtype)
    then = None if last else linear(inner, width, dtype)
    out, norm = linear(width, inner, dtype), norm_of(width, dtype)
    check(kernel, hidden, x, out, norm, then, relu)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("inner", [255, 256, 257, 2_049])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_long_rows_and_many_outputs(kernel: Residual, inner: int, dtype: torch.dtype) -> None:
    torch.manual_seed(inner)
    width = 257
    hidden, x = random(2, 5, width, dtype=dtype), random(2, 5, inner, dtype=dtype)
    out, then = linear(width, inner, dtype), linear(inner, width, dtype)
    check(kernel, hidden, x, out, norm_of(width, dtype), then, relu=True)


@given(
    st.integers(0, 9_999), st.integers(1, 20), st.sampled_from(SIZES), st.sampled_from(SIZES),
    st.sampled_from([torch.float32, torch.bfloat16]), st.booleans(),
)  # fmt: skip
@settings(max_examples=20)
@pytest.mark.parametrize("kept", FORMATS)
def test_weights_of_8_bits(
    kept: str, seed: int, n: int, width: int, inner: int, dtype: torch.dtype, relu: bool
) -> None:
    torch.manual_seed(seed)
    hidden, x = random(n, 1, width, dtype=dtype), random(n, 1, inner, dtype=dtype)
    out, then = narrow(width, inner, dtype, kept), narrow(inner, width, dtype, kept)
    check(fused_linear, hidden, x, out, norm_of(width, dtype), then, relu)


def test_every_float8_is_converted_exactly() -> None:
    """Subnormal numbers and the largest ones, too."""
    every = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn)
    every = every[~every.float().isnan()]
    part = NarrowLinear(every[:, None], torch.ones(len(every)), torch.zeros(len(every)))
    hidden = torch.zeros(1, 1, len(every))
    result, _ = fused_linear(hidden, torch.ones(1, 1, 1), part, norm_of(254, torch.float32), None)
    assert torch.equal(result.flatten(), every.float())


@pytest.mark.parametrize("kernel", KERNELS)
def test_statistics_lose_nothing_where_the_mean_is_large(kernel: Residual) -> None:
    torch.manual_seed(0)
    hidden = torch.randn(3, 1, 65) + 10_000
    x, out, norm = torch.zeros(3, 1, 8), linear(65, 8, torch.float32), norm_of(65, torch.float32)
    then = linear(16, 65, torch.float32)
    total, result = kernel(hidden, x, out, norm, then)
    exact = LayerNorm(norm.weight.double(), norm.bias.double())(total.double())
    expected = exact @ then.weight.double().t() + then.bias.double()
    torch.testing.assert_close(result.double(), expected, rtol=0, atol=2e-3)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("where", ["hidden", "x"])
@pytest.mark.parametrize("relu", [True, False])
def test_nan_stays_in_its_row_and_is_not_hidden(kernel: Residual, where: str, relu: bool) -> None:
    torch.manual_seed(0)
    inputs = {"hidden": torch.randn(4, 5, 16), "x": torch.randn(4, 5, 32)}
    parts = linear(16, 32, torch.float32), norm_of(16, torch.float32), linear(32, 16, torch.float32)
    clean = kernel(inputs["hidden"], inputs["x"], *parts, relu=relu)
    inputs[where][1, 2] = torch.nan
    spoilt = kernel(inputs["hidden"], inputs["x"], *parts, relu=relu)
    others = torch.ones(4, 5, dtype=torch.bool)
    others[1, 2] = False
    for before, after in zip(clean, spoilt, strict=True):
        assert after[1, 2].isnan().all()
        assert torch.equal(after[others], before[others])


@pytest.mark.parametrize(
    ("kernel", "last", "expected"),
    [
        (residual_norm, False, ["mm", "_add_norm_kernel", "_addmm_activation"]),
        (residual_norm, True, ["mm", "_add_norm_kernel"]),
        (fused_linear, False, ["_add_product_kernel", "_norm_product_kernel"]),
        (fused_linear, True, ["_add_product_kernel", "native_layer_norm"]),
    ],
)
def test_launches(kernel: Residual, last: bool, expected: list[str]) -> None:
    dtype = torch.bfloat16
    hidden, x = random(4, 5, 16, dtype=dtype), random(4, 5, 32, dtype=dtype)
    then = None if last else linear(32, 16, dtype)
    out, norm = linear(16, 32, dtype), norm_of(16, dtype)
    with torch.no_grad(), counted_launches() as counts:
        kernel(hidden, x, out, norm, then, relu=not last)
    assert counts == Counter(expected)


@pytest.mark.parametrize("kernel", KERNELS)
def test_any_memory_layout(kernel: Residual) -> None:
    torch.manual_seed(0)
    hidden = torch.randn(5, 3, 16).transpose(0, 1)
    x = torch.randn(3, 32, 5).transpose(1, 2)
    out, norm = linear(16, 32, torch.float32), norm_of(16, torch.float32)
    check(kernel, hidden, x, out, norm, linear(32, 16, torch.float32), relu=False)
