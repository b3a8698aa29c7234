"""Kernels run in Triton's interpreter, which must be chosen before they are imported."""

import os
from importlib.util import find_spec

import torch

if not torch.cuda.is_available() and find_spec("triton"):
    os.environ.setdefault("TRITON_INTERPRET", "1")

    from tests.unit.translator.engines.inflight.interpreter import correct_bfloat16

    correct_bfloat16()
