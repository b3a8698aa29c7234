"""class Translator: text in, text out, on one device."""

from collections.abc import Sequence

from translator.config import TranslatorConfig
from translator.device_engine import DeviceEngine
from translator.engines import EngineChoice
from translator.models.checkpoints import resolve
from translator.segment_batch import SegmentBatch, Translated
from translator.text_model import TextModel
from translator.verify.recovery import MOST_ALTERNATIVES
from translator.verify.steps import TextOptions


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
        thorough = not self.config.device.startswith("cuda")
        self._text = TextModel.for_checkpoint(self.checkpoint, self.config.beams, thorough=thorough)
        self._engine = DeviceEngine(self.config, self.checkpoint, self._text.tokenizer)
        self._segments = SegmentBatch(self._text)
        self._keys: set[int] = set()  # of unfinished texts
        self.engine: EngineChoice = self._engine.choice

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages between which the model translates."""
        return self.checkpoint.languages

    @property
    def splits(self) -> int:
        """Batches split so far because the device ran out of memory."""
        return self._engine.splits

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
            self._text.pair(source, target)  # all of them, before any is queued
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
        if key in self._keys:
            raise ValueError(f"key {key} is in use")
        if not 0 <= alternatives <= MOST_ALTERNATIVES:
            raise ValueError(f"alternatives must be 0 to {MOST_ALTERNATIVES}, not {alternatives}")
        options = TextOptions(*self._text.pair(source, target), alternatives, tuple(glossary))
        self._keys.add(key)
        self._segments.add(key, self._text.segmenter.split(text, options.source), options)
        self._submit_encoded()

    def step(self) -> list[Translated]:
        """Run one decoding iteration; return the texts that finished in it, if any.

        Call it repeatedly; texts may be submitted between calls.
        """
        for decoded in self._engine.step():
            self._segments.accept(decoded)
        self._submit_encoded()
        finished = self._segments.take_finished()
        self._keys.difference_update(translated.key for translated in finished)
        return finished

    def _submit_encoded(self) -> None:
        if encoded := self._segments.take_encoded():
            self._engine.submit(encoded)

    def _drop_all(self) -> None:
        """Finish decoding all segments, and discard all results."""
        while self._segments.decoding:
            self.step()
