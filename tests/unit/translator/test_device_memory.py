"""The memory of a device with several models; no device is needed."""

import pytest
import torch

from translator import device_memory
from translator.device_memory import MemoryShare, free_memory, limit_memory
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


def test_free_memory_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    free, total, reserved, fractions = 20 * GB, 24 * GB, 3 * GB, list[float]()
    monkeypatch.setattr(device_memory, "_limits", {})
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, total))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: reserved)
    monkeypatch.setattr(
        torch.cuda, "set_per_process_memory_fraction", lambda part, _: fractions.append(part)
    )
    assert free_memory("cuda:0") == free
    share = MemoryShare(2 * GB, 6 * GB, 2)
    limit_memory("cuda:0", share)
    limit = share.limit(total)
    assert fractions == [limit / total]
    assert free_memory("cuda:0") == limit - reserved
    assert free_memory("cuda:1") == free, "another device has no limit"
    free = 1 * GB  # others have taken it
    assert free_memory("cuda:0") == free
    free, reserved = 20 * GB, limit + 1
    assert free_memory("cuda:0") == 0
