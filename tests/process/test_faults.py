"""Faults of real worker processes: they die, hang, or fail to load.

The numbers are those of the rows in docs/reliability.md.
"""

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from gpu_pool.errors import UnavailableError
from gpu_pool.model_spec import ModelSpec
from gpu_pool.monitor import GpuMonitor
from gpu_pool.pool import GpuPool
from tests.conftest import Figure
from tests.process import stubs
from tests.process.conftest import (
    TIMEOUT,
    MakePool,
    kill_and_wait,
    pids,
    results,
    segments,
    slow,
    submit,
    translate,
    wait_for,
)


def test_1_an_idle_worker_is_killed(make_pool: MakePool, figure: Figure) -> None:
    pool = make_pool(workers=1)
    pid, start = pids(pool)[0], time.monotonic()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pid not in pids(pool), "its death is detected")
    figure(f"detected after {(time.monotonic() - start) * 1e3:.0f} ms")
    wait_for(lambda: pool.status().state == "ok", "the worker is back")
    assert translate(pool, "a") == ["A de"]
    worker = pool.status().workers[0]
    assert worker.restarts == 1
    assert "-9" in (worker.last_error or "")


@pytest.mark.parametrize("workers", [1, 2])
def test_2_a_kill_during_a_batch_loses_nothing(
    make_pool: MakePool, workers: int, figure: Figure
) -> None:
    pool = make_pool(workers=workers)
    texts = [f"text {i}" if i % 4 else f"slow {i}" for i in range(120)]
    futures = submit(pool, segments(*texts))
    wait_for(lambda: sum(future.done() for future in futures) > 8, "some texts are translated")
    killed = time.monotonic()
    os.kill(pids(pool)[0], signal.SIGKILL)
    assert results(futures) == [f"{text.upper()} de" for text in texts]
    figure(f"all texts translated {(time.monotonic() - killed) * 1e3:.0f} ms after the kill")


def test_2_kills_with_many_callers_lose_nothing(make_pool: MakePool) -> None:
    pool, killed = make_pool(workers=2), threading.Event()
    calls, correct = [0] * 8, [0] * 8

    def call(caller: int) -> None:
        while not killed.is_set():
            calls[caller] += 1
            text = f"{caller} {calls[caller]}"
            if translate(pool, text, f"slow {text}") == [f"{text} de", f"SLOW {text} de"]:
                correct[caller] += 1

    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for worker in (0, 1, 0):
        kill_and_wait(pool, pids(pool)[worker])
    killed.set()
    for thread in threads:
        thread.join()
    assert correct == calls
    assert min(correct) > 0


def test_3_a_kill_during_a_large_result(make_pool: MakePool, figure: Figure) -> None:
    pool = make_pool(workers=2)
    for _ in range(3):
        futures = submit(pool, segments(*(f"big {i}" for i in range(12))))
        wait_for_any(futures)
        kill_and_wait(pool, pids(pool)[0])
        assert all(len(text) == 5_000_000 for text in results(futures))
    figure("3 kills, 36 complete results of 5 MB")


def wait_for_any(futures: "list[Future[str]]") -> None:
    wait_for(lambda: any(future.done() for future in futures), "the first result arrives")


def test_4_a_hanging_worker_is_killed_and_its_texts_are_retried(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=2, hang_timeout=3.0)
    hanging = pids(pool)[0]
    os.kill(hanging, signal.SIGSTOP)
    start = time.monotonic()
    assert translate(pool, *(f"a{i}" for i in range(40))) == [f"A{i} de" for i in range(40)]
    figure(f"translated by the other worker after {time.monotonic() - start:.1f} s, timeout 3 s")
    wait_for(lambda: pool.status().workers[0].restarts == 1, "it is replaced")
    assert "silent" in (pool.status().workers[0].last_error or "")
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)


def test_4_a_stopped_worker_with_a_full_socket_does_not_block_the_others(
    make_pool: MakePool,
) -> None:
    pool = make_pool(workers=2, hang_timeout=3.0, worker_tokens=100)
    os.kill(pids(pool)[0], signal.SIGSTOP)
    large = [f"{i} " + "x" * 1_000_000 for i in range(20)]
    assert translate(pool, *large) == [f"{text.upper()} de" for text in large]


def test_6_a_worker_that_never_loads_fails_and_the_others_serve(
    make_pool: MakePool, figure: Figure
) -> None:
    start = time.monotonic()
    pool = make_pool(factory=stubs.broken_on_first, ready=False, max_load_failures=2)
    wait_for(lambda: pool.status().workers[0].state == "failed", "it has failed")
    figure(f"failed after 2 attempts and {time.monotonic() - start:.1f} s")
    wait_for(lambda: pool.status().state == "degraded", "the other is ready")
    assert translate(pool, "a") == ["A de"]
    failed = pool.status().workers[0]
    assert failed.last_error == "OSError: no model here"
    assert failed.restarts == 1


def test_6_a_pool_is_dead_once_all_workers_have_failed(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, factory=stubs.broken, ready=False, max_load_failures=2)
    wait_for(lambda: pool.status().state == "dead", "it has failed")
    with pytest.raises(UnavailableError):
        submit(pool, segments("a"))


def test_6_a_load_failure_is_retried(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(workers=1, factory=partial(stubs.broken_once, str(tmp_path)))
    assert translate(pool, "a") == ["A de"]


def test_7_the_death_of_all_workers_is_reported_at_once_and_they_recover(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=2, backoff_initial=0.5)
    start = time.monotonic()
    for pid in pids(pool):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pool.status().state == "loading", "it is reported")
    figure(f"reported after {(time.monotonic() - start) * 1e3:.0f} ms")
    future = submit(pool, segments("a"))[0]  # waits for the restarted workers
    assert future.result(TIMEOUT) == "A de"
    wait_for(lambda: pool.status().state == "ok", "both are back")


def test_8_workers_exit_when_the_front_is_killed(figure: Figure) -> None:
    script = (
        "import time; from gpu_pool.model_spec import ModelSpec; from gpu_pool.pool import GpuPool;"
        "from tests.process import stubs;"
        "from tests.process.conftest import segments, slow, pids, submit\n"
        "if __name__ == '__main__':\n"
        "    pool = GpuPool([ModelSpec('a', ['cpu:0', 'cpu:1'], stubs.Stub)]); pool.start()\n"
        "    while pool.status().state != 'ok': time.sleep(0.01)\n"
        "    submit(pool, segments(*slow(2000))); print(*pids(pool), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as front:
        assert front.stdout is not None
        workers = [int(pid) for pid in front.stdout.readline().split()]
        assert len(workers) == 2
        killed = time.monotonic()
        front.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in workers), "no worker is left")
    figure(f"both had exited after {(time.monotonic() - killed) * 1e3:.0f} ms")


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_14_a_hanging_nvml_delays_nothing() -> None:
    released = threading.Event()

    class HangingNvml:
        NVMLError = RuntimeError

        def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
            released.wait()

        def nvmlDeviceGetCount(self) -> int:  # noqa: N802
            return 0

    monitor = GpuMonitor(interval=0.01, nvml=HangingNvml())
    pool = GpuPool([ModelSpec("stub", ["cpu"], stubs.Stub)], monitor=monitor)
    pool.start()
    wait_for(lambda: pool.status().state == "ok", "it is ready")
    assert translate(pool, "a") == ["A de"]
    pool.close()
    released.set()


def test_workers_ignore_the_signals_of_a_terminal(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    worker = pids(pool)[0]
    os.kill(worker, signal.SIGINT)
    os.kill(worker, signal.SIGTERM)
    assert translate(pool, *slow(20)) == [f"SLOW {i} de" for i in range(20)]
    assert pids(pool) == [worker]


def test_kills_leak_no_descriptor_and_no_thread(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    kill_and_wait(pool, pids(pool)[0])

    def count_resources() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    before = count_resources()
    for _ in range(4):
        translate(pool, "a")  # a finished segment resets the backoff
        kill_and_wait(pool, pids(pool)[0])
    deadline = time.monotonic() + TIMEOUT
    while count_resources() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert count_resources() == before


def test_a_failed_spawn_affects_only_that_worker(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(workers=2, backoff_initial=0.02)

    def fail(process: SpawnProcess) -> None:
        raise BlockingIOError(errno.EAGAIN, f"cannot start {process.name}")

    with monkeypatch.context() as patch:
        patch.setattr(SpawnProcess, "start", fail)
        os.kill(pids(pool)[0], signal.SIGKILL)
        wait_for(
            lambda: "BlockingIOError" in (pool.status().workers[0].last_error or ""),
            "the failure is reported",
        )
        assert translate(pool, "a") == ["A de"]
    wait_for(lambda: pool.status().state == "ok", "the worker is back")


def test_a_front_that_does_not_close_its_pool_still_exits() -> None:
    script = (
        "import time; from gpu_pool.model_spec import ModelSpec; from gpu_pool.pool import GpuPool;"
        "from tests.process import stubs\n"
        "if __name__ == '__main__':\n"
        "    pool = GpuPool([ModelSpec('a', ['cpu'], stubs.Stub)]); pool.start()\n"
        "    while pool.status().state != 'ok': time.sleep(0.01)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=TIMEOUT, check=False)
    assert done.returncode == 0
