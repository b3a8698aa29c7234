"""Makes a worker's translator. Importing this module must load no model library."""

from dataclasses import replace
from typing import TYPE_CHECKING

from translator.config import TranslatorConfig

if TYPE_CHECKING:
    from translator.translator import Translator


def make_translator(device: str, config: TranslatorConfig) -> "Translator":
    """Load the model on `device`. Raises CheckpointError and DeviceError."""
    from translator import Translator

    return Translator(replace(config, device=device))
