"""The pool with real processes that really die, hang and misbehave.

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
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from gpu_pool.errors import QuarantinedError, UnavailableError
from gpu_pool.monitor import GpuMonitor
from gpu_pool.pool import GpuPool
from tests.conftest import Figure
from tests.process import stubs
from tests.process.conftest import (
    PATIENCE,
    MakePool,
    ask,
    pids,
    results,
    segments,
    slow,
    wait_for,
)


def kill_and_wait(pool: GpuPool, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pid not in pids(pool), "the death is seen")
    wait_for(lambda: pool.status().state == "ok", "the worker is back")


def test_1_an_idle_worker_is_killed(make_pool: MakePool, figure: Figure) -> None:
    pool = make_pool(workers=1)
    pid, begun = pids(pool)[0], time.monotonic()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pid not in pids(pool), "the death is seen")
    figure(f"seen after {(time.monotonic() - begun) * 1e3:.0f} ms")
    wait_for(lambda: pool.status().state == "ok", "the worker is back")
    assert ask(pool, "a") == ["A de"]
    worker = pool.status().workers[0]
    assert worker.restarts == 1
    assert "-9" in (worker.last_error or "")


@pytest.mark.parametrize("workers", [1, 2])
def test_2_a_kill_in_mid_batch_loses_nothing(
    make_pool: MakePool, workers: int, figure: Figure
) -> None:
    pool = make_pool(workers=workers)
    texts = [f"text {i}" if i % 4 else f"slow {i}" for i in range(120)]
    futures = pool.submit(segments(*texts))
    wait_for(lambda: sum(future.done() for future in futures) > 8, "it is under way")
    killed = time.monotonic()
    os.kill(pids(pool)[0], signal.SIGKILL)
    assert results(futures) == [f"{text.upper()} de" for text in texts]
    figure(f"all answered {(time.monotonic() - killed) * 1e3:.0f} ms after the kill")


def test_2_kills_under_many_callers_lose_nothing(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    answered = [0] * 8
    calls = 30

    def call(caller: int) -> None:
        for i in range(calls):
            text = f"{caller} {i}"
            if ask(pool, text, f"slow {text}") == [f"{text} de", f"SLOW {text} de"]:
                answered[caller] += 1

    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    kill_and_wait(pool, pids(pool)[0])
    kill_and_wait(pool, pids(pool)[1])
    kill_and_wait(pool, pids(pool)[0])
    for thread in threads:
        thread.join()
    assert answered == [calls] * 8


def test_3_a_kill_in_the_middle_of_a_large_result(make_pool: MakePool, figure: Figure) -> None:
    pool = make_pool(workers=2)
    for _ in range(3):
        victim = pids(pool)[0]
        futures = pool.submit(segments(*(f"big {i}" for i in range(12))))
        wait_for(lambda futures=futures: any(f.done() for f in futures), "results flow")
        os.kill(victim, signal.SIGKILL)
        assert all(len(text) == 5_000_000 for text in results(futures))
        wait_for(lambda victim=victim: victim not in pids(pool), "the death is seen")
        wait_for(lambda: pool.status().state == "ok", "the worker is back")
    figure("3 kills, 36 results of 5 MB came whole")


def test_4_a_hanging_worker_is_killed_and_its_work_done_elsewhere(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=2, hang_timeout=3.0)
    hanging = pids(pool)[0]
    os.kill(hanging, signal.SIGSTOP)
    begun = time.monotonic()
    assert ask(pool, *(f"a{i}" for i in range(40))) == [f"A{i} de" for i in range(40)]
    figure(f"answered by the other worker after {time.monotonic() - begun:.1f} s, timeout 3 s")
    wait_for(lambda: pool.status().workers[0].restarts == 1, "it was replaced")
    assert "silent" in (pool.status().workers[0].last_error or "")
    with pytest.raises(ProcessLookupError):
        os.kill(hanging, 0)


def test_4_a_stopped_worker_with_a_full_inbox_blocks_nobody(make_pool: MakePool) -> None:
    pool = make_pool(workers=2, hang_timeout=3.0, worker_tokens=100)
    os.kill(pids(pool)[0], signal.SIGSTOP)
    large = [f"{i} " + "x" * 1_000_000 for i in range(20)]
    assert ask(pool, *large) == [f"{text.upper()} de" for text in large]


def test_5_a_poison_text_is_quarantined_and_the_others_are_answered(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=2)
    texts = [f"text {i}" for i in range(40)]
    futures = pool.submit(segments(*texts[:20], "die", *texts[20:]))
    poison = futures.pop(20)
    with pytest.raises(QuarantinedError):
        poison.result(PATIENCE)
    assert results(futures) == [f"{text.upper()} de" for text in texts]
    wait_for(lambda: pool.status().state == "ok", "the workers are back")
    deaths = sum(worker.restarts for worker in pool.status().workers)
    assert deaths == 2
    figure(f"{deaths} deaths, then an error; {len(texts)} others answered")


def test_6_a_model_that_never_loads_leaves_the_others_serving(
    make_pool: MakePool, figure: Figure
) -> None:
    begun = time.monotonic()
    pool = make_pool(factory=stubs.broken_on_first, ready=False, max_load_failures=2)
    wait_for(lambda: pool.status().workers[0].state == "failed", "it is given up")
    figure(f"given up after 2 attempts and {time.monotonic() - begun:.1f} s")
    wait_for(lambda: pool.status().state == "degraded", "the other serves")
    assert ask(pool, "a") == ["A de"]
    failed = pool.status().workers[0]
    assert failed.last_error == "OSError: no model here"
    assert failed.restarts == 1


def test_6_a_pool_whose_every_worker_fails_is_dead(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, factory=stubs.broken, ready=False, max_load_failures=2)
    wait_for(lambda: pool.status().state == "dead", "it is given up")
    with pytest.raises(UnavailableError):
        pool.submit(segments("a"))


def test_6_one_failure_to_load_is_tried_again(make_pool: MakePool, tmp_path: Path) -> None:
    pool = make_pool(workers=1, factory=partial(stubs.broken_once, str(tmp_path)))
    assert ask(pool, "a") == ["A de"]


def test_7_all_workers_dead_is_told_at_once_and_mends_itself(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=2, backoff_initial=0.5)
    begun = time.monotonic()
    for pid in pids(pool):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pool.status().state == "loading", "it is told")
    figure(f"told after {(time.monotonic() - begun) * 1e3:.0f} ms")
    future = pool.submit(segments("a"))[0]  # waits for the workers that are coming back
    assert future.result(PATIENCE).text == "A de"
    wait_for(lambda: pool.status().state == "ok", "both are back")


def test_8_workers_die_with_a_front_that_is_killed(figure: Figure) -> None:
    script = (
        "import time; from gpu_pool.pool import GpuPool; from tests.process import stubs;"
        "from tests.process.conftest import segments, slow, pids\n"
        "if __name__ == '__main__':\n"
        "    pool = GpuPool(['cpu:0', 'cpu:1'], stubs.Stub); pool.start()\n"
        "    while pool.status().state != 'ok': time.sleep(0.01)\n"
        "    pool.submit(segments(*slow(2000))); print(*pids(pool), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as front:
        assert front.stdout is not None
        workers = [int(pid) for pid in front.stdout.readline().split()]
        assert len(workers) == 2
        killed = time.monotonic()
        front.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in workers), "no orphan is left")
    figure(f"both were gone after {(time.monotonic() - killed) * 1e3:.0f} ms")


def is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_12_an_error_in_a_step_restarts_the_worker_and_hides_user_text(
    make_pool: MakePool, figure: Figure
) -> None:
    pool = make_pool(workers=1)
    future = pool.submit(segments("raise"))[0]
    with pytest.raises(QuarantinedError):
        future.result(PATIENCE)
    error = pool.status().workers[0].last_error or ""
    assert error.startswith("RuntimeError at stubs.py:")
    assert "secret" not in error
    begun = time.monotonic()
    assert ask(pool, "a") == ["A de"]
    figure(f"the next text was answered {time.monotonic() - begun:.1f} s after the second death")


def test_14_an_nvml_that_hangs_delays_nothing() -> None:
    released = threading.Event()

    class HangingNvml:
        NVMLError = RuntimeError

        def nvmlInit(self) -> None:  # noqa: N802 - NVML's name
            released.wait()

        def nvmlDeviceGetCount(self) -> int:  # noqa: N802
            return 0

    pool = GpuPool(["cpu"], stubs.Stub, monitor=GpuMonitor(interval=0.01, nvml=HangingNvml()))
    pool.start()
    wait_for(lambda: pool.status().state == "ok", "it is ready")
    assert ask(pool, "a") == ["A de"]
    pool.close()
    released.set()


def test_workers_ignore_the_signals_of_a_terminal(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    worker = pids(pool)[0]
    os.kill(worker, signal.SIGINT)
    os.kill(worker, signal.SIGTERM)
    assert ask(pool, *slow(20)) == [f"SLOW {i} de" for i in range(20)]
    assert pids(pool) == [worker]


def test_kills_leak_no_descriptor_and_no_thread(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    kill_and_wait(pool, pids(pool)[0])

    def held() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    before = held()
    for _ in range(8):
        ask(pool, "a")  # a finished segment takes the growing wait before a restart back
        kill_and_wait(pool, pids(pool)[0])
    deadline = time.monotonic() + PATIENCE
    while held() != before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert held() == before


def test_no_room_for_a_process_costs_only_that_worker(
    make_pool: MakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make_pool(workers=2, backoff_initial=0.02)

    def no_room(process: SpawnProcess) -> None:
        raise BlockingIOError(errno.EAGAIN, f"no room for {process.name}")

    with monkeypatch.context() as patch:
        patch.setattr(SpawnProcess, "start", no_room)
        os.kill(pids(pool)[0], signal.SIGKILL)
        wait_for(
            lambda: "BlockingIOError" in (pool.status().workers[0].last_error or ""), "it is told"
        )
        assert ask(pool, "a") == ["A de"]
    wait_for(lambda: pool.status().state == "ok", "the worker is back")


def test_a_front_that_forgets_to_close_still_exits() -> None:
    script = (
        "import time; from gpu_pool.pool import GpuPool; from tests.process import stubs\n"
        "if __name__ == '__main__':\n"
        "    pool = GpuPool(['cpu'], stubs.Stub); pool.start()\n"
        "    while pool.status().state != 'ok': time.sleep(0.01)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=PATIENCE, check=False)
    assert done.returncode == 0


def test_5_two_poisons_in_one_batch_lose_none_of_the_others(make_pool: MakePool) -> None:
    pool = make_pool(workers=2)
    futures = pool.submit(segments("a", "die", "b", "die", "c"))
    poisons = [futures[1], futures[3]]
    for poison in poisons:
        with pytest.raises(QuarantinedError):
            poison.result(PATIENCE)
    assert results([futures[0], futures[2], futures[4]]) == ["A de", "B de", "C de"]


def test_5_a_text_is_not_to_blame_for_kills_from_outside(make_pool: MakePool) -> None:
    pool = make_pool(workers=1)
    texts = slow(20)
    futures = pool.submit(segments(*texts))
    for _ in range(4):
        wait_for(lambda: pool.status().workers[0].outstanding_segments, "it has texts in hand")
        kill_and_wait(pool, pids(pool)[0])
    assert results(futures) == [f"{text.upper()} de" for text in texts]


def test_5_a_text_is_not_to_blame_for_a_worker_that_is_stopped(make_pool: MakePool) -> None:
    pool = make_pool(workers=1, hang_timeout=1.5)
    futures = pool.submit(segments(*slow(8)))
    for restarts in range(1, 4):
        wait_for(lambda: pool.status().workers[0].outstanding_segments, "it has texts in hand")
        os.kill(pids(pool)[0], signal.SIGSTOP)
        wait_for(lambda n=restarts: pool.status().workers[0].restarts == n, "it was replaced")
    assert results(futures) == [f"SLOW {i} de" for i in range(8)]


@pytest.mark.parametrize(("poison", "deaths"), [("spin", 2), ("devour", 6), ("hang", 6)])
def test_5_whatever_a_poison_does_it_is_given_up_and_the_others_are_answered(
    make_pool: MakePool, poison: str, deaths: int
) -> None:
    pool = make_pool(workers=1, hang_timeout=1.5, backoff_max=0.1)
    before, bad, after = pool.submit(segments("a", poison, "b"))
    with pytest.raises(QuarantinedError, match=f"{deaths} workers died"):
        bad.result(PATIENCE)
    assert results([before, after]) == ["A de", "B de"]
    assert pool.status().workers[0].restarts == deaths
