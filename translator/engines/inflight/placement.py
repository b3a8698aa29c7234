"""Places layers on devices: all on one, or spread over a group that shares a large model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch


@dataclass(frozen=True, slots=True)
class Placement:
    """The device of each layer, in order of computation.

    The embeddings of encoder and decoder are with their first layers, the head is with the last.
    """

    encoder: tuple[torch.device, ...]
    decoder: tuple[torch.device, ...]

    @property
    def single(self) -> bool:
        """Whether all layers are on one device."""
        return len({*self.encoder, *self.decoder}) == 1

    def decoder_runs(self) -> Iterator[tuple[torch.device, tuple[int, int]]]:
        """Yield the devices of the decoder in order, each with its layers (first, end)."""
        start = 0
        for device, run in groupby(self.decoder):
            end = start + sum(1 for _ in run)
            yield device, (start, end)
            start = end


def place(
    encoder_layers: Sequence[int],
    decoder_layers: Sequence[int],
    devices: Sequence[tuple[torch.device, int]],
) -> Placement:
    """Spread layers over devices in proportion to free memory, consecutive layers together.

    `encoder_layers` and `decoder_layers` are sizes of layers in any unit; `devices` come with their
    free bytes. A layer goes to the device whose share of the total contains the layer's
    middle, so that few hidden states are copied between devices.
    """
    sizes = [*encoder_layers, *decoder_layers]
    total, memory = sum(sizes), sum(free for _, free in devices)
    bounds, reached = [], 0
    for _, free in devices:
        reached += free
        bounds.append(reached / memory * total)
    placed, position = [], 0.0
    for size in sizes:
        middle = position + size / 2
        placed.append(
            next(d for (d, _), bound in zip(devices, bounds, strict=True) if middle <= bound)
        )
        position += size
    return Placement(tuple(placed[: len(encoder_layers)]), tuple(placed[len(encoder_layers) :]))
