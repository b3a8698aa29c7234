"""Makes Triton's interpreter, where it runs the kernels, compute in bfloat16 as cards do."""

import os
from importlib.util import find_spec

if os.environ.get("TRITON_INTERPRET") and find_spec("triton"):
    from tests.unit.translator.engines.inflight.interpreter import correct_bfloat16

    correct_bfloat16()
