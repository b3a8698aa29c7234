"""The configuration of a Translator."""

import math
import os
from dataclasses import dataclass, field
from pathlib import Path

from translator.device_memory import MemoryShare

DTYPES = ("auto", "float32", "float16", "bfloat16", "int8", "float8")
ENGINES = ("auto", "reference", "ctranslate2", "inflight")
KERNELS = ("auto", "off")

_BEAM_STEP = 4  # the in-flight engine has a beam group for each width, so widths should be few


def beams_for(default: int, alternatives: int) -> int:
    """Return the beams to search with for the best translation and so many alternatives."""
    if default > alternatives:
        return default
    return _BEAM_STEP * math.ceil((alternatives + 1) / _BEAM_STEP)


def default_cache() -> Path:
    """Return the folder for converted models: `$XDG_CACHE_HOME/m2m-server` or `~/.cache/…`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "m2m-server"


@dataclass(frozen=True, slots=True)
class TranslatorConfig:
    """Configuration of one Translator on one device.

    The engine `auto` is, on a CPU, the faster of `ctranslate2` and `inflight` in int8, as measured
    at the first start; just `inflight` if CTranslate2 is not installed, and just `ctranslate2` if
    the CPU does not multiply in int8. On a GPU it is likewise the faster of the two, or `inflight`
    if CTranslate2 does not load; on several GPUs, `inflight`. The dtype `auto` is int8 on a CPU
    (with `inflight` bfloat16 or float32 if the CPU lacks int8, with `reference` float32), and on a
    GPU bfloat16 if supported, else float16. With int8 or float8 on a GPU, only the weights of the
    engine `inflight` have 8 bits, and it computes in bfloat16.
    """

    model: str = "bundled"  # "bundled", a folder, or a hub id such as "facebook/m2m100_418M"
    device: str = "cpu"  # "cpu", "cpu:1" (one of several workers), "cuda:0", "cuda:0+cuda:1"
    dtype: str = "auto"
    engine: str = "auto"
    kernels: str = "auto"  # of inflight on a GPU: "auto" tries them at the start, "off" uses none
    beams: int | None = None  # None: as in the checkpoint's generation_config
    batch_tokens: int = 2_048  # padded source tokens × beams of one batch
    threads: int | None = None  # CPU threads; None: as many as the process has cores
    cache: Path = field(default_factory=default_cache)
    local_files_only: bool = False  # never contact the hub
    memory_share: MemoryShare | None = None  # of a GPU with several models; None: all of it
    # The engine `inflight` scores only tokens of scripts that the translation may be in.
    target_scripts: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError, naming the field and the choices, for an unsupported value."""
        for name, value, allowed in (
            ("dtype", self.dtype, DTYPES),
            ("engine", self.engine, ENGINES),
            ("kernels", self.kernels, KERNELS),
        ):
            if value not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        if self.engine == "reference" and self.dtype == "int8":
            raise ValueError("dtype int8 needs engine ctranslate2 or inflight; reference has none")
        if self.target_scripts and self.engine not in ("auto", "inflight"):
            raise ValueError(f"target_scripts needs engine inflight; {self.engine} has none")
        if self.engine in ("reference", "ctranslate2") and self.dtype == "float8":
            raise ValueError(
                f"dtype float8 needs engine inflight, on a GPU; {self.engine} has none"
            )
        for name, number in (("batch_tokens", self.batch_tokens), ("beams", self.beams)):
            if number is not None and number < 1:
                raise ValueError(f"{name} must be at least 1, not {number}")
