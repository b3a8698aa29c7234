"""The tensors in a checkpoint's files, read one at a time.

Files are read, not mapped: mapped pages count as memory of the process until the file is closed, so
a mapped checkpoint takes twice its size while it is copied.
"""

import json
import math
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import torch
from torch import Tensor

from translator.errors import CheckpointError
from translator.models.checkpoints import tensor_files

_BLOCK = 1 << 22  # numbers that are converted at a time, to bound what is held besides the result
# What torch raises for files that are truncated, or are no dictionaries of tensors.
_DAMAGE = (
    pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, AttributeError,
)  # fmt: skip
_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
}  # fmt: skip


class TensorSource(Protocol):
    """A tensor that is not in memory yet, or not in the dtype and place that are wanted."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor."""

    @property
    def place(self) -> object:
        """What is equal for two names of one tensor, such as those of tied embeddings."""

    def read_into(self, target: Tensor) -> None:
        """Write the values to a contiguous tensor of this shape, of any dtype and device."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """A tensor in a file: its numbers begin at `offset`, in bytes, row by row."""

    path: Path
    offset: int
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def place(self) -> object:
        """See TensorSource."""
        return self.path, self.offset

    def read_into(self, target: Tensor) -> None:
        """See TensorSource; raises CheckpointError if the file ends too early."""
        direct = target.device.type == "cpu" and target.dtype == self.dtype
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.offset)
            for part in torch.split(target.view(-1), _BLOCK):
                block = part if direct else torch.empty(len(part), dtype=self.dtype)
                _fill(block, file, self.path)
                if not direct:
                    part.copy_(block)


@dataclass(frozen=True, slots=True)
class HeldTensor:
    """A tensor that is in memory already."""

    tensor: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """See TensorSource."""
        return tuple(self.tensor.shape)

    @property
    def place(self) -> object:
        """See TensorSource."""
        return self.tensor.data_ptr()

    def read_into(self, target: Tensor) -> None:
        """See TensorSource."""
        target.copy_(self.tensor)


def open_tensors(folder: Path) -> Mapping[str, TensorSource]:
    """Return the tensors in a checkpoint's files by name; their values are not read yet.

    An exception are pickles in the format before torch 1.6, which have to be read whole, and all
    pickles before torch 2.7, which says where their tensors are. Raises CheckpointError naming a
    file that is truncated or holds something else.
    """
    found: dict[str, TensorSource] = {}
    for path in tensor_files(folder):
        found |= _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    return found


def _fill(block: Tensor, file: BinaryIO, path: Path) -> None:
    rest = memoryview(block.view(torch.uint8).numpy())  # type: ignore[arg-type]
    while rest:
        count = file.readinto(rest)  # type: ignore[attr-defined]  # up to 2 GB at a time
        if not count:
            raise CheckpointError(f"{path} is truncated")
        rest = rest[count:]


def _safetensors(path: Path) -> dict[str, FilePart]:
    """Read the header: its length in 8 bytes, then JSON; offsets count from its end."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            begin = 8 + int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(begin - 8) if begin <= size else "")
        header.pop("__metadata__", None)
        parts = {name: _part(path, begin, entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path} is truncated or not a safetensors file") from error
    end = max((part.offset + _size(part) for part in parts.values()), default=begin)
    if end != size:
        raise CheckpointError(f"{path} is truncated: it has {size} bytes instead of {end}")
    return parts


def _part(path: Path, begin: int, entry: Any) -> FilePart:
    """Raise ValueError, KeyError or TypeError for an entry that makes no sense."""
    first, last = entry["data_offsets"]
    part = FilePart(path, begin + first, _DTYPES[entry["dtype"]], tuple(entry["shape"]))
    if last - first != _size(part):
        raise ValueError
    return part


def _size(part: FilePart) -> int:
    return math.prod(part.shape) * part.dtype.itemsize


def _pickled(path: Path) -> dict[str, TensorSource]:
    """Read where the tensors of a pickle are; no code in it is run."""
    # Imported here: it takes seconds, and most checkpoints are safetensors.
    from torch._subclasses.fake_tensor import FakeTensorMode

    try:
        with FakeTensorMode():  # which reads no values
            fakes = torch.load(path, weights_only=True)
        parts = {name: _fake_part(path, fake) for name, fake in fakes.items()}
        if None not in parts.values():
            return {name: part for name, part in parts.items() if part is not None}
        whole = torch.load(path, weights_only=True, map_location="cpu")
    except _DAMAGE as error:
        raise CheckpointError(
            f"{path} is truncated, or holds more than tensors; code in pickles is never run"
        ) from error
    return {name: HeldTensor(tensor) for name, tensor in whole.items()}


def _fake_part(path: Path, fake: Tensor) -> FilePart | None:
    """Return where a tensor is; None if it has no place of its own in the file."""
    begin: int | None = getattr(fake.untyped_storage(), "_checkpoint_offset", None)
    if begin is None or not fake.is_contiguous():
        return None
    offset = begin + int(fake.storage_offset()) * fake.dtype.itemsize
    return FilePart(path, offset, fake.dtype, tuple(fake.shape))
