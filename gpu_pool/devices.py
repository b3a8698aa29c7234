"""Parses the list of devices, and finds the GPUs that are visible to CUDA.

GPUs are counted through NVML and `CUDA_VISIBLE_DEVICES`, so that only workers load torch.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence

from gpu_pool.monitor import InstalledGpu, installed_gpus

_CPUS = re.compile(r"cpu(?:\*([1-9]\d*))?")
_GPUS = re.compile(r"cuda:\d+(?:\+cuda:\d+)*")
_ALLOWED = (
    "'auto', 'cpu', 'cpu*2', 'cuda:0', a group for one large model such as 'cuda:0+cuda:1', "
    "or a list such as 'cuda:0,cuda:2'"
)


def parse_devices(
    spec: str,
    environ: Mapping[str, str] = os.environ,
    installed: Callable[[], Sequence[InstalledGpu]] = installed_gpus,
) -> tuple[str, ...]:
    """Return device names, one per worker: `cuda:N`, `cpu`, or `cpu:0`, `cpu:1`, … for several.

    GPUs joined by "+" share the layers of one model and form one worker. `auto` is every visible
    GPU, or the CPU if there is none; `installed` returns the GPUs of the machine. Raises
    ValueError, whose message lists the allowed forms.
    """
    if spec.strip() == "auto":
        gpus = visible_gpus(environ, installed())
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


def visible_gpus(environ: Mapping[str, str], installed: Sequence[InstalledGpu]) -> int:
    """Return the number of devices that are visible to a CUDA process.

    `CUDA_VISIBLE_DEVICES` lists indices, or UUIDs of GPUs or MIG instances, which may be
    abbreviated if unambiguous. The list ends at the first invalid entry; if it contains a device
    twice, no device is visible ("CUDA C++ Programming Guide", environment variables). A process
    sees at most one MIG instance, and no whole GPU beside it ("MIG User Guide").
    """
    listed = environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(i) for i in range(len(installed))] if listed is None else listed.split(",")
    seen: list[str] = []
    for name in names:
        found = _find(name.strip(), installed)
        if found is None:
            break
        if found.startswith("MIG-"):
            return 1
        seen.append(found)
    return len(seen) if len(set(seen)) == len(seen) else 0


def _find(name: str, installed: Sequence[InstalledGpu]) -> str | None:
    """Return the UUID of the device for an entry of `CUDA_VISIBLE_DEVICES`; None if invalid."""
    if name.isdecimal() and int(name) < len(installed):
        gpu = installed[int(name)]
        return gpu.instances[0] if gpu.instances else gpu.uuid
    if not name.startswith(("GPU-", "MIG-")):
        return None
    uuids = [uuid for gpu in installed for uuid in (gpu.uuid, *gpu.instances)]
    matching = [uuid for uuid in uuids if uuid.startswith(name)]
    return matching[0] if len(matching) == 1 else None
