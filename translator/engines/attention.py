"""Attention on CUDA devices: any of torch's kernels except cuDNN's.

On Hopper torch prefers cuDNN's kernel, which builds a plan on the host for every new shape.
Sentences that join and leave create new shapes all the time; docs/engine.md has the cost.
"""

import sys


def avoid_cudnn() -> None:
    """Disable cuDNN's attention in this process, on all devices.

    torch checks this switch at every call, whatever order of preference torch, an environment
    variable or a library sets. Only a library that enables cuDNN overrides it: permanently with
    `enable_cudnn_sdp(True)`, or inside an `sdpa_kernel` block that names cuDNN. Against the
    former, this function is called after libraries and weights are loaded, and again when the
    engine is built. The latter can only happen in `generate`, since our own decoder calls nothing
    but torch; a test checks every call. Where torch has not been imported, nothing uses it.
    """
    if "torch" in sys.modules:
        import torch

        torch.backends.cuda.enable_cudnn_sdp(False)
