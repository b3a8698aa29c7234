"""How the memory of a GPU is divided among the models on it. torch is imported when it is used."""

from dataclasses import dataclass

from translator.errors import DeviceError

_limits: dict[str, int] = {}  # bytes by device; of the process, as torch's own limit is
_USABLE = 0.95  # of a device's memory; the rest is the driver's, and the contexts' of processes


@dataclass(frozen=True, slots=True)
class MemoryShare:
    """The part of one of several models on a device; bytes are those of weights."""

    weights: int  # of this model on the device
    others: int  # of all other models on it
    models: int  # on the device, this one included

    def limit(self, total: int) -> int:
        """Return the bytes of `total` that the process of this model may use.

        They are its weights, and an equal part of what all weights leave. Raises DeviceError where
        the weights alone are too much.
        """
        left = int(total * _USABLE) - self.weights - self.others
        if left <= 0:
            raise DeviceError(
                f"the {self.models} models on this device have {_gigabytes(self.weights)} (this "
                f"one) and {_gigabytes(self.others)} (others) of weights, and the device has "
                f"{_gigabytes(total)}; see --model-devices"
            )
        return self.weights + left // self.models


def limit_memory(device: str, share: MemoryShare) -> None:
    """Keep torch in this process within its share of a GPU's memory. Raises DeviceError."""
    import torch

    total = torch.cuda.mem_get_info(device)[1]
    _limits[device] = share.limit(total)
    torch.cuda.set_per_process_memory_fraction(_limits[device] / total, device)


def free_memory(device: str) -> int:
    """Return the bytes of a GPU that this process can still allocate, without what it has cached.

    It is what is free, or what is left of the limit of `limit_memory` if that is less.
    """
    import torch

    free: int = torch.cuda.mem_get_info(device)[0]
    if device not in _limits:
        return free
    return min(free, max(0, _limits[device] - torch.cuda.memory_reserved(device)))


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
