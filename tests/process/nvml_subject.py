"""A process that uses a fake NVML: a pool of fake translators that report their card.

It reads calls from its input, one JSON list per line, and responds with one line of JSON each.
"""

import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from gpu_pool.devices import parse_devices
from gpu_pool.model_spec import ModelSpec
from gpu_pool.pool import GpuPool
from tests.process.conftest import results, segments, submit, wait_for
from tests.process.stubs import Stub

BUDGET = 8 * 10**9  # bytes that a worker's segments may hold


class OnCard(Stub):
    """Names its card in each translation; every text takes the same time."""

    def __init__(self, uuids: Sequence[str], device: str) -> None:
        """`uuids` are the cards in CUDA's order, as torch spells them."""
        super().__init__(device)
        indices = [int(name.removeprefix("cuda:")) for name in device.split("+")]
        self.uuids = tuple(uuids[i] for i in indices)
        self.budget = BUDGET

    def step(self) -> list[tuple[int, bytes]]:
        results = super().step()
        time.sleep(0.002 * len(results))
        card = f" on {'+'.join(self.uuids)}".encode()
        return [(key, result.removesuffix(b" de") + card) for key, result in results]


def devices() -> list[str]:
    """Return the devices that `auto` selects."""
    return list(parse_devices("auto"))


class RunningPool:
    """A pool with the monitor and the default settings."""

    def __init__(self, names: Sequence[str], uuids: Sequence[str]) -> None:
        self._pool = GpuPool([ModelSpec("stub", names, partial(OnCard, uuids))])
        self._pool.start()
        wait_for(lambda: self._pool.status().state == "ok", "every worker is ready")

    def status(self) -> list[dict[str, Any]]:
        """Return the rows of `/gpus`."""
        return [row for worker in self._pool.status().workers for row in worker.rows()]

    def translate(self, texts: list[str], memory: int) -> list[str]:
        """Return the translations; `memory` is that of each text, in bytes."""
        return results(submit(self._pool, segments(*texts, memory=memory)))

    def close(self) -> None:
        """Stop the workers."""
        self._pool.close()


def main() -> None:
    pool: RunningPool | None = None
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        response: Any = None
        if method == "devices":
            response = devices()
        elif pool is None:
            assert method == "open", "the first call must open a pool"
            pool = RunningPool(*arguments)
        else:
            response = getattr(pool, method)(*arguments)
        sys.stdout.write(json.dumps(response) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
