"""On which core a process runs whose threads take turns anyway.

Only one thread of a Python process computes at a time. Spread over cores, each turn costs a wake-up
of another core and a cold cache: requests took twice the CPU time. On one core they take turns
there. Which one is random, so that two servers on a machine do not choose the same.
"""

import os
import random


def choose_cores(count: int) -> list[int]:
    """Return a core for each of `count` processes: different ones, as far as there are so many."""
    cores = sorted(os.sched_getaffinity(0))
    random.shuffle(cores)  # not for security
    return [cores[i % len(cores)] for i in range(count)]


def pin(core: int) -> None:
    """Keep this thread, and those that it starts from now on, on a core."""
    os.sched_setaffinity(0, {core})
