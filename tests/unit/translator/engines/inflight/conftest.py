"""Prepares Triton's interpreter, where it runs the kernels: bfloat16 as on cards, in less time."""

import os
from importlib.util import find_spec

if os.environ.get("TRITON_INTERPRET") and find_spec("triton"):
    from tests.unit.translator.engines.inflight.interpreter import (
        correct_bfloat16,
        patch_language_once,
    )

    correct_bfloat16()
    patch_language_once()
