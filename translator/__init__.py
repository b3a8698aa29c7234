"""Text in, text out, on one device. Importing the package loads no model library.

Imports point downwards: translator and device_decoder; device_engine, segment_batch and wire;
pending and text_model; verify; engines and text; models; config and errors.
"""

from typing import TYPE_CHECKING, Any

from translator._moved import report_moved_modules
from translator.config import TranslatorConfig
from translator.errors import CheckpointError, DeviceError, TranslatorError

if TYPE_CHECKING:
    from translator.translator import Translator

__all__ = ["CheckpointError", "DeviceError", "Translator", "TranslatorConfig", "TranslatorError"]

report_moved_modules()


def __getattr__(name: str) -> Any:
    """Import `Translator`, and torch with it, at its first use (PEP 562)."""
    if name == "Translator":
        from translator.translator import Translator

        return Translator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
