"""class Translator: text in, text out, on one device."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from translator.config import TranslatorConfig
from translator.engines import DecodedSegment, Decoding, EncodedSegment, Engine, EngineChoice
from translator.engines.build import build_engine
from translator.models.checkpoints import resolve
from translator.models.languages import canonical
from translator.pending import PendingSegment, PendingText
from translator.text.casing import Casing
from translator.text.placeholders import Masker
from translator.text.protected_tokens import ProtectedTokens
from translator.text.segmentation import Segmenter
from translator.verify.recovery import (
    MOST_ALTERNATIVES,
    Outcome,
    Recovery,
    Rules,
    Split,
    Step,
    TextOptions,
)

# Of the memory that is free once the model is loaded; the rest is for fragmentation.
_BUDGET_SHARE = 0.9
# A translation that did not end although it is this many times as long as its source is a loop;
# halving the source would only produce more loops.
_LOOP_RATIO = 8
_TRIAL = "a b c d e f g h i j k l m n o p q r s t u v w x y z"  # words in any language
_TRIAL_TEXTS = 16


@dataclass(frozen=True, slots=True)
class Translated:
    """The result of a submitted text: its translation, or an error."""

    key: int
    text: str | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class Translator:
    """Translates with one model on one device.

    `translate` and `batch` are for callers that have all their texts; `submit` and `step` are for a
    loop that accepts new texts while others are being translated. Not thread-safe.
    """

    def __init__(self, config: TranslatorConfig | None = None) -> None:
        """Load the model and decode a word, so that the first text waits for neither.

        Raises CheckpointError and DeviceError, whose messages say what to do.
        """
        self.config = config or TranslatorConfig()
        self.checkpoint = resolve(self.config.model, local_files_only=self.config.local_files_only)
        self._tokenizer = self.checkpoint.tokenizer()
        self._segmenter = Segmenter.for_checkpoint(self.checkpoint, self._tokenizer)
        self._rules = Rules(
            ProtectedTokens(self._tokenizer.knows),
            Masker(self._spells),
            Casing(lambda text: len(self._tokenizer.encode_pieces(text))),
            self._tokenizer.has_words,
            Decoding.of(self.checkpoint, self.config.beams),
        )
        self._engine: Engine
        self._engine, self._choice = build_engine(self.config, self.checkpoint, self._tokenizer)
        self._engine_keys = itertools.count()
        self._keys: set[int] = set()  # of unfinished texts
        self._decoding: dict[int, PendingSegment] = {}  # by the key given to the engine
        self._finished: list[Translated] = []
        self._cuda = self.config.device.startswith("cuda")
        # The last one of a group: it has most of the decoder, and so most of the segments' memory.
        self._device = self.config.device.rpartition("+")[2]
        self.name, self.uuids = self._describe()
        first, second = self.checkpoint.languages[:2]
        self.translate("a", first, second)
        self.memory_scale = self._try_memory(first, second) if self._cuda else 1.0
        self.budget = self._free_memory()

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages between which the model translates."""
        return self.checkpoint.languages

    @property
    def engine(self) -> EngineChoice:
        """The engine that decodes, and the reason for the choice."""
        return self._choice

    @property
    def batches(self) -> int:
        """Batches that are decoded at a time."""
        return self._engine.batches

    @property
    def splits(self) -> int:
        """Batches split so far because the device ran out of memory."""
        return self._engine.splits

    def cached(self) -> int:
        """Return the bytes of device memory that torch has reserved but does not use."""
        if not self._cuda:
            return 0
        reserved = torch.cuda.memory_reserved(self._device)
        return reserved - torch.cuda.memory_allocated(self._device)

    def translate(self, text: str, source: str, target: str) -> str:
        """Translate one text; see `batch`."""
        return self.batch([text], [source], [target])[0]

    def batch(
        self, texts: Sequence[str], sources: Sequence[str], targets: Sequence[str]
    ) -> list[str]:
        """Translate texts together, each from and to its own languages.

        Line breaks and indentation are preserved; blank texts are returned unchanged. Raises
        ValueError for a language that the model lacks, MemoryError if even a single segment does
        not fit the device, and RuntimeError while submitted texts are unfinished.
        """
        if self._keys:
            raise RuntimeError("batch() cannot run while submitted texts are unfinished")
        for source, target in zip(sources, targets, strict=True):
            self._check_languages(source, target)
        for key, (text, source, target) in enumerate(zip(texts, sources, targets, strict=True)):
            self.submit(key, text, source, target)
        results: dict[int, str] = {}
        while len(results) < len(texts):
            for translated in self.step():
                if translated.text is None:
                    self._drop_all()
                    raise MemoryError(translated.error)
                results[translated.key] = translated.text
        return [results[key] for key in range(len(texts))]

    def submit(
        self,
        key: int,
        text: str,
        source: str,
        target: str,
        *,
        alternatives: int = 0,
        glossary: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Queue a text; a later `step` returns its translation with `key`, which is not in use.

        Up to `alternatives` (at most MOST_ALTERNATIVES) further translations are included.
        `glossary`: pairs of a term and its translation. Raises ValueError for a language that the
        model lacks, too many alternatives, and a key in use.
        """
        self._check_languages(source, target)
        if key in self._keys:
            raise ValueError(f"key {key} is in use")
        if not 0 <= alternatives <= MOST_ALTERNATIVES:
            raise ValueError(f"alternatives must be 0 to {MOST_ALTERNATIVES}, not {alternatives}")
        options = TextOptions(canonical(source), canonical(target), alternatives, tuple(glossary))
        self._keys.add(key)
        self._start(PendingText(self._segmenter.split(text, options.source), options, key))

    def step(self) -> list[Translated]:
        """Run one decoding iteration; return the texts that finished in it, if any.

        Call it repeatedly; texts may be submitted between calls.
        """
        for decoded in self._engine.step():
            self._accept(decoded)
        finished, self._finished = self._finished, []
        return finished

    def _start(self, text: PendingText, *, final: bool = False) -> None:
        """Start decoding all segments of a text."""
        for index, source in enumerate(text.document.segments):
            recovery = Recovery(self._rules, source.text, text.options, final=final)
            self._take(PendingSegment(text, index, recovery), recovery.first_step())
        if not text.document.segments:
            self._finish(text)

    def _take(self, segment: PendingSegment, step: Step) -> None:
        """Take the next step of a segment."""
        options = segment.text.options
        if isinstance(step, Outcome):
            self._complete(segment, step)
        elif isinstance(step, Split):
            parts = self._segmenter.around(segment.source.text, step.replacements)
            self._start(PendingText(parts, options, parent=segment), final=True)
        else:
            key = next(self._engine_keys)
            self._decoding[key] = segment
            source_ids = self._tokenizer.encode(step.text, options.source)
            target_id = self._tokenizer.language_ids[options.target]
            self._engine.submit([EncodedSegment(key, source_ids, target_id, step.decoding)])

    def _accept(self, decoded: DecodedSegment) -> None:
        segment = self._decoding.pop(decoded.key)
        if not decoded.complete and segment.recovery.decodings == 1 and self._halve(segment):
            return
        if decoded.ids is None and not segment.recovery.has_candidate:
            segment.text.error = "the device has too little memory for this text"
            self._complete(segment, Outcome(""))
            return
        found = [] if decoded.ids is None else [decoded.ids, *decoded.alternatives]
        hypotheses = [self._tokenizer.decode(ids) for ids in found]
        self._take(segment, segment.recovery.next_step(hypotheses))

    def _halve(self, segment: PendingSegment) -> bool:
        """Translate a segment in two halves; return False if that would not help."""
        source = segment.source
        if source.tokens * _LOOP_RATIO <= self.checkpoint.max_length:
            return False
        halves = self._segmenter.halve(source.text)
        if halves is None:
            return False
        self._start(PendingText(halves, segment.text.options, parent=segment))
        return True

    def _complete(self, segment: PendingSegment, outcome: Outcome) -> None:
        segment.text.add(segment.index, outcome)
        if segment.text.unfinished == 0:
            self._finish(segment.text)

    def _finish(self, text: PendingText) -> None:
        joined = text.joined()
        if text.parent is not None:
            text.parent.text.error = text.parent.text.error or text.error
            self._complete(text.parent, text.parent.recovery.join(joined))
        elif text.key is not None:
            self._keys.discard(text.key)
            self._finished.append(_translated(text.key, text.error, joined))

    def _drop_all(self) -> None:
        """Finish decoding all segments, and discard all results."""
        while self._decoding:
            self.step()
        self._finished.clear()

    def _spells(self, text: str) -> bool:
        return self._tokenizer.decode(self._tokenizer.encode_pieces(text)) == text

    def _check_languages(self, *codes: str) -> None:
        for code in codes:
            if canonical(code) not in self.languages:
                raise ValueError(f"{self.checkpoint.name} does not support language {code!r}")

    def _describe(self) -> tuple[str, tuple[str, ...]]:
        """Return the name of the device, or those of a group, and the UUIDs of its GPUs."""
        if not self._cuda:
            return "CPU", ()
        parts = self.config.device.split("+")
        gpus = [torch.cuda.get_device_properties(part) for part in parts]
        return " + ".join(gpu.name for gpu in gpus), tuple(str(gpu.uuid) for gpu in gpus)

    def _try_memory(self, source: str, target: str) -> float:
        """Return the ratio of a batch's measured memory to the formula's, at least 1.

        The formula counts keys, values and scores, but not what else an engine allocates.
        """
        texts = [_TRIAL] * _TRIAL_TEXTS
        tokens = len(self._tokenizer.encode(_TRIAL, source))
        dtype, beams = self.config.dtype, self._rules.decoding.beams
        estimated = len(texts) * self.checkpoint.bytes_per_segment(tokens, beams, dtype)
        before = torch.cuda.memory_allocated(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        self.batch(texts, [source] * len(texts), [target] * len(texts))
        used = torch.cuda.max_memory_allocated(self._device) - before
        return max(1.0, used / estimated)

    def _free_memory(self) -> int | None:
        """Return the bytes that all segments together may use; None on a CPU: no limit."""
        if not self._cuda:
            return None
        free, _ = torch.cuda.mem_get_info(self._device)
        return int((free + self.cached()) * _BUDGET_SHARE)


def _translated(key: int, error: str | None, outcome: Outcome) -> Translated:
    if error:
        return Translated(key, None, error)
    return Translated(key, outcome.text, None, outcome.warnings, outcome.alternatives)
