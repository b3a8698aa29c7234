"""A day of production on one machine: everything is killed once, and nothing may be lost.

Starts PostgreSQL, three servers with the bundled model, and nginx with docs/nginx.conf. Clients
send texts, arrays, streams, documents and jobs through the proxy all the time. One after another a
worker, a front, a pool process, a server, the database and the proxy are killed and started
again, keys are changed, and each server is replaced by one with another setting.
`benchmarks/drill/events.py` says which failures each event may cause. Prints a table and one JSON
line. Exit code 1 if a job was lost or doubled, a request failed that may not, an answer was wrong,
or a server logged an unexpected error.
"""

import argparse
import datetime
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from benchmarks.drill.clients import Clients
from benchmarks.drill.events import EVENTS, NEW_LIMIT
from benchmarks.drill.jobs import JobClients
from benchmarks.drill.postgresql import find_programs
from benchmarks.drill.proxy import NGINX
from benchmarks.drill.records import Records
from benchmarks.drill.report import count_jobs, render, stored_jobs, summarise, versions
from benchmarks.drill.service import Service, running
from benchmarks.report import machine, publish

_SETTLE_SECONDS = 5.0  # between two events, at least


def main() -> int:
    """Run the drill; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drill", description=__doc__)
    parser.add_argument("--minutes", type=float, default=4.0, help="duration, without the start")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    programs = find_programs()
    if programs is None or NGINX is None:
        sys.exit("the drill needs PostgreSQL and nginx (Debian: postgresql nginx)")
    with running(programs) as service:
        report = drill(service, 60 * arguments.minutes)
    report |= {
        "benchmark": "drill",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "minutes": arguments.minutes,
    }
    publish(report, render(report), arguments.output)
    return 0 if report["passed"] else 1


def drill(service: Service, seconds: float) -> dict[str, Any]:
    """Return the report of all events, which share the time evenly."""
    records, faults = Records(), []
    records.begin(EVENTS[0].name)
    with (
        JobClients(service.proxy.url, service.keys.jobs, records) as jobs,
        Clients(service.proxy.url, service.keys, records),
    ):
        for event in tqdm(EVENTS, desc="events"):
            period = records.periods[0] if event is EVENTS[0] else records.begin(event.name)
            begun = time.monotonic()
            try:
                event.act(service)
            except RuntimeError as error:
                faults.append(f"{event.name}: {error}")
            period.recovered = time.monotonic() - begun
            time.sleep(max(_SETTLE_SECONDS, seconds / len(EVENTS) - period.recovered))
    faults += [f"not the new version: {url}" for url in _old_versions(service)]
    faults += [line for server in service.servers for line in server.faults()]
    summary = summarise(records, count_jobs(jobs.jobs, stored_jobs(service.database)), faults)
    return summary | {"versions": versions(service.database)}


def _old_versions(service: Service) -> list[str]:
    """Return the addresses of servers without the setting of the new version."""
    texts = {each.url: httpx.get(f"{each.url}/openapi.json").text for each in service.servers}
    return [url for url, text in texts.items() if f"{NEW_LIMIT:,} characters" not in text]


if __name__ == "__main__":
    sys.exit(main())
