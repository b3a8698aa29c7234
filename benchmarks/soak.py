"""Soak test: the real server under load while its processes are killed, stopped and crashed.

First the server translates some sentences without load. Then clients translate them in a loop,
several per request. Every few seconds a worker, or with several fronts a front or the pool process,
receives SIGKILL or SIGSTOP, and another client sends a text that crashes workers, which the server
must identify. A request is broken if its connection breaks; its client repeats it. It is lost if it
gets no response in time, or a status other than 200, 429, or 503 with Retry-After; it is
quarantined if the server blames one of its texts for a crash.
`benchmarks/endurance/known_translations.py` defines when a translation is wrong. Exit code 1 if a
request was lost or quarantined, more connections broke than the fronts that were hit can have had,
a translation was wrong, a crashing text was not identified, or more than 3 % of the translations
were variants. Prints a table and one JSON line.
"""

import argparse
import datetime
import os
import platform
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.endurance.baseline_client import BaselineClient
from benchmarks.endurance.clients import OUTCOMES, Clients, RequestCounts
from benchmarks.endurance.fault_injector import FaultInjector
from benchmarks.endurance.known_translations import KnownTranslations, Sentence, Verdict
from benchmarks.endurance.poison import PoisonClient
from benchmarks.endurance.process_stats import ProcessStats
from benchmarks.report import publish
from benchmarks.server_process import ServerProcess, started
from training.corpus import read_references

_DIRECTIONS = (("en", "de"), ("en", "fr"), ("de", "en"), ("fr", "nl"), ("es", "de"))
_MIN_CHARACTERS = 25  # shorter sentences are too similar to each other
_TWO_SENTENCES = re.compile(r"[.!?…]\W*\s")  # each text must be one segment
_MAX_VARIANTS = 0.03  # share of the translations
_CLIENTS = 32
_SERVER_TIMEOUT = 120.0  # seconds for a request at the server
_CLIENT_TIMEOUT = _SERVER_TIMEOUT + 10.0
_TICK_SECONDS = 1.0
_POISON_SECONDS = 20.0  # between two crashing texts
_MAX_SHOWN = 10  # wrong translations in the report


def main() -> int:
    """Run the soak test; return the exit code."""
    arguments = _parser().parse_args()
    command = [
        sys.executable, "-m", "benchmarks.endurance.poison", "--port", "0", "--model", "bundled",
        "--devices", arguments.devices, "--hang-timeout", str(arguments.hang_timeout),
        "--timeout", str(_SERVER_TIMEOUT), "--log-level", "error", "--jobs", "off",
        "--fronts", str(arguments.fronts), "--cache-bytes", "0",
    ]  # fmt: skip
    seconds, count = 60 * arguments.minutes, arguments.sentences
    if arguments.quick:
        seconds, count = 20.0, 50
    with started(command) as server:
        report = soak(server, count, seconds, arguments.every)
    report |= {
        "benchmark": "soak",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "devices": arguments.devices,
        "fronts": arguments.fronts,
        "hang_timeout": arguments.hang_timeout,
        "every": arguments.every,
    }
    publish(report, render(report), arguments.output)
    return 0 if report["passed"] else 1


def soak(server: ServerProcess, count: int, seconds: float, every: float) -> dict[str, Any]:
    """Return the report of `seconds` of load on about `count` sentences, with a fault `every`."""
    baseline, known = BaselineClient(server.url), KnownTranslations()
    known.add_single(tqdm(choose_sentences(count), desc="baseline"), baseline.translate)
    known.add_mixed(baseline.translate, seed=1)
    known.drop_similar()
    finished = baseline.total("finished_segments")
    stats, faults = ProcessStats(server.pid), FaultInjector(server.pid, every, seed=1)
    others = [sentence.text for sentence in known.by_sentence if sentence.target == "de"][:3]
    poison_seconds = min(_POISON_SECONDS, seconds / 3)
    with (
        Clients(server.url, known, _CLIENTS, _CLIENT_TIMEOUT) as clients,
        PoisonClient(server.url, others, poison_seconds, _CLIENT_TIMEOUT) as poison,
    ):
        _run_load(baseline, clients.counts, stats, faults, seconds)
    baseline.wait_until_ok()
    finished = baseline.total("finished_segments") - finished
    report = {
        "seconds": seconds,
        "sentences": len(known.by_sentence),
        "poison": poison.outcomes,
        "faults": faults.counts,
        "hits": faults.hits,
        "front": stats.summary(),
        **_summarise(clients.counts, known, baseline),
    }
    if not faults.hits["pool"]:  # which forgets its counts when it dies
        report |= {
            "finished_segments": finished,
            "extra_segments": max(0, finished - clients.counts.sent),
            "restarts": baseline.total("restarts"),
        }
    return report | {"passed": has_passed(report)}


def has_passed(report: dict[str, Any]) -> bool:
    """Return True if a report shows none of the failures that the module docstring lists."""
    hits = report["hits"]
    repeated = {"repeated"} if hits["front"] or hits["pool"] else set()
    return (
        report["translated"] > 0
        and not report["requests"]["lost"]
        and not report["requests"]["quarantined"]
        and report["requests"]["broken"] <= _CLIENTS * hits["front"]
        and set(report["poison"]) - repeated == {"identified"}
        and not report["wrong"]
        and report["variants"] <= _MAX_VARIANTS * report["translated"]
    )


def choose_sentences(count: int) -> list[Sentence]:
    """Return about `count` short and long sentences of the test split, in several directions."""
    chosen = []
    for source, target in _DIRECTIONS:
        found = [
            text
            for text in read_references("test")[source, target]
            if len(text) >= _MIN_CHARACTERS and not _TWO_SENTENCES.search(text)
        ]
        step = max(1, len(found) * len(_DIRECTIONS) // count)
        chosen += [Sentence(text, source, target) for text in found[::step]]
    return chosen


def judge_unknown(
    counts: RequestCounts, known: KnownTranslations, baseline: BaselineClient
) -> tuple[Counter[Verdict], list[dict[str, str]]]:
    """Translate sentences with unknown translations again without load, and judge these.

    Returns the number of translations by verdict, and the wrong ones.
    """
    if counts.unknown:
        known.add_single({sentence for sentence, _ in counts.unknown}, baseline.translate)
        known.add_mixed(baseline.translate, seed=2)
    verdicts: Counter[Verdict] = Counter()
    wrong = []
    for (sentence, translation), times in counts.unknown.items():
        verdict = known.judge(sentence, translation)
        verdicts[verdict] += times
        if verdict == "wrong":
            wrong.append(
                {"text": sentence.text, "target": sentence.target, "translation": translation}
            )
    return verdicts, wrong


def _summarise(
    counts: RequestCounts, known: KnownTranslations, baseline: BaselineClient
) -> dict[str, Any]:
    verdicts, wrong = judge_unknown(counts, known, baseline)
    return {
        "requests": {outcome: counts.requests[outcome] for outcome in OUTCOMES},
        "losses": counts.losses,
        "translated": counts.translated,
        "unknown": counts.unknown.total(),
        "variants": verdicts["variant"],
        "wrong": verdicts["wrong"],
        "wrong_translations": wrong[:_MAX_SHOWN],
    }


def _run_load(
    baseline: BaselineClient,
    counts: RequestCounts,
    stats: ProcessStats,
    faults: FaultInjector,
    seconds: float,
) -> None:
    """Inject faults and sample the server's process while the clients run."""
    start = time.monotonic()
    faults.schedule(start)
    with tqdm(total=round(seconds), desc="load", unit="s") as bar:
        while (now := time.monotonic()) < start + seconds:
            stats.sample()
            if now >= faults.due_at:
                faults.inject(baseline.workers_now())
                faults.schedule(now)
            bar.set_postfix(counts.requests | faults.counts, refresh=False)
            bar.update(round(now - start) - bar.n)
            time.sleep(_TICK_SECONDS)


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    requests, faults = report["requests"], report["faults"]
    lines = [
        "# Soak test",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores, devices "
        f"`{report['devices']}`, fronts {report['fronts']}, hang timeout "
        f"{report['hang_timeout']:g} s. {_CLIENTS} clients "
        f"translate {report['sentences']} sentences for {report['seconds'] / 60:.3g} minutes; "
        f"every {report['every']:g} s on average a process is killed or stopped, and every "
        f"{_POISON_SECONDS:g} s a client sends a text that crashes workers (poison). "
        "Command: `python -m benchmarks.soak`.",
        "",
        "| | |",
        "| --- | ---: |",
        f"| requests | {sum(requests.values()):,} |",
        *(f"| … {outcome} | {requests[outcome]:,} |" for outcome in OUTCOMES),
        f"| translations | {report['translated']:,} |",
        f"| … wrong | {report['wrong']:,} |",
        f"| … variants | {report['variants']:,} |",
        f"| … not known from before | {report['unknown']:,} |",
        *_worker_rows(report),
        *(f"| poison: {outcome} | {count:,} |" for outcome, count in report["poison"].items()),
        *(f"| {name} | {faults[name]:,} |" for name in sorted(faults)),
        "",
        "| parent process | first | last | maximum | slope per hour |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {row['first']:.1f} | {row['last']:.1f} | {row['max']:.1f} | "
        f"{row['per_hour']:+.1f} |"
        for name, row in report["front"].items()
    ]
    verdict = "passed" if report["passed"] else "FAILED"
    return "\n".join([*lines, "", f"The test {verdict}."])


def _worker_rows(report: dict[str, Any]) -> list[str]:
    if "finished_segments" not in report:
        return []
    return [
        f"| segments that workers finished | {report['finished_segments']:,} |",
        f"| … beyond the number of sentences sent | {report['extra_segments']:,} |",
        f"| restarts of workers | {report['restarts']:,} |",
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="duration of the load")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two faults")
    parser.add_argument("--fronts", type=int, default=1, help="of the server")
    parser.add_argument("--devices", default="cpu*2")
    parser.add_argument("--hang-timeout", type=float, default=5.0, help="of the server, in seconds")
    parser.add_argument("--sentences", type=int, default=250, help="approximate number")
    parser.add_argument("--quick", action="store_true", help="20 seconds of load, for a test")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
