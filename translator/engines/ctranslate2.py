"""CTranslate2: int8 on CPUs, 16 bits on GPUs; several times as fast as `generate`."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2

from translator.engines import DecodedSegment, EncodedSegment, OutOfMemoryError
from translator.errors import DeviceError
from translator.models.tokenizer import Vocabulary

# The wheels of CTranslate2 4 load this library at their first product on a GPU. torch for CUDA 12
# has loaded it by then; torch for CUDA 13 comes with another version.
_CUBLAS = "libcublas.so.12"


@dataclass(frozen=True, slots=True)
class CoreSplit:
    """`replicas` batches at a time, each computed by `threads` threads."""

    replicas: int
    threads: int


def core_splits(cores: int) -> list[CoreSplit]:
    """Return the splits that may be the fastest: 1, 2, 4, … threads per replica."""
    threads = [2**i for i in range(cores.bit_length()) if 2**i <= cores]
    return [CoreSplit(cores // count, count) for count in threads]


def why_not_on_gpu(index: int, compute_type: str) -> str | None:
    """Return why CTranslate2 cannot compute on the GPU with CUDA's `index`; None if it may.

    This check is cheap, while finding out by loading a model would need a converted one.
    """
    try:
        types = ctranslate2.get_supported_compute_types("cuda", index)
    except RuntimeError as error:  # no driver, or an old one
        return str(error)
    if compute_type not in types:
        return f"it does not compute in {compute_type} on this card"
    try:
        ctypes.CDLL(_CUBLAS)
    except OSError as error:
        return str(error)
    return None


class CTranslate2Decoder:
    """Decodes batches of any mix of languages with a converted model."""

    def __init__(
        self, translator: ctranslate2.Translator, vocabulary: Vocabulary, replicas: int
    ) -> None:
        """`translator` decodes `replicas` batches at a time."""
        self.replicas = replicas
        self._translator = translator
        self._tokens = vocabulary.tokens()
        self._ids = {token: i for i, token in enumerate(self._tokens)}
        self._eos = self._tokens[vocabulary.eos]

    @classmethod
    def on_cpu(
        cls, folder: Path, vocabulary: Vocabulary, compute_type: str, split: CoreSplit
    ) -> "CTranslate2Decoder":
        """Load the converted model in `folder`; its replicas share one copy of the weights.

        Raises DeviceError if CTranslate2 cannot compute in this type.
        """
        translator = _load(
            folder,
            compute_type=compute_type,
            inter_threads=split.replicas,
            intra_threads=split.threads,
        )
        return cls(translator, vocabulary, split.replicas)

    @classmethod
    def on_gpu(
        cls, folder: Path, vocabulary: Vocabulary, compute_type: str, index: int
    ) -> "CTranslate2Decoder":
        """Load the converted model in `folder` onto the GPU with CUDA's `index`.

        Raises DeviceError if CTranslate2 cannot compute there.
        """
        translator = _load(folder, device="cuda", device_index=index, compute_type=compute_type)
        return cls(translator, vocabulary, replicas=1)

    def decode(self, batch: Sequence[EncodedSegment]) -> list[DecodedSegment]:
        """Return one result per segment, in order; raises OutOfMemoryError, DeviceError."""
        tokens, decoding = self._tokens, batch[0].decoding
        try:
            results = self._translator.translate_batch(
                [[tokens[i] for i in segment.source_ids] for segment in batch],
                target_prefix=[[tokens[i] for i in _given(segment)] for segment in batch],
                beam_size=decoding.beams,
                length_penalty=decoding.length_penalty,
                max_decoding_length=decoding.max_length,
                num_hypotheses=decoding.hypotheses,
                no_repeat_ngram_size=decoding.no_repeat_ngram,
                max_input_length=0,  # no truncation: the segmenter keeps to the limit
                return_end_token=True,
            )
        except RuntimeError as error:
            # CTranslate2 has no exception class for it: "CUDA failed with error out of memory".
            if "out of memory" in str(error):
                raise OutOfMemoryError from error
            raise DeviceError(f"CTranslate2: {error}") from error
        return [
            self._read(segment, result.hypotheses)
            for segment, result in zip(batch, results, strict=True)
        ]

    def _read(self, segment: EncodedSegment, hypotheses: list[list[str]]) -> DecodedSegment:
        given = len(_given(segment))
        (best, complete), *others = (self._cut(words[given:]) for words in hypotheses)
        return DecodedSegment(
            segment.key, best, complete, tuple(ids for ids, ended in others if ended)
        )

    def _cut(self, hypothesis: list[str]) -> tuple[list[int], bool]:
        """Return the ids before `</s>`, and whether `</s>` is there."""
        complete = hypothesis[-1:] == [self._eos]
        words = hypothesis[: -1 if complete else None]
        return [self._ids[token] for token in words], complete


def _given(segment: EncodedSegment) -> list[int]:
    """Return the ids that the translation must begin with."""
    return [] if segment.target_id is None else [segment.target_id]


def _load(folder: Path, **options: object) -> ctranslate2.Translator:
    try:
        return ctranslate2.Translator(str(folder), **options)
    except (RuntimeError, ValueError) as error:  # ValueError: an unsupported type
        raise DeviceError(f"CTranslate2: {error}") from error
