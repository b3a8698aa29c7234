"""Which way to decode is the fastest here: it depends on the model and the machine, so it is tried.

On a CPU, threads shorten one sentence of a large model, and replicas decode more at a time;
CTranslate2 spends less between the steps, the in-flight engine less in them. On a GPU, which of the
two is faster depends on the card, the beams and the size of the model.
"""

import gc
import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path

import torch
from filelock import FileLock

from translator.config import TranslatorConfig
from translator.engines import EncodedSegment, Engine, EngineChoice, OutOfMemoryError
from translator.engines.cache import content_hash
from translator.engines.trial import Load, Trial, make_trial
from translator.errors import DeviceError
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer

_log = logging.getLogger(__name__)
_REPEATS = 3  # with one sentence: the best counts, the others were disturbed
_SHOWN = 4  # speeds in a reason; a CPU of many cores has more ways
# Any of these may change how fast an engine is.
_PACKAGES = ("m2m-server", "torch", "transformers", "ctranslate2")
# What a way fails with where a library, the memory or the disk does not do; all else is a mistake.
_FAILURES = (DeviceError, OutOfMemoryError, torch.OutOfMemoryError, OSError)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to decode here, under a name of its own."""

    name: str
    engine: str
    dtype: str
    make: Callable[[], Engine]

    def choice(self, reason: str) -> EngineChoice:
        """Return what is told of it."""
        return EngineChoice(self.engine, self.dtype, reason)


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second."""

    loaded: float  # with many sentences in hand
    alone: float  # with one at a time

    @property
    def score(self) -> float:
        """What decides: a ratio in one of them counts as much as in the other."""
        return self.loaded * self.alone


@dataclass(frozen=True, slots=True)
class Place:
    """Where is measured: the name of the card, or "cpu", and how much it takes to fill it."""

    name: str
    load: Load


def choose(
    config: TranslatorConfig,
    checkpoint: Checkpoint,
    tokenizer: Tokenizer,
    place: Place,
    ways: Sequence[Way],
    left_out: Mapping[str, str],
) -> tuple[Engine, EngineChoice]:
    """Return the engine of the fastest way; at the first start here they are measured.

    `left_out`: engines that are none of the ways, with the reason. The last way is taken where
    nothing can be kept in the cache. Raises DeviceError where none loads.
    """
    if len(ways) == 1:
        reason = "asked for" if config.engine != "auto" else "the only one that runs here"
        return ways[0].make(), ways[0].choice(_with_left_out(reason, left_out))
    kept = f"{config.beams or checkpoint.beams} beams, {config.batch_tokens} batch tokens"
    trial = make_trial(checkpoint, tokenizer, config.beams, place.load)
    path = config.cache / "speeds" / _file_name(checkpoint, place.name, ways[-1].dtype)
    contest = Contest(path, kept, trial, left_out)
    try:
        contest.measure(ways)
        engine, choice = contest.winner(ways)
    except OSError as error:
        _log.warning("the speeds cannot be kept, so that nothing is measured: %s", error)
        engine, choice = contest.unmeasured(ways[-1], error)
    if config.engine != "auto":
        choice = EngineChoice(choice.name, choice.dtype, f"asked for; {choice.reason}")
    return engine, choice


class Contest:
    """Measures ways that were not measured before, one at a time, and knows the fastest."""

    def __init__(self, path: Path, kept: str, trial: Trial, left_out: Mapping[str, str]) -> None:
        """The speeds are kept in the JSON file `path`, for settings that `kept` names."""
        self._path = path
        self._kept = kept
        self._trial = trial
        self._left_out = dict(left_out)
        self._speeds: dict[str, Speed] = {}  # by the name of the way
        self._made: Way | None = None  # that of the engine
        self._engine: Engine | None = None  # the last one

    def measure(self, ways: Sequence[Way]) -> None:
        """Try what was not tried before; processes do it one after the other.

        Raises OSError where the speeds cannot be kept.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._path}.lock"):
            text = self._path.read_text() if self._path.is_file() else "{}"
            known: dict[str, dict[str, dict[str, float]]] = json.loads(text)
            ours = known.setdefault(self._kept, {})
            for way in ways:
                if way.name in ours:
                    self._speeds[way.name] = Speed(**ours[way.name])
                elif speed := self._try(way):
                    self._speeds[way.name] = speed
                    ours[way.name] = asdict(speed)
                    self._keep(known)

    def winner(self, ways: Sequence[Way]) -> tuple[Engine, EngineChoice]:
        """Return the engine of the fastest way that loads, made anew unless it was the last."""
        ranked = [way for way in ways if way.name in self._speeds]
        ranked.sort(key=lambda way: self._speeds[way.name].score, reverse=True)
        for place, way in enumerate(ranked):
            engine = self._engine if way is self._made else self._make(way)
            if engine is not None:
                return engine, way.choice(self._reason(ranked[place:]))
        raise DeviceError(_with_left_out("no engine runs here", self._left_out))

    def unmeasured(self, way: Way, why: OSError) -> tuple[Engine, EngineChoice]:
        """Return the engine of a way, where there is nothing to choose by."""
        engine = self._make(way)
        if engine is None:
            raise DeviceError(_with_left_out("no engine runs here", self._left_out))
        return engine, way.choice(_with_left_out(f"not measured: {why}", self._left_out))

    def _try(self, way: Way) -> Speed | None:
        """Return the speed of a way; None where it does not load or not decode."""
        begun = time.perf_counter()
        engine = self._make(way)
        if engine is None:
            return None
        try:
            speed = measure(engine, self._trial)
        except _FAILURES as error:
            self._leave_out(way, error)
            self._made = self._engine = None
            return None
        took = time.perf_counter() - begun
        _log.info("%s: %s, measured in %.1f s", way.name, _in_words(speed), took)
        return speed

    def _make(self, way: Way) -> Engine | None:
        """Return a new engine, once the one before has given its memory back."""
        self._made = self._engine = None
        gc.collect()
        torch.cuda.empty_cache()  # does nothing where CUDA was not used
        try:
            self._engine = way.make()
        except _FAILURES as error:
            self._leave_out(way, error)
            return None
        self._made = way
        return self._engine

    def _leave_out(self, way: Way, error: Exception) -> None:
        words = " ".join(str(error).split()) or type(error).__name__
        self._left_out[way.name] = words
        _log.warning("%s is left out: %s", way.name, words)

    def _keep(self, known: Mapping[str, object]) -> None:
        partial = self._path.with_suffix(".partial")  # a kill must not leave half of the file
        partial.write_text(json.dumps(known, indent=1) + "\n")
        os.replace(partial, self._path)

    def _reason(self, ranked: Sequence[Way]) -> str:
        figures = [f"{way.name} {_in_words(self._speeds[way.name])}" for way in ranked]
        more = ["…"] if len(figures) > _SHOWN else []
        told = "; ".join(figures[:_SHOWN] + more)
        reason = f"fastest of {len(ranked)} measured (tokens/s under load and alone): {told}"
        return _with_left_out(reason, self._left_out)


def measure(engine: Engine, trial: Trial) -> Speed:
    """Return what an engine does under load and alone, warmed up."""
    # Kernels are made for a shape when it first comes, and graphs recorded.
    tokens_a_second(engine, trial.stream, trial.at_a_time)
    alone = max(tokens_a_second(engine, [trial.one], 1) for _ in range(_REPEATS))
    return Speed(tokens_a_second(engine, trial.stream, trial.at_a_time), alone)


def tokens_a_second(engine: Engine, stream: Sequence[EncodedSegment], at_a_time: int) -> float:
    """Decode a stream: for each sentence that is done, the next one comes.

    Raises OutOfMemoryError where one of them does not fit the device.
    """
    begun = time.perf_counter()
    coming = iter(stream)
    engine.submit(list(islice(coming, at_a_time)))
    left, tokens = len(stream), 0
    while left:
        done = engine.step()
        for decoded in done:
            if decoded.ids is None:
                raise OutOfMemoryError("the device has too little memory for a sentence")
            tokens += len(decoded.ids) + 1  # with the one that ends it
        left -= len(done)
        if following := list(islice(coming, len(done))):
            engine.submit(following)
    return tokens / (time.perf_counter() - begun)


def _file_name(checkpoint: Checkpoint, place: str, dtype: str) -> str:
    """Return a name for the weights, the versions of what computes, the type and the card."""
    content = content_hash(checkpoint, " ".join(map(_installed, _PACKAGES)))
    return f"{content}-{dtype}-{re.sub(r'[^a-z0-9]+', '-', place.lower())}.json"


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _in_words(speed: Speed) -> str:
    return f"{speed.loaded:,.0f} and {speed.alone:,.0f}"


def _with_left_out(reason: str, left_out: Mapping[str, str]) -> str:
    return "; ".join([reason, *(f"not {name}: {why}" for name, why in left_out.items())])
