"""Attention on CUDA devices: with any of torch's kernels but cuDNN's.

On Hopper torch prefers cuDNN's, whose host builds a plan for every new shape. Sentences that join
and leave make new shapes all the time; docs/engine.md has what that cost.
"""

import torch


def avoid_cudnn() -> None:
    """Take cuDNN out of what torch's attention chooses from, in this process, on all devices.

    torch looks at this switch at every call, after any order of preference. So it holds whatever
    order torch, a variable of the environment or a library asks for. It does not hold where a
    library switches cuDNN on: for good, with `enable_cudnn_sdp(True)`, or within an `sdpa_kernel`
    that names cuDNN, which puts the switch back at its end. Against the first, this is called when
    libraries and weights are loaded, and again when the engine is there. The second can only come
    between in `generate`, for our own decoder calls torch alone: a test looks at every call.
    """
    torch.backends.cuda.enable_cudnn_sdp(False)
