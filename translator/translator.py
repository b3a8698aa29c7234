"""class Translator: text in, text out, on one device."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from translator.casing import Casing
from translator.checkpoints import resolve
from translator.config import TranslatorConfig
from translator.engines import DecodedSegment, EncodedSegment, Engine
from translator.engines.build import build_engine
from translator.languages import canonical
from translator.protection import Protection
from translator.segmentation import Document

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


@dataclass(slots=True)
class _Task:
    """A text on its way through the engine: its segments' translations as they come in."""

    document: Document
    source: str
    target: str
    translations: list[str | None] = field(init=False)
    error: str | None = None
    missing: int = field(init=False)

    def __post_init__(self) -> None:
        self.missing = len(self.document.segments)
        self.translations = [None] * self.missing


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
        self._segmenter = self.checkpoint.segmenter(self._tokenizer)
        self._casing = Casing(lambda text: len(self._tokenizer.encode_pieces(text)))
        self._protection = Protection(self._tokenizer.knows)
        self._decoding = self.checkpoint.decoding(self.config.beams)
        self._engine: Engine = build_engine(self.config, self.checkpoint, self._tokenizer)
        self._numbers = itertools.count()
        self._tasks: dict[int, _Task] = {}  # by the caller's key
        self._segments: dict[int, tuple[int, int]] = {}  # engine key → caller's key, index
        self._parents: dict[int, tuple[int, int]] = {}  # key of a part's task → what it stands for
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
        if self._tasks:
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
        """Take a text; a later `step` returns its translation under `key` (≥ 0, not in use).

        Raises ValueError for a language that the model lacks and for a key in use.
        """
        self._check_languages(source, target)
        if key in self._tasks or key < 0:
            raise ValueError(f"key {key} is in use or negative")
        source, target = canonical(source), canonical(target)
        self._start(key, self._segmenter.split(text, source), source, target)

    def step(self) -> list[Translated]:
        """Go on decoding; return the texts that this finished.

        [] where none did, or nothing is waiting. Call it again, with new texts or without.
        """
        for decoded in self._engine.step():
            self._accept(decoded)
        finished, self._finished = self._finished, []
        return finished

    def _start(self, key: int, document: Document, source: str, target: str) -> None:
        self._tasks[key] = _Task(document, source, target)
        encoded = []
        for index, segment in enumerate(document.segments):
            number = next(self._numbers)
            self._segments[number] = (key, index)
            encoded.append(
                EncodedSegment(
                    number,
                    self._tokenizer.encode(self._casing.calmed(segment.text), source),
                    self._tokenizer.language_ids[target],
                    self._decoding,
                )
            )
        self._engine.submit(encoded)
        if not encoded:
            self._finish(key)

    def _accept(self, decoded: DecodedSegment) -> None:
        key, index = self._segments.pop(decoded.key)
        task = self._tasks[key]
        if not decoded.complete and self._halve(key, index):
            return
        if decoded.ids is None:
            task.error = "the device has too little memory for this text"
            self._fill(key, index, "")
            return
        source = task.document.segments[index].text
        text = self._casing.like(source, self._tokenizer.decode(decoded.ids))
        lost = self._protection.lost(source, text)
        if not text:
            self._fill(key, index, source)  # rather than nothing
        elif lost:
            self._replace(key, index, self._segmenter.around(source, lost))
        else:
            self._fill(key, index, text)

    def _halve(self, key: int, index: int) -> bool:
        """Translate in two halves what did not end in one piece; False where that cannot help."""
        segment = self._tasks[key].document.segments[index]
        if segment.tokens * _LOOP_RATIO <= self.checkpoint.max_length:
            return False
        halves = self._segmenter.halve(segment.text)
        if halves is None:
            return False
        self._replace(key, index, halves)
        return True

    def _replace(self, key: int, index: int, parts: Document) -> None:
        """Translate a segment again, in parts."""
        task = self._tasks[key]
        part_key = -1 - next(self._numbers)  # below zero: apart from the caller's keys
        self._parents[part_key] = (key, index)
        self._start(part_key, parts, task.source, task.target)

    def _fill(self, key: int, index: int, text: str) -> None:
        task = self._tasks[key]
        task.translations[index] = text
        task.missing -= 1
        if task.missing == 0:
            self._finish(key)

    def _finish(self, key: int) -> None:
        task = self._tasks.pop(key)
        texts = [text or "" for text in task.translations]
        joined = task.document.join(texts, task.target)
        parent = self._parents.pop(key, None)
        if parent is not None:
            if task.error:
                self._tasks[parent[0]].error = task.error
            self._fill(*parent, joined)
        elif task.error:
            self._finished.append(Translated(key, None, task.error))
        else:
            self._finished.append(Translated(key, joined))

    def _drop_all(self) -> None:
        """Let go of every unfinished text, once the engine has finished with its segments."""
        while self._segments:
            self.step()
        self._finished.clear()

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
        dtype, beams = self.config.dtype, self._decoding.beams
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
