"""What the front knows about a model that workers load."""

from dataclasses import dataclass
from typing import Protocol

from gpu_pool.interface import Pool
from server.core.cache import TranslationCache
from server.core.segments import SegmentTranslator
from translator.text.segmentation import Segmenter


class TranslatedBy(Protocol):
    """Makes what translates a model's segments with a pool."""

    def __call__(self, pool: Pool, cache: TranslationCache) -> SegmentTranslator: ...


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model without its weights; made once, before processes are forked."""

    name: str
    languages: tuple[str, ...]  # the model's codes
    licence: str  # of its weights, as far as its card says
    segmenter: Segmenter
    translated_by: TranslatedBy
