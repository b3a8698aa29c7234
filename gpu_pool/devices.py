"""Which devices to use: the user's words, and what the machine has.

Devices are counted without torch, so that the front never loads it: CUDA shows the GPUs that
`CUDA_VISIBLE_DEVICES` names, else all that NVML counts.
"""

import os
import re
from collections.abc import Callable, Mapping

from gpu_pool.monitor import count_gpus

_CPUS = re.compile(r"cpu(?:\*([1-9]\d*))?")
_GPUS = re.compile(r"cuda:\d+(?:\+cuda:\d+)*")
_ALLOWED = (
    "'auto', 'cpu', 'cpu*2', 'cuda:0', a group for one large model such as 'cuda:0+cuda:1', "
    "or a list such as 'cuda:0,cuda:2'"
)


def parse_devices(
    spec: str,
    environ: Mapping[str, str] = os.environ,
    count: Callable[[], int] = count_gpus,
) -> tuple[str, ...]:
    """Return device names, one a worker: `cuda:N`, `cpu`, or `cpu:0`, `cpu:1`, … for several.

    GPUs joined by "+" share the layers of one model and are one worker.

    `auto` is every visible GPU, or the CPU where there is none; `count` tells how many GPUs the
    machine has. Raises ValueError saying what is allowed.
    """
    if spec.strip() == "auto":
        gpus = visible_gpus(environ, count)
        return tuple(f"cuda:{i}" for i in range(gpus)) or ("cpu",)
    devices: list[str] = []
    for part in (part.strip() for part in spec.split(",")):
        if match := _CPUS.fullmatch(part):
            cpus = int(match[1] or 1)
            devices += ["cpu"] if cpus == 1 else [f"cpu:{i}" for i in range(cpus)]
        elif _GPUS.fullmatch(part):
            numbers = [int(number) for number in re.findall(r"\d+", part)]
            devices.append("+".join(f"cuda:{number}" for number in numbers))
        else:
            raise ValueError(f"no device {part!r}; allowed are {_ALLOWED}")
    single = [name for device in devices for name in device.split("+")]
    if len(set(single)) < len(single) or spec.count("cpu") > 1:
        raise ValueError(f"{spec!r} names a device twice; allowed are {_ALLOWED}")
    return tuple(devices)


def visible_gpus(environ: Mapping[str, str], count: Callable[[], int]) -> int:
    """Return how many devices CUDA will show a process.

    `CUDA_VISIBLE_DEVICES` lists indices, or UUIDs of GPUs or MIG instances; the list ends at the
    first entry that names nothing ("CUDA C++ Programming Guide", environment variables).
    """
    listed = environ.get("CUDA_VISIBLE_DEVICES")
    installed = count()
    if listed is None or not installed:
        return installed
    visible = 0
    for entry in (entry.strip() for entry in listed.split(",")):
        if entry.startswith("MIG-"):
            return 1  # of several instances CUDA shows a process one only
        if not entry.startswith("GPU-") and not (entry.isdecimal() and int(entry) < installed):
            break
        visible += 1
    return visible
