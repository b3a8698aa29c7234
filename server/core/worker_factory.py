"""Makes a worker's decoder. Importing this module must load no model library."""

from dataclasses import replace
from typing import TYPE_CHECKING

from translator.config import TranslatorConfig

if TYPE_CHECKING:
    from translator.device_decoder import DeviceDecoder


def make_decoder(device: str, config: TranslatorConfig) -> "DeviceDecoder":
    """Load the model on `device`. Raises CheckpointError and DeviceError."""
    from translator.device_decoder import DeviceDecoder

    return DeviceDecoder(replace(config, device=device))
