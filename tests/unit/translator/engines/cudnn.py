"""Whether torch may use cuDNN's attention in this process."""

import torch


def cudnn_enabled() -> bool:
    return bool(torch.backends.cuda.cudnn_sdp_enabled())  # type: ignore[no-untyped-call]
