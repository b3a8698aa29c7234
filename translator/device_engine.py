"""class DeviceEngine: a model loaded on a device, warmed up, its memory measured.

torch is imported for CUDA devices only, and by the engines that need it.
"""

from collections.abc import Sequence
from dataclasses import replace

from translator.config import TranslatorConfig
from translator.device_memory import free_memory, limit_memory
from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.engines.build import build_engine
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer

# Of the memory that is free once the model is loaded; the rest is for fragmentation.
_BUDGET_SHARE = 0.9
_TRIAL = "a b c d e f g h i j k l m n o p q r s t u v w x y z"  # words in any language
_TRIAL_TEXTS = 16


class DeviceEngine:
    """An Engine, and what is known about its device. Not thread-safe."""

    def __init__(
        self, config: TranslatorConfig, checkpoint: Checkpoint, tokenizer: Tokenizer
    ) -> None:
        """Load the model and decode a word, so that the first text waits for neither.

        Raises CheckpointError and DeviceError, whose messages say what to do, and MemoryError if
        not even a word can be decoded.
        """
        self._config = config
        self._checkpoint = checkpoint
        if config.memory_share is not None and config.device.startswith("cuda"):
            for device in config.device.split("+"):
                limit_memory(device, config.memory_share)
        self._engine, self.choice = build_engine(config, checkpoint, tokenizer)
        self._cuda = config.device.startswith("cuda")
        # The last one of a group: it has most of the decoder, and so most of the segments' memory.
        self._device = config.device.rpartition("+")[2]
        self.name, self.uuids = self._describe()
        self._decode("a", 1, tokenizer)
        self.choice = replace(self.choice, kernels=dict(self._engine.kernels))
        self.memory_scale = self._try_memory(tokenizer) if self._cuda else 1.0
        self.budget = self._free_memory()

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
        import torch

        reserved = torch.cuda.memory_reserved(self._device)
        return reserved - torch.cuda.memory_allocated(self._device)

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        """Queue segments; they are decoded in later steps, in any order."""
        self._engine.submit(segments)

    def step(self) -> list[DecodedSegment]:
        """Run one decoding iteration; return the segments that finished in it."""
        return self._engine.step()

    def _describe(self) -> tuple[str, tuple[str, ...]]:
        """Return the name of the device, or those of a group, and the UUIDs of its GPUs."""
        if not self._cuda:
            return "CPU", ()
        import torch

        parts = self._config.device.split("+")
        gpus = [torch.cuda.get_device_properties(part) for part in parts]
        return " + ".join(gpu.name for gpu in gpus), tuple(str(gpu.uuid) for gpu in gpus)

    def _decode(self, text: str, copies: int, tokenizer: Tokenizer) -> None:
        """Decode copies of a text at once; raises MemoryError if one does not fit."""
        first, second = self._checkpoint.languages[:2]
        source_ids, target_id = tokenizer.encode(text, first, second), tokenizer.forced_id(second)
        decoding = Decoding.of(self._checkpoint, self._config.beams)
        self.submit([EncodedSegment(i, source_ids, target_id, decoding) for i in range(copies)])
        results: list[DecodedSegment] = []
        while len(results) < copies:
            results += self.step()
        if any(decoded.ids is None for decoded in results):
            raise MemoryError(f"{self._config.device} has too little memory for {copies} texts")

    def _try_memory(self, tokenizer: Tokenizer) -> float:
        """Return the ratio of a batch's measured memory to the formula's, at least 1.

        The formula counts keys, values and scores, but not what else an engine allocates.
        """
        import torch

        tokens = len(tokenizer.encode(_TRIAL, self._checkpoint.languages[0]))
        dtype, beams = self._config.dtype, self._config.beams
        estimated = _TRIAL_TEXTS * self._checkpoint.bytes_per_segment(tokens, beams, dtype)
        before = torch.cuda.memory_allocated(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        self._decode(_TRIAL, _TRIAL_TEXTS, tokenizer)
        used = torch.cuda.max_memory_allocated(self._device) - before
        return max(1.0, used / estimated)

    def _free_memory(self) -> int | None:
        """Return the bytes that all segments together may use; None on a CPU: no limit."""
        if not self._cuda:
            return None
        return int((free_memory(self._device) + self.cached()) * _BUDGET_SHARE)
