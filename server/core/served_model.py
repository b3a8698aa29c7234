"""What the front knows about the model that the workers load."""

from dataclasses import dataclass
from typing import Protocol

from gpu_pool.interface import Pool
from server.core.cache import CacheObserver
from server.core.segments import SegmentTranslator
from translator.text.detection import Detector
from translator.text.segmentation import Segmenter


class TranslatedBy(Protocol):
    """Makes what translates a model's segments with a pool."""

    def __call__(self, pool: Pool, observer: CacheObserver | None = None) -> SegmentTranslator: ...


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model without its weights; made once, before processes are forked."""

    name: str
    languages: tuple[str, ...]
    segmenter: Segmenter
    detector: Detector
    translated_by: TranslatedBy
