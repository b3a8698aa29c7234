"""How many fronts a machine gets whose settings name no number."""

from collections.abc import Sequence

_FRONTS_PER_GPU = 2


def front_count(devices: Sequence[str], cores: int) -> int:
    """Return about two fronts a GPU, each on a core that neither pool nor workers need; at least 1.

    A worker on a GPU keeps a core busy, and so does the pool process. On CPUs the workers use all
    cores, and one front is enough for them.
    """
    gpus = sum(name.startswith("cuda") for device in devices for name in device.split("+"))
    spare = cores - len(devices) - 1
    return max(1, min(_FRONTS_PER_GPU * gpus, spare))
