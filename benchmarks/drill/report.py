"""The figures of a drill, and its verdict."""

import importlib.metadata
import platform
import subprocess
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from benchmarks.drill.events import EVENTS
from benchmarks.drill.jobs import JobRecord
from benchmarks.drill.proxy import NGINX
from benchmarks.drill.records import Period, Records
from benchmarks.report import in_words


def versions(database: str) -> dict[str, str]:
    """Return those of all parts."""
    with psycopg.connect(database) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    nginx = subprocess.run([str(NGINX), "-v"], capture_output=True, text=True, check=True)
    return {
        "m2m-server": importlib.metadata.version("m2m-server"),
        "Python": platform.python_version(),
        "PostgreSQL": str(row[0]).split()[0] if row else "unknown",
        "nginx": nginx.stderr.strip().rpartition("/")[2],
    }


def stored_jobs(database: str) -> list[tuple[str, int, int]]:
    """Return status, texts and finished texts of all jobs."""
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT status, texts, texts_done FROM jobs").fetchall()


def count_jobs(jobs: Sequence[JobRecord], rows: Sequence[tuple[str, int, int]]) -> dict[str, int]:
    """Return how many jobs were made, lost and doubled; `rows` are those of `stored_jobs`."""
    twice = sum(len(job.seen) - len(set(job.seen)) for job in jobs)
    return {
        "made": len(jobs),
        "texts": sum(len(job.texts) for job in jobs),
        "lost": sum(not job.complete for job in jobs)
        + sum(set(job.seen) != set(range(len(job.texts))) for job in jobs if job.complete),
        "doubled": sum(len(job.urls) - 1 for job in jobs if job.urls)
        + max(0, len(rows) - len(jobs))
        + twice
        + sum(done > texts for _, texts, done in rows),
        "unfinished": sum(status != "done" for status, _, _ in rows),
        "streams resumed": sum(job.resumed for job in jobs),
    }


def summarise(records: Records, jobs: dict[str, int], faults: Sequence[str]) -> dict[str, Any]:
    """Return the report; `faults` are those beyond the failures of requests."""
    failed: Counter[str] = Counter()
    for period in records.periods:
        failed += period.failed
    wrong = [*faults]
    for event, period in zip(EVENTS, records.periods, strict=True):
        wrong += event.faults(period)
    if jobs["lost"] or jobs["doubled"] or jobs["unfinished"]:
        wrong.append("jobs were lost or doubled")
    return {
        "requests": sum(p.answered.total() + p.failed.total() for p in records.periods),
        "failed": dict(failed),
        "jobs": jobs,
        "events": [_row(period) for period in records.periods],
        "faults": wrong,
        "passed": not wrong,
    }


def _row(period: Period) -> dict[str, Any]:
    return {
        "event": period.name,
        "recovered": period.recovered,
        "answered": dict(period.answered),
        "failed": dict(period.failed),
        "p50": period.quantile(50),
        "p99": period.quantile(99),
    }


def render(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    jobs = report["jobs"]
    parts = in_words(report["versions"])
    lines = [
        "# Drill: a day of production on one machine",
        "",
        f"{report['date']}, {report['machine']}; {parts}. Three servers with the bundled model on "
        f"one database behind nginx, {report['minutes']:g} minutes. "
        f"Command: `python -m benchmarks.drill --minutes {report['minutes']:g}`.",
        "",
        "| event | whole again | requests | failed | p50 | p99 |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
        *map(_line, report["events"]),
        "",
        "| | |",
        "| --- | ---: |",
        f"| requests | {report['requests']:,} |",
        *(f"| failed, {cause} | {count:,} |" for cause, count in sorted(report["failed"].items())),
        *(f"| jobs {name} | {count:,} |" for name, count in jobs.items()),
        *(f"| **not allowed:** {fault} | |" for fault in report["faults"]),
        "",
        f"The drill {'passed' if report['passed'] else 'FAILED'}.",
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    failed = ", ".join(f"{count} {cause}" for cause, count in sorted(row["failed"].items()))
    total = sum(row["answered"].values()) + sum(row["failed"].values())
    whole = "" if row["recovered"] is None else f"{row['recovered']:.1f} s"
    times = [f"{row[name]:.2f} s" if row[name] else "" for name in ("p50", "p99")]
    return f"| {row['event']} | {whole} | {total:,} | {failed or '0'} | {' | '.join(times)} |"
