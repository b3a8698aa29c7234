"""What all segments of a model have in common."""

from collections.abc import Callable
from dataclasses import dataclass

from translator.engines import Decoding
from translator.text.casing import Casing
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens
from translator.verify.pair import Pair


@dataclass(frozen=True, slots=True)
class Rules:
    """What all segments of a model have in common; `decoding` is the default one."""

    protection: ProtectedTokens
    masker: Masker
    casing: Casing
    has_words: Callable[[str], bool]
    decoding: Decoding
    # (pair, target) → whether the translation is surely in another language
    in_other_language: Callable[[Pair, str], bool] = lambda *_: False
