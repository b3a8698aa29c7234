"""The figures of `benchmarks.front`, and how they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any, TypeVar

from benchmarks.front.measurement import Cost
from benchmarks.report import in_words

OURS, BARE = "ours", "bare"
_CARDS = 8
# Sentences a second of eight H200s, by the way of decoding.
_WANTED = {"greedy": 96_000, "5 beams": 34_000}


@dataclass(frozen=True)
class Rates:
    """What servers can do at most."""

    server: str  # OURS or BARE
    fronts: int  # or bare servers, on a port each
    requests_per_second: float
    sentences_per_second: float | None  # in arrays of 64
    client_share: float  # of a core
    p50_ms: float
    p99_ms: float


Figures = TypeVar("Figures", Cost, Rates)


def middle(rounds: Sequence[Figures]) -> Figures:
    """Return the medians of all figures."""
    names = [name for name, value in vars(rounds[0]).items() if isinstance(value, float)]
    return replace(
        rounds[0], **{name: median([getattr(each, name) for each in rounds]) for name in names}
    )


def summary(
    about: Mapping[str, Any],
    bare: Mapping[str, Cost],
    costs: Mapping[str, Mapping[str, Cost]],
    rates: list[Rates],
    array: Cost,
) -> dict[str, Any]:
    """Return all figures; `bare` is by number, `costs` by the number of fronts and the case."""
    cores = {name: wanted * array.total / 1e6 for name, wanted in _WANTED.items()}
    return {
        **about,
        "bare_us": {number: asdict(cost) for number, cost in bare.items()},
        "us": {
            fronts: {case: asdict(cost) for case, cost in cases.items()}
            for fronts, cases in costs.items()
        },
        "rates": [asdict(each) for each in rates],
        "cores_for_8_h200": cores,
    }


def render(
    report: Mapping[str, Any],
    bare: Mapping[str, Cost],
    costs: Mapping[str, Mapping[str, Cost]],
    rates: list[Rates],
) -> str:
    """Return the report as Markdown."""
    lines = [
        "# The front: what a sentence takes without a device",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores; "
        f"{in_words(report['versions'])}. Workers answer at once; all text work is real, with the "
        "bundled tokenizer. Command: `make bench-front`.",
        "",
        "CPU time, µs per sentence. With one front, the pool is a part of it. × bare: the fronts "
        "against as many servers of Flask and waitress alone, measured in turns; the median of "
        "those. The last column is the client's share of a core: close to 100 %, the client was "
        "measured.",
        "",
        "| fronts | request | front | pool | worker | in all | × bare | decodings | client |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_cost_row(number, "Flask and waitress alone", cost) for number, cost in bare.items()),
    ]
    for fronts, cases in costs.items():
        lines += [_cost_row(fronts, case, cost) for case, cost in cases.items()]
    return "\n".join([*lines, "", *_render_rates(rates), "", _render_cores(report)])


def _cost_row(fronts: str, case: str, cost: Cost) -> str:
    times = f"{cost.front:.1f} | {cost.pool:.1f} | {cost.worker:.1f} | {cost.total:.1f}"
    ratio = "" if cost.ratio is None else f"{cost.ratio:.2f}"
    more = f"{cost.decodings:.2f} | {cost.client_share:.0%}"
    return f"| {fronts} | {case} | {times} | {ratio} | {more} |"


def _render_rates(rates: list[Rates]) -> list[str]:
    lines = [
        "Rates, with a client on the same cores; latencies of single sentences at 256 clients. "
        "× one: the requests, and the sentences, against those of one front or bare server. Fronts "
        "share the cores with the pool, the workers and the client, bare servers with the client.",
        "",
        "| server | fronts | requests/s | × one | sentences/s, by 64 | × one | client | p50, ms "
        "| p99, ms | p99/p50 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in rates:
        one = next(other for other in rates if other.server == each.server)
        gain = f"{each.requests_per_second / one.requests_per_second:.2f}"
        array = "|"
        if each.sentences_per_second is not None and one.sentences_per_second is not None:
            array = f"{each.sentences_per_second:,.0f} | "
            array += f"{each.sentences_per_second / one.sentences_per_second:.2f}"
        lines.append(
            f"| {each.server} | {each.fronts} | {each.requests_per_second:,.0f} | {gain} | "
            f"{array} | {each.client_share:.0%} | "
            f"{each.p50_ms:.1f} | {each.p99_ms:.1f} | {each.p99_ms / each.p50_ms:.1f} |"
        )
    return lines


def _render_cores(report: Mapping[str, Any]) -> str:
    cores = report["cores_for_8_h200"]
    needs = ", ".join(
        f"{cores[name]:.1f} for {wanted:,} sentences/s ({name})" for name, wanted in _WANTED.items()
    )
    return f"Cores that {_CARDS} H200s need, by the time of a sentence in arrays of 64: {needs}."
