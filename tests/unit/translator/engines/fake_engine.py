"""Engines that decode nothing."""

from collections.abc import Sequence

from translator.engines import DecodedSegment, EncodedSegment


class FakeEngine:
    """Decodes one token of every sentence per step; translations are as long as their sources."""

    batches, splits = 1, 0

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.kernels: dict[str, str] = {}
        self.left: dict[int, int] = {}
        self.joined: list[int] = []  # how many were in flight when others arrived
        self.most = 0

    def submit(self, segments: Sequence[EncodedSegment]) -> None:
        self.joined.append(len(self.left))
        self.left |= {segment.key: len(segment.source_ids) for segment in segments}
        self.most = max(self.most, len(self.left))

    def step(self) -> list[DecodedSegment]:
        self.left = {key: left - 1 for key, left in self.left.items()}
        done = [key for key, left in self.left.items() if left == 0]
        self.left = {key: left for key, left in self.left.items() if left}
        return [DecodedSegment(key, [key]) for key in done]


class FullEngine(FakeEngine):
    """Has no memory for a sentence."""

    def step(self) -> list[DecodedSegment]:
        done, self.left = list(self.left), {}
        return [DecodedSegment(key, None) for key in done]
