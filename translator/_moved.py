"""An import of a module by its former path fails with a message that names the new one."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_MOVED = {
    "translator.casing": "translator.text.casing",
    "translator.checkpoints": "translator.models.checkpoints",
    "translator.detection": "translator.text.detection",
    "translator.documents": "documents",
    "translator.fetching": "translator.models.fetching",
    "translator.glossary": "translator.text.glossary",
    "translator.hub": "translator.models.hub",
    "translator.languages": "translator.models.languages",
    "translator.manifest": "translator.models.manifest",
    "translator.masking": "translator.text.placeholders",
    "translator.model_sources": "translator.models.sources",
    "translator.protection": "translator.text.protected_tokens",
    "translator.quality": "translator.verify.quality",
    "translator.recovery": "translator.verify.recovery",
    "translator.segmentation": "translator.text.segmentation",
    "translator.snapshot": "translator.models.snapshot",
    "translator.task": "translator.pending",
    "translator.tokenizer": "translator.models.tokenizer",
}


class _MovedModules:
    """A meta path finder: the import system asks it about modules that no other finder has."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Raise ModuleNotFoundError for a module that has moved; find nothing else."""
        if name in _MOVED:
            raise ModuleNotFoundError(f"{name} is now {_MOVED[name]}", name=name)
        return None


def report_moved_modules() -> None:
    """Append the finder to `sys.meta_path`, once."""
    if _MovedModules not in sys.meta_path:
        sys.meta_path.append(_MovedModules)
