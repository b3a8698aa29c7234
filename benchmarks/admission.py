"""`python -m benchmarks.admission`: simulates when waiting sentences should be admitted.

The real policy runs on a simulated clock. Steps and admissions take as long as measured on an H200
with a model of 418M's size (docs/benchmarks/gpu-before.md), without the host's share.
"""

import argparse
import heapq
import math
import random
import statistics
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import publish
from translator.engines.inflight.policy import ADMIT_AFTER, ADMIT_SHARE, AdmissionPolicy

_SLOTS = 128
_TOKENS, _SPREAD = 25, 0.5  # of a translation: log-normal
_LOGARITHM = math.log(_TOKENS) - _SPREAD**2 / 2
_SENTENCES = 20_000
_LOAD = 0.7  # of the best rate, if sentences arrive one by one
SHARES = (1 / 64, 1 / 16, ADMIT_SHARE, 1 / 4, 1 / 2)
AFTERS = (1, ADMIT_AFTER, 10)


@dataclass(frozen=True)
class Costs:
    """Milliseconds of a step with n live sentences, and of admitting n: `fixed + n · each`."""

    step: float = 1.2
    step_each: float = 0.005
    admission: float = 0.57
    admission_each: float = 0.0175


@dataclass(frozen=True)
class Outcome:
    """Sentences a second, and the milliseconds from arrival to a slot."""

    rate: float
    mean_wait: float
    worst_wait: float  # 99th percentile


def simulate(policy: AdmissionPolicy, arrivals: Iterator[float], costs: Costs) -> Outcome:
    """Decode sentences that arrive at these milliseconds."""
    rng, now, iteration = random.Random(1), 0.0, 0.0
    arrival, waiting, waits = next(arrivals, None), deque[float](), list[float]()
    live: list[int] = []  # a heap of the steps at whose end each is done
    steps = done = 0
    while arrival is not None or waiting or live:
        while arrival is not None and arrival <= now:
            waiting.append(arrival)
            policy.arrived(arrival)
            arrival = next(arrivals, None)
        free = _SLOTS - len(live)
        if waiting and policy.admits(now, len(waiting), free, len(live), iteration):
            joining = [waiting.popleft() for _ in range(min(len(waiting), free))]
            waits += [now - arrived for arrived in joining]
            for _ in joining:
                tokens = max(2, round(rng.lognormvariate(_LOGARITHM, _SPREAD)))
                heapq.heappush(live, steps + tokens)
            policy.admitted(now, len(waiting))
            now += costs.admission + costs.admission_each * len(joining)
        if live:
            iteration = costs.step + costs.step_each * len(live)
            now, steps = now + iteration, steps + 1
            before = len(live)
            while live and live[0] <= steps:
                heapq.heappop(live)
            done += before - len(live)
            policy.finished(now, before - len(live), len(waiting), len(live), iteration)
        elif waiting:
            now += 0.1  # the batching delay
        elif arrival is not None:
            now = arrival
    ordered = sorted(waits)
    worst = ordered[int(0.99 * len(ordered))]
    return Outcome(1e3 * done / now, statistics.mean(ordered), worst)


def backlog() -> Iterator[float]:
    """All arrive at the start."""
    return iter([0.0] * _SENTENCES)


def one_by_one(rate: float) -> Iterator[float]:
    """Arrive at random, `rate` per second."""
    rng, now = random.Random(2), 0.0
    for _ in range(_SENTENCES):
        now += rng.expovariate(rate / 1e3)
        yield now


def main() -> None:
    """Print a table and one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.admission", description=__doc__)
    parser.add_argument("--output", type=Path, help="Markdown file")
    arguments = parser.parse_args()
    costs = Costs()
    best = max(simulate(AdmissionPolicy(share), backlog(), costs).rate for share in SHARES)
    rows = []
    for share in SHARES:
        for after in AFTERS:
            full = simulate(AdmissionPolicy(share, after), backlog(), costs)
            usual = simulate(AdmissionPolicy(share, after), one_by_one(_LOAD * best), costs)
            rows.append(
                {
                    "share": share,
                    "after": after,
                    "backlog": full.rate,
                    "mean_wait": usual.mean_wait,
                    "p99_wait": usual.worst_wait,
                }
            )
    lines = [
        "# When sentences should join",
        "",
        f"Simulated: {_SLOTS} slots; a step takes {costs.step} ms plus {costs.step_each} ms per "
        f"live sentence, an admission {costs.admission} ms plus {costs.admission_each} ms per "
        f"sentence; translations of {_TOKENS} tokens on average.",
        "",
        "| share | after | backlog: sentences/s | one by one, at 70 %: wait, ms | its p99 |",
        "| ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| 1/{1 / r['share']:.0f} | {r['after']} | {r['backlog']:,.0f} "
            f"| {r['mean_wait']:.1f} | {r['p99_wait']:.1f} |"
            for r in rows
        ),
    ]
    publish({"rows": rows}, "\n".join(lines), arguments.output)


if __name__ == "__main__":
    main()
