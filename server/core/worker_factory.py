"""Makes a worker's decoder. Importing this module must load no model library."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from translator.config import TranslatorConfig
from translator.device_memory import MemoryShare

if TYPE_CHECKING:
    from translator.device_decoder import DeviceDecoder


def make_decoder(
    device: str, config: TranslatorConfig, shares: Mapping[str, MemoryShare]
) -> "DeviceDecoder":
    """Load the model on `device`, within its share, if any. Raises CheckpointError, DeviceError."""
    from translator.device_decoder import DeviceDecoder

    return DeviceDecoder(replace(config, device=device, memory_share=shares.get(device)))
