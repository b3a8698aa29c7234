"""class DeviceDecoder: packed segments in, packed results out, on one device."""

from collections.abc import Sequence

from translator import wire
from translator.config import TranslatorConfig
from translator.device_engine import DeviceEngine
from translator.engines import EngineChoice
from translator.models.checkpoints import resolve


class DeviceDecoder:
    """What a worker process runs: it handles no text. Not thread-safe.

    Payloads are those of `translator.wire`.
    """

    def __init__(self, config: TranslatorConfig | None = None) -> None:
        """Load the model and decode a word, so that the first segment waits for neither.

        Raises CheckpointError and DeviceError, whose messages say what to do.
        """
        config = config or TranslatorConfig()
        checkpoint = resolve(config.model, local_files_only=config.local_files_only)
        self._engine = DeviceEngine(config, checkpoint, checkpoint.tokenizer())
        self.name, self.uuids = self._engine.name, self._engine.uuids
        self.engine: EngineChoice = self._engine.choice
        self.budget = self._engine.budget
        self.memory_scale = self._engine.memory_scale

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
        return self._engine.cached()

    def submit(self, segments: Sequence[tuple[int, bytes]]) -> None:
        """Queue segments, each with the key that its result will carry."""
        self._engine.submit([wire.unpack(key, payload) for key, payload in segments])

    def step(self) -> list[tuple[int, bytes]]:
        """Run one decoding iteration; return the results of the segments that finished in it."""
        return [(decoded.key, wire.pack_decoded(decoded)) for decoded in self._engine.step()]
