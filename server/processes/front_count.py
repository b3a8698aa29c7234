"""How many fronts a machine gets whose settings name no number."""

from collections.abc import Sequence

_FRONTS_PER_GPU = 2


def front_count(workers: Sequence[str], cores: int) -> int:
    """Return about two fronts a GPU, each on a core that neither pool nor workers need; at least 1.

    `workers` are the devices of all workers; a device may have several. A worker on a GPU keeps a
    core busy, and so does the pool process. On CPUs the workers use all cores, and one front is
    enough for them.
    """
    devices = {name for worker in workers for name in worker.split("+")}
    gpus = sum(name.startswith("cuda") for name in devices)
    spare = cores - len(workers) - 1
    return max(1, min(_FRONTS_PER_GPU * gpus, spare))
