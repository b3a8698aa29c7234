"""What this CPU is fast at, found without torch where possible."""

from functools import cache
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_VNNI = frozenset({"avx512_vnni", "avx_vnni"})
BY_ROW = "linear_with_input_q_dq_qweight_dq_output_fp32"  # FBGEMM's


@cache
def computes_int8() -> bool:
    """Return True if torch multiplies in int8 on this CPU without losing bits.

    Without VNNI, products of bytes are accumulated in 16 bits, which overflow. torch is imported
    only on a CPU that has it.
    """
    if not _has_vnni():
        return False
    import torch

    return (
        hasattr(torch.ops.onednn, "qlinear_pointwise")
        and "fbgemm" in torch.backends.quantized.supported_engines
        and hasattr(torch.ops.quantized, BY_ROW)
        and torch.cpu._is_vnni_supported()
    )


def _has_vnni() -> bool:
    """Return False if the kernel lists the CPU's features, and VNNI is not among them."""
    try:
        info = _CPU_INFO.read_text()
    except OSError:  # not Linux
        return True
    flags = next((line for line in info.splitlines() if line.startswith("flags")), "")
    return not flags or bool(_VNNI & set(flags.split()))
