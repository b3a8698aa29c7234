"""`python -m benchmarks.front`: CPU time by role, rates and latencies; see `make bench-front`."""

import argparse
import datetime
import os
import platform
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from benchmarks.front.cases import ARRAY, CASES, SINGLE, Case
from benchmarks.front.measurement import (
    Cost,
    bare_server,
    crowd,
    measured,
    our_server,
    settled_clients,
)
from benchmarks.front.report import BARE, OURS, Rates, middle, render, summary
from benchmarks.report import publish, versions
from benchmarks.server_process import ServerProcess

_RATE_CLIENTS = 32


def main() -> None:
    """Print tables and one JSON line."""
    arguments = _parser().parse_args()
    bare, costs = measure_costs(sorted({1, arguments.fronts}), arguments.rounds, arguments.seconds)
    rates = measure_rates(arguments.fronts, arguments.rounds, arguments.seconds)
    about = {
        "benchmark": "front",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {"Python": platform.python_version(), **versions("flask", "waitress")},
    }
    array = costs[str(arguments.fronts)][ARRAY.name]
    report = summary(about, bare, costs, rates, array)
    publish(report, render(report, bare, costs, rates), arguments.output)


def measure_costs(
    fronts: Sequence[int], rounds: int, seconds: float
) -> tuple[dict[str, Cost], dict[str, dict[str, Cost]]]:
    """Return the costs of bare servers by their number, and those of all cases by fronts and name.

    Ours and as many bare ones as it has fronts take turns, so that what else the machine does meets
    all of them; medians of rounds.
    """
    with ExitStack() as running:
        start = running.enter_context
        ours = {n: start(measured([our_server(n)])) for n in fronts}
        bare = {n: start(measured([bare_server() for _ in range(n)])) for n in fronts}
        bare_costs: dict[int, list[Cost]] = {n: [] for n in fronts}
        costs: dict[tuple[int, Case], list[Cost]] = {}
        for _ in tqdm(range(rounds), desc="costs"):
            for case in CASES:
                for n, server in ours.items():
                    found = server.cost(case, seconds)
                    if case.sentences == 1:
                        bare_costs[n].append(bare[n].cost(SINGLE, seconds))
                        found = replace(found, ratio=found.front / bare_costs[n][-1].front)
                    costs.setdefault((n, case), []).append(found)
    return {str(n): middle(found) for n, found in bare_costs.items()}, {
        str(n): {case.name: middle(costs[n, case]) for case in CASES} for n in fronts
    }


def measure_rates(fronts: int, rounds: int, seconds: float) -> list[Rates]:
    """Return what one to so many bare servers do at most, and ours with so many fronts."""
    found: dict[tuple[str, int], list[Rates]] = {
        (name, n): [] for name in (BARE, OURS) for n in range(1, fronts + 1)
    }
    for _ in tqdm(range(rounds), desc="rates"):
        for (name, n), rates in found.items():
            with ExitStack() as running:
                starting = [our_server(n)] if name == OURS else [bare_server() for _ in range(n)]
                servers = [running.enter_context(each) for each in starting]
                rates.append(_rates(name, n, servers, seconds))
    return [middle(rates) for rates in found.values()]


def _rates(name: str, fronts: int, servers: Sequence[ServerProcess], seconds: float) -> Rates:
    with settled_clients(servers, _RATE_CLIENTS) as clients:
        single = clients.run(SINGLE.requests(), seconds)
        array = clients.run(ARRAY.requests(), seconds) if name == OURS else None
    many = crowd(servers, 2 * seconds)
    return Rates(
        name,
        fronts,
        single.rate,
        None if array is None else array.rate * ARRAY.sentences,
        single.share,
        many.percentile(50) * 1e3,
        many.percentile(99) * 1e3,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.front", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="medians of so many are shown")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--fronts", type=int, default=cores, help="the most; default: all cores")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    main()
