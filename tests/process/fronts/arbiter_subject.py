"""An arbiter whose children do nothing; test_arbiter.py runs this module.

Each child writes a line when it starts, and a line for each order. In mode "broken", front 1 ends
before it is ready; in mode "stubborn", fronts do not obey; in mode "mute", front 1 never becomes
ready.
"""

import os
import sys
from functools import partial

from server.http.logs import configure_logging
from server.processes.arbiter import Arbiter, Limits
from server.processes.arbiter_link import ArbiterLink, Order
from server.processes.heartbeat import Heartbeat
from server.processes.role import Role


def write(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # one call: lines of several processes must not mix


def run(name: str, mode: str, link: ArbiterLink) -> int:
    """Be ready until an order."""
    faulty = name == "front 1" and mode in ("broken", "mute")
    if not faulty:
        link.ready()
    write(f"start {name} {os.getpid()} {len(os.listdir('/proc/self/fd')) - 1}")
    if faulty and mode == "broken":
        raise FileNotFoundError(2, "No such file or directory")
    while faulty:
        link.wait(1.0)
    heartbeat = Heartbeat(link, link.beat)
    while True:
        order = heartbeat.wait_for_order()
        write(f"order {name} {order.name}")
        if order is Order.STOP or mode != "stubborn" or not name.startswith("front"):
            return 0


def main(mode: str) -> int:
    """Arbitrate until a signal."""
    configure_logging("info", "text")
    roles = [
        Role(name, partial(run, name, mode)) for name in ("pool", "front 0", "front 1", "jobs")
    ]
    limits = Limits(startup_timeout=2.0, hang_timeout=3.0, drain_timeout=1.0)
    return Arbiter(roles[0], roles[1:3], roles[3], limits).run("ready")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
