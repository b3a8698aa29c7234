"""Two fronts and a jobs process on one store; `test_shared_jobs.py` runs this module.

They are forked, and forked again when they die, by a parent that prints a line of JSON for each:
its name, its process id, and the address of a front.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from server.app import create_app
from server.auth.keys import digest_of
from server.core.settings import Settings
from server.http.waitress_server import HttpServer
from server.jobs.store import open_jobs
from server.metrics.front import Metrics
from server.metrics.shared_values import SharedValues
from server.services import Services, make_services
from tests.fakes import FakePool, one_model

MAX_JOBS = 12
KEYS = "keys.toml"  # in the folder above the jobs
_SECONDS = 0.05  # for each text


def _translate(text: str) -> str:
    time.sleep(_SECONDS if text.startswith("slow") else 0.0)
    return text.upper()


def _report(name: str, url: str | None = None) -> None:
    line = json.dumps({"name": name, "pid": os.getpid(), "url": url}) + "\n"
    os.write(sys.stdout.fileno(), line.encode())


def _serve(name: str, services: Services) -> None:
    """Answer clients, and process no jobs."""
    http = HttpServer(create_app(services), services.settings)
    http.start()
    _report(name, http.url)


def _process(name: str, services: Services) -> None:
    assert services.jobs is not None
    services.jobs.start()
    _report(name)


def _fork(run: Callable[[str, Services], None], name: str, services: Services) -> int:
    pid = os.fork()
    if pid == 0:
        services.metrics.enter_process(name)
        run(name, services)
        signal.pause()
        os._exit(1)
    return pid


def table(name: str) -> str:
    """Return the entry of a key that is the same as its name."""
    return f'[{name}]\nsha256 = "{digest_of(name)}"\n'


def main(folder: Path) -> None:
    """Keep the processes running until SIGTERM."""
    settings = Settings(port=0, jobs=folder, max_jobs=MAX_JOBS, api_keys=folder.parent / KEYS)
    store = open_jobs(settings, shared=True)
    pool, shared = FakePool(translate=_translate), SharedValues()
    metrics = Metrics(shared)
    services = make_services(pool, one_model(), settings, store, metrics=metrics)
    roles = {"a": _serve, "b": _serve, "jobs": _process}
    children = {_fork(run, name, services): name for name, run in roles.items()}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while True:
            pid, status = os.wait()
            name = children.pop(pid)
            assert os.WIFSIGNALED(status), f"{name} has ended by itself"
            children[_fork(roles[name], name, services)] = name
    finally:
        shared.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
