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
    Decode,
    Outcome,
    Recovery,
    Rules,
    Split,
    TextOptions,
)

# Of the memory that is free once the model is loaded; the rest is the allocator's fragmentation.
_BUDGET_SHARE = 0.9
# A translation that did not end although it is this many times as long as its source is a loop
# of the model; halving the source further would decode as many loops again.
_LOOP_RATIO = 8
_TRIAL = "a b c d e f g h i j k l m n o p q r s t u v w x y z"  # words in any language
_TRIAL_TEXTS = 16


@dataclass(frozen=True, slots=True)
class Translated:
    """What became of a submitted text: the translation, or why there is none."""

    key: int
    text: str | None
    error: str | None = None
    warnings: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


class Translator:
    """Translates with one model on one device.

    `translate` and `batch` are for callers with all their texts in hand; `submit` and `step` for a
    loop that takes new texts while others are being translated. Not thread-safe.
    """

    def __init__(self, config: TranslatorConfig | None = None) -> None:
        """Load the model and decode a word, so that the first caller waits for neither.

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
        self._numbers = itertools.count()
        self._keys: set[int] = set()  # the callers', of unfinished texts
        self._decoding: dict[int, PendingSegment] = {}  # by the engine's key
        self._finished: list[Translated] = []
        self._cuda = self.config.device.startswith("cuda")
        # Of a group, the last one: it has most of the decoder, and so of what segments hold.
        self._device = self.config.device.rpartition("+")[2]
        self.name, self.uuids = self._describe()
        first, second = self.checkpoint.languages[:2]
        self.translate("a", first, second)
        self.memory_scale = self._try_memory(first, second) if self._cuda else 1.0
        self.budget = self._free_memory()

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that the model translates between."""
        return self.checkpoint.languages

    @property
    def engine(self) -> EngineChoice:
        """Which engine decodes, and why it is this one."""
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
        """Return the bytes of device memory that torch keeps but does not use."""
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
        """Translate texts, each from and to languages of its own, in one go.

        Line breaks and indentation stay as they are; blank texts come back unchanged. Raises
        ValueError for a language that the model lacks, MemoryError where even a single segment
        does not fit the device, and RuntimeError while submitted texts are unfinished.
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
        """Take a text; a later `step` returns its translation under `key` (not in use).

        Up to `alternatives` (at most MOST_ALTERNATIVES) other translations come with it.
        `glossary`: terms, and what they must become. Raises ValueError for a language that the
        model lacks, too many alternatives and a key in use.
        """
        self._check_languages(source, target)
        if key in self._keys:
            raise ValueError(f"key {key} is in use")
        if not 0 <= alternatives <= MOST_ALTERNATIVES:
            raise ValueError(f"alternatives must be 0 to {MOST_ALTERNATIVES}, not {alternatives}")
        request = TextOptions(canonical(source), canonical(target), alternatives, tuple(glossary))
        self._keys.add(key)
        self._start(PendingText(self._segmenter.split(text, request.source), request, key))

    def step(self) -> list[Translated]:
        """Go on decoding; return the texts that this finished.

        [] where none did, or nothing is waiting. Call it again, with new texts or without.
        """
        for decoded in self._engine.step():
            self._accept(decoded)
        finished, self._finished = self._finished, []
        return finished

    def _start(self, task: PendingText, *, final: bool = False) -> None:
        """Begin with all segments of a task."""
        for index, segment in enumerate(task.document.segments):
            recovery = Recovery(self._rules, segment.text, task.request, final=final)
            self._follow(PendingSegment(task, index, recovery), recovery.begin())
        if not task.document.segments:
            self._finish(task)

    def _follow(self, piece: PendingSegment, move: Decode | Split | Outcome) -> None:
        """Do with a piece what its recovery says."""
        if isinstance(move, Outcome):
            self._fill(piece, move)
        elif isinstance(move, Split):
            parts = self._segmenter.around(piece.segment.text, move.replacements)
            self._start(PendingText(parts, piece.task.request, piece=piece), final=True)
        else:
            number = next(self._numbers)
            self._decoding[number] = piece
            request = piece.task.request
            source_ids = self._tokenizer.encode(move.text, request.source)
            target_id = self._tokenizer.language_ids[request.target]
            self._engine.submit([EncodedSegment(number, source_ids, target_id, move.decoding)])

    def _accept(self, decoded: DecodedSegment) -> None:
        piece = self._decoding.pop(decoded.key)
        if not decoded.complete and piece.recovery.decodings == 1 and self._halve(piece):
            return
        if decoded.ids is None and piece.recovery.hopeless:
            piece.task.error = "the device has too little memory for this text"
            self._fill(piece, Outcome(""))
            return
        found = [] if decoded.ids is None else [decoded.ids, *decoded.alternatives]
        self._follow(piece, piece.recovery.judge([self._tokenizer.decode(ids) for ids in found]))

    def _halve(self, piece: PendingSegment) -> bool:
        """Translate in two halves what did not end in one piece; False where that cannot help."""
        segment = piece.segment
        if segment.tokens * _LOOP_RATIO <= self.checkpoint.max_length:
            return False
        halves = self._segmenter.halve(segment.text)
        if halves is None:
            return False
        self._start(PendingText(halves, piece.task.request, piece=piece))
        return True

    def _fill(self, piece: PendingSegment, outcome: Outcome) -> None:
        task = piece.task
        task.fill(piece.index, outcome)
        if task.missing == 0:
            self._finish(task)

    def _finish(self, task: PendingText) -> None:
        joined = task.joined()
        if task.piece is not None:
            task.piece.task.error = task.piece.task.error or task.error
            self._fill(task.piece, task.piece.recovery.join(joined))
        elif task.key is not None:
            self._keys.discard(task.key)
            self._finished.append(_translated(task.key, task.error, joined))

    def _drop_all(self) -> None:
        """Let go of every unfinished text, once the engine has finished with its segments."""
        while self._decoding:
            self.step()
        self._finished.clear()

    def _spells(self, text: str) -> bool:
        return self._tokenizer.decode(self._tokenizer.encode_pieces(text)) == text

    def _check_languages(self, *codes: str) -> None:
        for code in codes:
            if canonical(code) not in self.languages:
                raise ValueError(f"{self.checkpoint.name} does not speak {code!r}")

    def _describe(self) -> tuple[str, tuple[str, ...]]:
        """Return the name of the device, or those of a group, and the UUIDs of its GPUs."""
        if not self._cuda:
            return "CPU", ()
        parts = self.config.device.split("+")
        gpus = [torch.cuda.get_device_properties(part) for part in parts]
        return " + ".join(gpu.name for gpu in gpus), tuple(str(gpu.uuid) for gpu in gpus)

    def _try_memory(self, source: str, target: str) -> float:
        """Return the bytes that a batch takes for each that the formula counts, at least 1.

        The formula knows keys, values and scores; what else an engine allocates is its own affair.
        """
        texts = [_TRIAL] * _TRIAL_TEXTS
        tokens = len(self._tokenizer.encode(_TRIAL, source))
        dtype, beams = self.config.dtype, self._rules.decoding.beams
        counted = len(texts) * self.checkpoint.bytes_per_segment(tokens, beams, dtype)
        before = torch.cuda.memory_allocated(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        self.batch(texts, [source] * len(texts), [target] * len(texts))
        used = torch.cuda.max_memory_allocated(self._device) - before
        return max(1.0, used / counted)

    def _free_memory(self) -> int | None:
        """Return the bytes that segments may hold in all; None: as much as the machine has."""
        if not self._cuda:
            return None
        free, _ = torch.cuda.mem_get_info(self._device)
        return int((free + self.cached()) * _BUDGET_SHARE)


def _translated(key: int, error: str | None, outcome: Outcome) -> Translated:
    if error:
        return Translated(key, None, error)
    return Translated(key, outcome.text, None, outcome.warnings, outcome.alternatives)
