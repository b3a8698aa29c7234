"""The memory of a device with several models; no device is needed."""

import pytest

from translator.device_memory import MemoryShare
from translator.errors import DeviceError

GB = 10**9


def test_models_share_what_their_weights_leave() -> None:
    small, large = MemoryShare(1 * GB, 7 * GB, 2), MemoryShare(7 * GB, 1 * GB, 2)
    total = 24 * GB
    assert small.limit(total) == 1 * GB + (22.8 * GB - 8 * GB) // 2
    assert large.limit(total) - small.limit(total) == 6 * GB
    assert small.limit(total) + large.limit(total) <= 0.95 * total


def test_weights_that_do_not_fit_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(DeviceError, match=r"7\.0 GB.*20\.0 GB.*24\.0 GB.*--model-devices"):
        MemoryShare(7 * GB, 20 * GB, 2).limit(24 * GB)
