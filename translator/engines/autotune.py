"""Autotuning: which engine is the fastest depends on the model and the machine, so it is measured.

On a CPU, threads shorten the decoding of one sentence of a large model, and replicas decode more
sentences at a time. CTranslate2 spends less time between steps, the in-flight engine less within
them. On a GPU, the faster of the two depends on the card, the beams and the size of the model.
"""

import gc
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock

from translator.config import TranslatorConfig
from translator.engines import Engine, EngineChoice, OutOfMemoryError
from translator.engines.cache import content_hash
from translator.engines.speed import Speed, measure_speed
from translator.engines.trial import Trial, TrialSize, make_trial
from translator.errors import DeviceError
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer

_log = logging.getLogger(__name__)
_FOLDER = "speeds"  # in the cache
_MOST_SHOWN = 4  # speeds in a reason; a CPU with many cores has more candidates
# Any of these may change how fast an engine is.
_PACKAGES = ("m2m-server", "torch", "transformers", "ctranslate2", "triton")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An engine configuration that may be the fastest."""

    name: str  # unique among the candidates
    engine: str
    dtype: str
    make: Callable[[], Engine]

    def choice(self, reason: str) -> EngineChoice:
        """Return the choice of this candidate."""
        return EngineChoice(self.engine, self.dtype, reason)


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices that are equally fast: a GPU model, or "cpu", and the trial that saturates one."""

    name: str
    trial_size: TrialSize


def autotune(
    config: TranslatorConfig,
    checkpoint: Checkpoint,
    tokenizer: Tokenizer,
    device_class: DeviceClass,
    candidates: Sequence[Candidate],
    skipped: Mapping[str, str],
) -> tuple[Engine, EngineChoice]:
    """Return the engine of the fastest candidate; new candidates are measured.

    `skipped`: engines that cannot be candidates, and the reasons. The last candidate is chosen
    unmeasured if the cache cannot be written. Raises DeviceError if no candidate loads.
    """
    if len(candidates) == 1:
        reason = "asked for" if config.engine != "auto" else "the only one that runs here"
        return candidates[0].make(), candidates[0].choice(_with_skipped(reason, skipped))
    settings = f"{config.beams or checkpoint.beams} beams, {config.batch_tokens} batch tokens"
    if config.target_scripts:
        settings += ", target scripts"
    trial = make_trial(checkpoint, tokenizer, config.beams, device_class.trial_size)
    path = config.cache / _FOLDER / _file_name(checkpoint, device_class, candidates[-1].dtype)
    autotuner = Autotuner(path, settings, trial, skipped)
    try:
        autotuner.measure(candidates)
        engine, choice = autotuner.fastest(candidates)
    except OSError as error:
        _log.warning("the speeds cannot be saved, so nothing is measured: %s", error)
        engine, choice = autotuner.unmeasured(candidates[-1], error)
    if config.engine != "auto":
        choice = EngineChoice(choice.name, choice.dtype, f"asked for; {choice.reason}")
    return engine, choice


class Autotuner:
    """Measures candidates that have no saved speed, one at a time, and ranks them all."""

    def __init__(self, path: Path, settings: str, trial: Trial, skipped: Mapping[str, str]) -> None:
        """Speeds are saved in the JSON file `path`, under the key `settings`."""
        self._path = path
        self._settings = settings
        self._trial = trial
        self._skipped = dict(skipped)
        self._speeds: dict[str, Speed] = {}  # by the candidate's name
        self._loaded: Candidate | None = None  # whose engine `_engine` is
        self._engine: Engine | None = None

    def measure(self, candidates: Sequence[Candidate]) -> None:
        """Measure what has no saved speed; only one process does so at a time.

        Raises OSError if the speeds cannot be saved.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._path}.lock"):
            text = self._path.read_text() if self._path.is_file() else "{}"
            saved: dict[str, dict[str, dict[str, float]]] = json.loads(text)
            ours = saved.setdefault(self._settings, {})
            for candidate in candidates:
                if candidate.name in ours:
                    self._speeds[candidate.name] = Speed(**ours[candidate.name])
                elif speed := self._measure(candidate):
                    self._speeds[candidate.name] = speed
                    ours[candidate.name] = asdict(speed)
                    self._save(saved)

    def fastest(self, candidates: Sequence[Candidate]) -> tuple[Engine, EngineChoice]:
        """Return the engine of the fastest candidate that loads.

        Raises DeviceError if none does.
        """
        ranked = [candidate for candidate in candidates if candidate.name in self._speeds]
        ranked.sort(key=lambda candidate: self._speeds[candidate.name].score, reverse=True)
        for rank, candidate in enumerate(ranked):
            engine = self._engine if candidate is self._loaded else self._load(candidate)
            if engine is not None:
                return engine, candidate.choice(self._reason(ranked[rank:]))
        raise DeviceError(_with_skipped("no engine runs here", self._skipped))

    def unmeasured(self, candidate: Candidate, cause: OSError) -> tuple[Engine, EngineChoice]:
        """Return the engine of a candidate that could not be compared with the others."""
        engine = self._load(candidate)
        if engine is None:
            raise DeviceError(_with_skipped("no engine runs here", self._skipped))
        return engine, candidate.choice(_with_skipped(f"not measured: {cause}", self._skipped))

    def _measure(self, candidate: Candidate) -> Speed | None:
        """Return the speed of a candidate; None if it does not load or decode."""
        started = time.perf_counter()
        engine = self._load(candidate)
        if engine is None:
            return None
        try:
            speed = measure_speed(engine, self._trial)
        except _failures() as error:
            self._skip(candidate, error)
            self._loaded = self._engine = None
            return None
        seconds = time.perf_counter() - started
        _log.info("%s: %s, measured in %.1f s", candidate.name, _format(speed), seconds)
        return speed

    def _load(self, candidate: Candidate) -> Engine | None:
        """Return a new engine after freeing the memory of the previous one."""
        self._loaded = self._engine = None
        gc.collect()
        if "torch" in sys.modules:
            import torch

            torch.cuda.empty_cache()  # does nothing if CUDA was not used
        try:
            self._engine = candidate.make()
        except _failures() as error:
            self._skip(candidate, error)
            return None
        self._loaded = candidate
        return self._engine

    def _skip(self, candidate: Candidate, error: Exception) -> None:
        message = " ".join(str(error).split()) or type(error).__name__
        self._skipped[candidate.name] = message
        _log.warning("%s is skipped: %s", candidate.name, message)

    def _save(self, saved: Mapping[str, object]) -> None:
        partial = self._path.with_suffix(".partial")  # a kill must not leave half a file
        partial.write_text(json.dumps(saved, indent=1) + "\n")
        os.replace(partial, self._path)

    def _reason(self, ranked: Sequence[Candidate]) -> str:
        figures = [f"{one.name} {_format(self._speeds[one.name])}" for one in ranked]
        more = ["…"] if len(figures) > _MOST_SHOWN else []
        shown = "; ".join(figures[:_MOST_SHOWN] + more)
        reason = f"fastest of {len(ranked)} measured (tokens/s under load and alone): {shown}"
        return _with_skipped(reason, self._skipped)


def _failures() -> tuple[type[Exception], ...]:
    """Return what candidates raise if a library, memory or disk space is missing.

    Anything else is a bug.
    """
    failures = (DeviceError, OutOfMemoryError, OSError)
    if "torch" not in sys.modules:  # a candidate that fails has imported what it needs
        return failures
    import torch

    return (*failures, torch.OutOfMemoryError)


def _file_name(checkpoint: Checkpoint, device_class: DeviceClass, dtype: str) -> str:
    """Return a name that depends on the weights, the package versions, the dtype and the device."""
    content = content_hash(checkpoint, " ".join(map(_installed, _PACKAGES)))
    device = re.sub(r"[^a-z0-9]+", "-", device_class.name.lower())
    return f"{content}-{dtype}-{device}.json"


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _format(speed: Speed) -> str:
    return f"{speed.loaded:,.0f} and {speed.alone:,.0f}"


def _with_skipped(reason: str, skipped: Mapping[str, str]) -> str:
    return "; ".join([reason, *(f"not {name}: {why}" for name, why in skipped.items())])
