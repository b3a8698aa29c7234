"""What a worker process runs. Nothing here may load a model library before the worker does."""

from dataclasses import replace
from typing import TYPE_CHECKING

from translator.config import TranslatorConfig

if TYPE_CHECKING:
    from translator.translator import Translator


def make_translator(device: str, config: TranslatorConfig) -> "Translator":
    """Load the model on `device`. Raises CheckpointError and DeviceError."""
    from translator import Translator

    return Translator(replace(config, device=device))
