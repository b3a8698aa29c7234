"""The pool, the monitor and pynvml with fake GPUs that are lost, hang, are hidden or fill up.

The numbers are those of the rows in docs/reliability.md.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pynvml
import pytest

from tests.conftest import Figure
from tests.process.conftest import wait_for
from tests.process.nvml_library import GB, LIBRARY, Card, Machine, Subject, build

A = Card("GPU-5e1f6a3c-0d53-4b8e-9a0d-6f1c2b7e4a01", total=80 * GB)
B = Card("GPU-b77c04d2-91aa-4c1f-8e35-0a9d3f6c5b02", total=40 * GB)
INSTANCES = (
    Card("MIG-1d2e3f40-5a6b-5c7d-8e9f-a0b1c2d3e403", total=20 * GB, load=None),
    Card("MIG-2d2e3f40-5a6b-5c7d-8e9f-a0b1c2d3e404", total=10 * GB, used=GB, load=None),
)
SPLIT = replace(B, load=None, instances=INSTANCES)  # B in MIG mode
BOTH = {A.torch_uuid, B.torch_uuid}
TEXTS = [f"text {i}" for i in range(40)]
FOREVER = 3600.0  # seconds; longer than any test runs
BOUND = 10.0  # seconds; far more than anything takes on an idle machine, and less than FOREVER

Start = Callable[..., Subject]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nvml")
    build(folder)
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state", A, B)


@pytest.fixture
def start(library: Path, machine: Machine) -> Iterator[Start]:
    """`start(visible=None, folder=library)`: a process that uses the fake GPUs."""
    subjects: list[Subject] = []

    def make(visible: str | None = None, folder: Path = library) -> Subject:
        subjects.append(Subject(folder, machine, visible))
        return subjects[-1]

    yield make
    for subject in subjects:
        subject.kill()


def serving(subject: Subject) -> Subject:
    """Open a pool on both cards and wait for their first readings."""
    subject.open(["cuda:0", "cuda:1"], [A, B])
    wait_for(lambda: all(row["memory_total"] for row in subject.rows()), "both cards are read")
    return subject


def seconds_until(condition: Callable[[], object], what: str) -> float:
    start_time = time.monotonic()
    wait_for(condition, what)
    return time.monotonic() - start_time


def test_13_a_gpu_lost_while_serving_is_reported_and_both_workers_serve(
    start: Start, machine: Machine, figure: Figure
) -> None:
    subject = serving(start())
    machine.put(replace(A, lost=True))
    seconds = seconds_until(lambda: subject.rows()[0]["monitor_error"], "the loss is reported")
    figure(f"a lost GPU is reported after {seconds:.1f} s")
    lost, other = subject.rows()
    assert lost["monitor_error"] == "GPU is lost"
    assert lost["memory_total"] is lost["memory_free"] is lost["temperature"] is None
    assert (other["memory_total"], other["monitor_error"]) == (B.total, None)
    assert set(subject.translate(TEXTS, memory=GB // 10)) == BOTH
    machine.put(A)
    wait_for(lambda: subject.rows()[0]["memory_total"] == A.total, "it is read again")
    assert subject.rows()[0]["monitor_error"] is None


def test_13_unsupported_figures_are_none_and_not_an_error(start: Start, machine: Machine) -> None:
    machine.put(replace(A, total=None, load=None))
    subject = start()
    subject.open(["cuda:0", "cuda:1"], [A, B])
    wait_for(lambda: subject.rows()[0]["temperature"], "the card is read")
    row, other = subject.rows()
    assert row["memory_total"] is row["memory_used"] is row["memory_free"] is None
    assert row["utilisation"] is row["monitor_error"] is None
    assert (row["temperature"], row["power"]) == (44, 71.5)
    assert (other["utilisation"], other["memory_used"]) == (B.load, B.used)
    assert set(subject.translate(TEXTS, memory=GB // 10)) == BOTH


@pytest.mark.parametrize(
    "code",
    [pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, pynvml.NVML_ERROR_DRIVER_NOT_LOADED],
    ids=["another version", "not loaded"],
)
def test_13_an_unusable_driver_is_reported_and_the_pool_serves(
    start: Start, machine: Machine, code: int
) -> None:
    machine.refuse(code)
    subject = start()
    assert subject.devices() == ["cpu"]
    subject.open(["cuda:0", "cuda:1"], [A, B])
    reason = f"no NVML: {pynvml.NVMLError(code)}"
    wait_for(
        lambda: [row["monitor_error"] for row in subject.rows()] == [reason] * 2, "it is reported"
    )
    assert [row["memory_total"] for row in subject.rows()] == [None, None]
    assert set(subject.translate(TEXTS, memory=GB // 10)) == BOTH


def test_13_an_invalid_library_is_reported_and_the_pool_serves(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / LIBRARY).touch()  # the loader finds it first, even if a driver is installed
    subject = start(folder=tmp_path)
    assert subject.devices() == ["cpu"]
    subject.open(["cuda:0", "cuda:1"], [A, B])
    wait_for(
        lambda: all("Library Not Found" in row["monitor_error"] for row in subject.rows()),
        "it is reported",
    )
    assert set(subject.translate(TEXTS, memory=GB // 10)) == BOTH


def test_14_a_hang_while_serving_delays_neither_translations_nor_the_status(
    start: Start, machine: Machine, figure: Figure
) -> None:
    subject = serving(start())
    machine.hang(FOREVER)
    slowest = 0.0

    def stale() -> bool:
        """Translate and read the status during the hang."""
        nonlocal slowest
        start_time = time.monotonic()
        assert len(subject.translate(TEXTS[:2], memory=GB // 10)) == 2
        rows = subject.rows()
        slowest = max(slowest, time.monotonic() - start_time)
        return all(row["memory_total"] is None for row in rows)

    seconds = seconds_until(stale, "the readings count as unknown")
    assert slowest < BOUND
    figure(f"unknown after {seconds:.1f} s; slowest call meanwhile {slowest * 1000:.0f} ms")
    errors = {row["monitor_error"] for row in subject.rows()}
    assert errors == {"NVML has no current reading of this GPU"}
    assert set(subject.translate(TEXTS, memory=GB // 10)) == BOTH
    machine.hang(0)
    wait_for(lambda: all(row["memory_total"] for row in subject.rows()), "both are read again")


def test_14_an_nvml_that_hangs_from_the_start_delays_neither_start_nor_close(
    start: Start, machine: Machine
) -> None:
    machine.hang(FOREVER)
    subject = start()
    subject.open(["cuda:0", "cuda:1"], [A, B])
    assert set(subject.translate(TEXTS, memory=GB // 10)) == BOTH
    assert [row["memory_total"] for row in subject.rows()] == [None, None]
    assert subject.end() == 0


@pytest.mark.parametrize(
    ("visible", "cards"),
    [
        (None, [A, B]),
        ("1,0", [B, A]),
        ("1,7,0", [B]),  # there is no GPU 7: the list ends
        (f"{B.uuid},{A.uuid}", [B, A]),
        (B.uuid, [B]),
    ],
    ids=["unset", "order", "no such index", "two UUIDs", "one UUID"],
)
def test_15_rows_are_in_the_order_of_the_visible_cards(
    start: Start, visible: str | None, cards: list[Card]
) -> None:
    subject = start(visible)
    devices = subject.devices()
    assert devices == [f"cuda:{i}" for i in range(len(cards))]
    subject.open(devices, cards)
    wait_for(lambda: all(row["memory_total"] for row in subject.rows()), "the cards are read")
    rows = subject.rows()
    assert [row["memory_total"] for row in rows] == [card.total for card in cards]
    assert set(subject.translate(TEXTS)) == {card.torch_uuid for card in cards}


@pytest.mark.parametrize("instance", INSTANCES, ids=["first", "second"])
def test_15_the_row_of_a_mig_instance_has_its_own_figures(
    start: Start, machine: Machine, instance: Card
) -> None:
    machine.put(SPLIT)
    subject = start(instance.uuid)
    assert subject.devices() == ["cuda:0"]
    subject.open(["cuda:0"], [instance])
    wait_for(lambda: subject.rows()[0]["memory_total"], "the instance is read")
    row = subject.rows()[0]
    assert (row["memory_total"], row["memory_used"]) == (instance.total, instance.used)
    assert row["utilisation"] is row["power"] is row["monitor_error"] is None
    assert set(subject.translate(TEXTS)) == {instance.torch_uuid}


def test_16_a_gpu_filled_by_another_process_gets_no_work_until_it_is_free(
    start: Start, machine: Machine, figure: Figure
) -> None:
    subject = serving(start())
    assert set(subject.translate(TEXTS, memory=GB)) == BOTH
    assert A.total is not None
    machine.put(replace(A, used=A.total - GB // 10))

    def only_b() -> bool:
        """Translate during the change; `translate` asserts that nothing is lost."""
        return set(subject.translate(TEXTS, memory=GB)) == {B.torch_uuid}

    seconds = seconds_until(only_b, "work goes to the other card")
    assert subject.rows()[0]["memory_free"] == GB // 10
    for _ in range(5):
        assert only_b()
    machine.put(A)
    back = seconds_until(lambda: not only_b(), "both cards work again")
    assert set(subject.translate(TEXTS, memory=GB)) == BOTH
    figure(f"no work after {seconds:.1f} s, work again after {back:.1f} s")


def test_16_texts_are_translated_although_all_gpus_are_full(start: Start, machine: Machine) -> None:
    subject = serving(start())
    for card in (A, B):
        assert card.total is not None
        machine.put(replace(card, used=card.total))
    wait_for(lambda: [row["memory_free"] for row in subject.rows()] == [0, 0], "both are full")
    assert len(subject.translate(TEXTS[:4], memory=GB)) == 4


def test_a_group_of_devices_is_one_worker_with_a_row_for_each_card(start: Start) -> None:
    subject = start()
    subject.open(["cuda:0+cuda:1"], [A, B])
    wait_for(lambda: all(row["memory_total"] for row in subject.rows()), "both cards are read")
    rows = subject.rows()
    assert [row["device"] for row in rows] == ["cuda:0", "cuda:1"]
    assert [row["memory_total"] for row in rows] == [A.total, B.total]
    assert {(row["worker"], row["pid"]) for row in rows} == {("cuda:0+cuda:1", rows[0]["pid"])}
    assert len(subject.translate(TEXTS)) == len(TEXTS)
