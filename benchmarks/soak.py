"""The real server under load while its workers are killed and stopped, for as long as one likes.

First the server answers some sentences in quiet. Then clients ask them over and over, several in a
request, while every few seconds a worker gets SIGKILL or SIGSTOP, and another client sends a text
that crashes workers, which must be named as such. A request is lost that gets no answer, or another
status than 200, 429 or 503 with Retry-After; one is quarantined that is taken for such a text,
and is not. What makes an answer wrong stands in `benchmarks/endurance/known_translations.py`. Exit code 1
where a request was lost or quarantined, an answer wrong, a poison not named, or more than 3 % of
the answers were variants. Prints a table and one JSON line.
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

from benchmarks.endurance.known_translations import Answers, Question, Verdict
from benchmarks.endurance.clients import OUTCOMES, Clients, Tally
from benchmarks.endurance.poison import Poisoner
from benchmarks.endurance.baseline_client import QuietClient
from benchmarks.endurance.fault_injector import Strikes
from benchmarks.endurance.process_stats import Vitals
from benchmarks.report import publish
from benchmarks.server_process import ServerProcess, started
from training.corpus import read_references

_DIRECTIONS = (("en", "de"), ("en", "fr"), ("de", "en"), ("fr", "nl"), ("es", "de"))
_SHORTEST = 25  # characters: shorter sentences look too much alike
_TWO_SENTENCES = re.compile(r"[.!?…]\W*\s")  # each asked for must be one segment
_MOST_VARIANTS = 0.03  # of the answers
_CLIENTS = 32
_ANSWER_SECONDS = 120.0  # what a request may take at the server
_GRACE_SECONDS = 10.0  # that a client waits longer than that
_TICK_SECONDS = 1.0
_POISON_SECONDS = 20.0  # between two
_SHOWN = 10  # wrong answers in the report


def main() -> int:
    """Run the soak; return the exit code."""
    arguments = _parser().parse_args()
    command = [
        sys.executable, "-m", "benchmarks.endurance.poison", "--port", "0", "--model", "bundled",
        "--devices", arguments.devices, "--hang-timeout", str(arguments.hang_timeout),
        "--timeout", str(_ANSWER_SECONDS), "--log-level", "error", "--jobs", "off",
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
        "hang_timeout": arguments.hang_timeout,
        "every": arguments.every,
    }
    publish(report, render(report), arguments.output)
    return 0 if report["passed"] else 1


def soak(server: ServerProcess, count: int, seconds: float, every: float) -> dict[str, Any]:
    """Return what `seconds` of load, with a blow `every` so many, did to about `count` answers."""
    quiet, answers = QuietClient(server.url), Answers()
    answers.learn_alone(tqdm(choose_questions(count), desc="in quiet"), quiet.ask)
    answers.learn_together(quiet.ask, seed=1)
    answers.drop_twins()
    finished = quiet.total("finished_segments")
    vitals, strikes = Vitals(server.pid), Strikes(server.pid, every, seed=1)
    patience = _ANSWER_SECONDS + _GRACE_SECONDS
    company = [question.text for question in answers.known if question.target == "de"][:3]
    with (
        Clients(server.url, answers, _CLIENTS, patience) as clients,
        Poisoner(server.url, company, min(_POISON_SECONDS, seconds / 3), patience) as poisoner,
    ):
        _endure(quiet, clients.tally, vitals, strikes, seconds)
    quiet.wait_until_ok()
    finished = quiet.total("finished_segments") - finished
    restarts = quiet.total("restarts")
    tally = clients.tally
    verdicts, wrong = judge(tally, answers, quiet)
    return {
        "seconds": seconds,
        "questions": len(answers.known),
        "requests": {kind: tally.requests[kind] for kind in OUTCOMES},
        "losses": tally.losses,
        "sentences": tally.answered,
        "unseen_before": tally.doubtful.total(),
        "variants": verdicts["variant"],
        "wrong": verdicts["wrong"],
        "wrong_answers": wrong[:_SHOWN],
        "finished_segments": finished,
        "duplicated": max(0, finished - tally.asked),
        "poison": poisoner.outcomes,
        "strikes": strikes.counts,
        "restarts": restarts,
        "front": vitals.summary(),
        "passed": tally.answered > 0
        and not tally.requests["lost"]
        and not tally.requests["quarantined"]
        and set(poisoner.outcomes) == {"named"}
        and not verdicts["wrong"]
        and verdicts["variant"] <= _MOST_VARIANTS * tally.answered,
    }


def choose_questions(count: int) -> list[Question]:
    """Return sentences of the test split, short and long ones, of several directions."""
    chosen = []
    for source, target in _DIRECTIONS:
        found = [
            text
            for text in read_references("test")[source, target]
            if len(text) >= _SHORTEST and not _TWO_SENTENCES.search(text)
        ]
        step = max(1, len(found) * len(_DIRECTIONS) // count)
        chosen += [Question(text, source, target) for text in found[::step]]
    return chosen


def judge(
    tally: Tally, answers: Answers, quiet: QuietClient
) -> tuple[Counter[Verdict], list[dict[str, str]]]:
    """Ask again, in quiet, what got an answer not seen before; count verdicts, tell the wrong."""
    if tally.doubtful:
        answers.learn_alone({question for question, _ in tally.doubtful}, quiet.ask)
        answers.learn_together(quiet.ask, seed=2)
    verdicts: Counter[Verdict] = Counter()
    wrong = []
    for (question, answer), times in tally.doubtful.items():
        verdict = answers.judge(question, answer)
        verdicts[verdict] += times
        if verdict == "wrong":
            wrong.append({"text": question.text, "target": question.target, "answer": answer})
    return verdicts, wrong


def _endure(
    quiet: QuietClient, tally: Tally, vitals: Vitals, strikes: Strikes, seconds: float
) -> None:
    """Let blows fall and take readings for so long."""
    begun = time.monotonic()
    strikes.plan(begun)
    with tqdm(total=round(seconds), desc="under fire", unit="s") as bar:
        while (now := time.monotonic()) < begun + seconds:
            vitals.read()
            if now >= strikes.due_at:
                strikes.strike(quiet.workers())
                strikes.plan(now)
            bar.set_postfix(tally.requests | strikes.counts, refresh=False)
            bar.update(round(now - begun) - bar.n)
            time.sleep(_TICK_SECONDS)


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    requests, strikes = report["requests"], report["strikes"]
    lines = [
        "# Soak",
        "",
        f"{report['date']}, {report['machine']}, {report['cores']} cores, devices "
        f"`{report['devices']}`, hang timeout {report['hang_timeout']:g} s. {_CLIENTS} clients ask "
        f"{report['questions']} sentences for {report['seconds'] / 60:.3g} minutes; every "
        f"{report['every']:g} s on average a worker is killed or stopped, and every "
        f"{_POISON_SECONDS:g} s somebody sends a text that crashes workers. "
        "Command: `python -m benchmarks.soak`.",
        "",
        "| | |",
        "| --- | ---: |",
        f"| requests | {sum(requests.values()):,} |",
        *(f"| … {kind} | {requests[kind]:,} |" for kind in OUTCOMES),
        f"| sentences answered | {report['sentences']:,} |",
        f"| … wrong | {report['wrong']:,} |",
        f"| … variants | {report['variants']:,} |",
        f"| … not seen before, in all | {report['unseen_before']:,} |",
        f"| segments that workers finished | {report['finished_segments']:,} |",
        f"| … more than were asked for | {report['duplicated']:,} |",
        *(f"| poison: {kind} | {count:,} |" for kind, count in report["poison"].items()),
        *(f"| {name} | {strikes[name]:,} |" for name in sorted(strikes)),
        f"| restarts | {report['restarts']:,} |",
        "",
        "| the front | first | last | most | slope per hour |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {name} | {row['first']:.1f} | {row['last']:.1f} | {row['most']:.1f} | "
        f"{row['per_hour']:+.1f} |"
        for name, row in report["front"].items()
    ]
    verdict = "passed" if report["passed"] else "FAILED"
    return "\n".join([*lines, "", f"The run {verdict}."])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="of load and blows")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two blows")
    parser.add_argument("--devices", default="cpu*2")
    parser.add_argument("--hang-timeout", type=float, default=5.0, help="the server's, in seconds")
    parser.add_argument("--sentences", type=int, default=250, help="about so many are asked")
    parser.add_argument("--quick", action="store_true", help="20 seconds of load, for a test")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
