"""Heavy-tailed traffic: arrival times of requests, their sizes, and the lengths of segments."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.simulation.plan import Plan

MEAN_TOKENS = 25.0  # of a segment
_TOKENS_SIGMA = 0.6  # of their logarithm
_LONGEST = 100  # tokens; the segmenter cuts there
_DOCUMENTS = 0.03  # share of requests that are documents; the others are messages
_MESSAGE_SIGMA = 0.8  # of the logarithm of a message's segments; their median is 2
_DOCUMENT_LEAST, _DOCUMENT_MOST, _DOCUMENT_SHAPE = 20, 2_000, 1.3  # Pareto, in segments
_WAVE = 0.1  # amplitude of the daily cycle
_BURSTS_EVERY, _BURST_SECONDS, _BURST_FACTOR = 60.0, 2.0, 2.5
_CLIENTS, _CLIENT_SHAPE = 200, 0.7  # Zipf: some clients send much more than others
_GRID_SECONDS = 0.1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Traffic:
    """Requests in order of arrival; segments are numbered across all requests."""

    times: list[float]  # seconds
    clients: list[str]
    sizes: list[int]  # segments
    starts: list[int]  # number of the first segment
    tokens: list[int]  # of each segment

    @property
    def segments(self) -> int:
        """The number of segments."""
        return len(self.tokens)


def make_traffic(plan: Plan) -> Traffic:
    """Draw the traffic of a plan; the same seed gives the same traffic.

    The number of requests is such that their tokens make up the plan's load. Given their number,
    the arrivals of a Poisson process are independent, with its rate as their density.
    """
    random = np.random.default_rng(plan.seed)
    total_tokens = plan.load * plan.capacity * plan.seconds
    max_segments = int(total_tokens)  # a segment has at least one token
    sizes = _sizes(random, max_segments // int(MEAN_TOKENS))
    tokens = _tokens(random, int(1.5 * total_tokens / MEAN_TOKENS) + _DOCUMENT_MOST)
    segments = int(np.searchsorted(np.cumsum(tokens), total_tokens))
    requests = int(np.searchsorted(np.cumsum(sizes), segments)) + 1
    sizes = sizes[:requests]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    ranks = np.arange(1, _CLIENTS + 1) ** -_CLIENT_SHAPE
    clients = random.choice(_CLIENTS, requests, p=ranks / ranks.sum())
    return Traffic(
        times=_times(random, plan.seconds, requests).tolist(),
        clients=[f"client {number}" for number in clients],
        sizes=sizes.tolist(),
        starts=starts[:-1].tolist(),
        tokens=tokens[: starts[-1]].tolist(),
    )


def make_failures(plan: Plan) -> list[tuple[float, int]]:
    """Return the (time, GPU) of each failure until the end of the traffic.

    A GPU does not fail again before it is back.
    """
    random = np.random.default_rng([plan.seed, 1])

    def failures_of(gpu: int) -> list[tuple[float, int]]:
        lives = random.exponential(plan.mean_life, int(plan.seconds / plan.restart) + 1)
        times = np.cumsum(lives + plan.restart) - plan.restart
        return [(float(time), gpu) for time in times if time < plan.seconds]

    return sorted(itertools.chain.from_iterable(map(failures_of, range(plan.gpus))))


def _sizes(random: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
    messages = random.lognormal(np.log(2), _MESSAGE_SIGMA, count)
    documents = _DOCUMENT_LEAST * (1 + random.pareto(_DOCUMENT_SHAPE, count))
    sizes = np.where(random.random(count) < _DOCUMENTS, documents, messages)
    return np.clip(np.rint(sizes), 1, _DOCUMENT_MOST).astype(np.int64)


def _tokens(random: np.random.Generator, count: int) -> npt.NDArray[np.int64]:
    tokens = random.lognormal(np.log(MEAN_TOKENS) - _TOKENS_SIGMA**2 / 2, _TOKENS_SIGMA, count)
    return np.clip(np.rint(tokens), 3, _LONGEST).astype(np.int64)


def _times(random: np.random.Generator, seconds: float, count: int) -> Floats:
    """Return sorted arrival times whose density is the daily cycle with its bursts."""
    grid = np.arange(0, seconds, _GRID_SECONDS)
    rates = 1 - _WAVE * np.cos(2 * np.pi * grid / seconds)  # night, day, night
    start = -_BURST_SECONDS
    while (start := start + random.exponential(_BURSTS_EVERY)) < seconds:
        rates[(grid >= start) & (grid < start + _BURST_SECONDS)] *= _BURST_FACTOR
    cumulative = np.concatenate(([0], np.cumsum(rates)))
    edges = np.linspace(0, seconds, len(cumulative))
    drawn: Floats = np.sort(random.random(count)) * cumulative[-1]
    times: Floats = np.interp(drawn, cumulative, edges)
    return times
