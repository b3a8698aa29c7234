"""A worker's decoder without an engine: it answers at once."""

from bisect import bisect_left
from collections.abc import Sequence

from gpu_pool.messages import EngineInfo
from translator import wire
from translator.engines import DecodedSegment
from translator.models.checkpoints import BUNDLED, resolve

# German, for the front decodes again what is in another language, or repeats itself.
_ANSWER = (
    "Der alte Lehrer schrieb nach dem Sturm einen langen Brief und brachte später frisches Brot "
    "zur Brücke, weil niemand sonst den schweren Schlüssel finden konnte, während draußen Kinder "
    "spielten und unser Nachbar am Abend leise von seiner Reise durch das kleine Dorf erzählte, "
    "bevor alle Gäste müde wurden, obwohl es noch genug Wasser im Garten hinter dem Haus gab"
)
_SPECIALS = 2  # the language token and `</s>`


class EchoDecoder:
    """Like `translator.device_decoder.DeviceDecoder`, but the engine is a table.

    Each translation is a German sentence with about as many tokens as its source.
    """

    budget: int | None = None
    memory_scale = 1.0
    batches = 1
    splits = 0

    def __init__(self, device: str) -> None:
        """Load the tokenizer, for the answers."""
        self.name = f"echo {device}"
        self.uuids: tuple[str, ...] = ()
        self.engine = EngineInfo("echo", "none", "it needs no model")
        words = _ANSWER.split()
        encode = resolve(BUNDLED).tokenizer().encode_pieces
        self._answers = [encode(" ".join(words[:n]) + ".") for n in range(1, len(words) + 1)]
        self._lengths = [len(ids) for ids in self._answers]
        self._waiting: list[tuple[int, int]] = []

    def cached(self) -> int:
        """Return 0: there is no device memory."""
        return 0

    def submit(self, segments: Sequence[tuple[int, bytes]]) -> None:
        """Queue segments, each with the key that its result will carry."""
        unpacked = [wire.unpack(key, payload) for key, payload in segments]
        self._waiting += [(each.key, len(each.source_ids) - _SPECIALS) for each in unpacked]

    def step(self) -> list[tuple[int, bytes]]:
        """Finish all segments."""
        waiting, self._waiting = self._waiting, []
        last = len(self._answers) - 1
        answers = [
            DecodedSegment(key, self._answers[min(last, bisect_left(self._lengths, tokens))])
            for key, tokens in waiting
        ]
        return [(each.key, wire.pack_decoded(each)) for each in answers]
