"""What the host enqueues on the device: in a step, in an admission, in a stream of sentences.

Each runs twice, once for the time and once under torch's profiler, which slows down the host, for
the counts. The device's share is its busy time in the second run by the time of the first.
"""

import time
from collections.abc import Callable
from statistics import median

from torch.profiler import ProfilerActivity
from torch.profiler import profile as profiler

from benchmarks.decoding import LONGEST, make_stream
from benchmarks.gpu.options import Emit, Options, Row
from benchmarks.gpu.subject import Subject
from benchmarks.gpu.trace import Activity, count, largest
from translator.engines.inflight.engine import InflightEngine

_BEAMS = (1, 5)
_LIVE, _LIVE_ON_CPU = 128, 4  # sentences whose steps are measured
_ADMITTED, _ADMITTED_ON_CPU = (1, 4, 16, 64), (1, 4)
_STREAM, _STREAM_ON_CPU = 600, 40
_STEPS, _STREAM_STEPS = 20, 30
_BEFORE = 15  # steps until a stream is in its steady state
_SOURCE, _SHORT = 25, 6  # tokens of a source, and of a short translation
_REPEATS = 3
_COUNTS = ("launches", "kernels", "to_device", "to_host", "waits", "busy_ms")


def measure(options: Options, emit: Emit) -> None:
    """Emit a row for a step, for each size of an admission, and for a stream."""
    subject = Subject(options)
    for beams in _BEAMS:
        common = {"size": options.size, "beams": beams}
        engine = subject.make_engine()
        _fill(subject, engine, beams)  # records graphs
        subject.drain(engine)
        emit({**common, "what": "a step", **_step(subject, engine, beams)})
        for sentences in _ADMITTED if subject.cuda else _ADMITTED_ON_CPU:
            emit(common | _admission(subject, engine, beams, sentences))
        emit({**common, "what": "a step of a stream", **_stream(subject, engine, beams)})
        del engine


def _fill(subject: Subject, engine: InflightEngine, beams: int) -> int:
    sentences = _LIVE if subject.cuda else _LIVE_ON_CPU
    subject.submit(engine, sentences, beams, _SOURCE, LONGEST)
    for _ in range(_BEFORE):
        subject.step(engine)
    return sentences


def _step(subject: Subject, engine: InflightEngine, beams: int) -> Row:
    """Return the figures of a step with full slots, without admissions or ends."""
    sentences = _fill(subject, engine, beams)

    def steps() -> None:
        for _ in range(_STEPS):
            subject.step(engine)

    row = _both(subject, steps, steps, _STEPS)
    subject.drain(engine)
    return {"sentences": sentences, **row}


def _admission(subject: Subject, engine: InflightEngine, beams: int, sentences: int) -> Row:
    """Return the figures of an admission into empty slots: a step with it minus one without."""

    def both_steps(look: Callable[[Callable[[], None]], Row]) -> Row:
        subject.submit(engine, sentences, beams, _SOURCE, _SHORT)
        with_it, without = (look(lambda: subject.step(engine)) for _ in range(2))
        subject.drain(engine)
        return {key: with_it[key] - without[key] for key in without}

    both_steps(lambda run: {"ms": _seconds(subject, run) * 1e3})  # records graphs
    runs = [both_steps(lambda run: {"ms": _seconds(subject, run) * 1e3}) for _ in range(_REPEATS)]
    row: Row = {"what": "an admission", "sentences": sentences}
    row["ms"] = median(run["ms"] for run in runs)
    if subject.cuda:
        row |= both_steps(lambda run: dict(count(_trace(subject, run))))
        row["share"] = row["busy_ms"] / row["ms"]
    return row


def _stream(subject: Subject, engine: InflightEngine, beams: int) -> Row:
    """Return the figures of a step while sentences of mixed lengths join and leave."""
    stream = make_stream(beams, _STREAM if subject.cuda else _STREAM_ON_CPU)

    def begin() -> None:
        engine.submit(stream)
        subject.unfinished += len(stream)
        for _ in range(_BEFORE):
            subject.step(engine)

    def steps() -> None:
        for _ in range(_STREAM_STEPS):
            subject.step(engine)

    def again() -> None:
        subject.drain(engine)
        begin()

    begin()  # records graphs
    again()
    row = _both(subject, steps, steps, _STREAM_STEPS, again)
    subject.drain(engine)
    return {"sentences": len(stream), **row}


def _both(
    subject: Subject,
    first: Callable[[], None],
    second: Callable[[], None],
    steps: int,
    between: Callable[[], None] = lambda: None,
) -> Row:
    """Return time and counts of a step."""
    row: Row = {"ms": _seconds(subject, first) * 1e3 / steps}
    if subject.cuda:
        between()
        activities = _trace(subject, second)
        row |= {key: value / steps for key, value in count(activities).items()}
        row["share"] = row["busy_ms"] / row["ms"]
        row["largest"] = largest(activities, steps)
    return row


def _seconds(subject: Subject, run: Callable[[], None]) -> float:
    subject.synchronise()
    begun = time.perf_counter()
    run()
    subject.synchronise()
    return time.perf_counter() - begun


def _trace(subject: Subject, run: Callable[[], None]) -> list[Activity]:
    subject.synchronise()
    with profiler(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as found:
        run()
        subject.synchronise()
    return [
        Activity(
            event.name,
            event.device_type.name == "CUDA",
            event.time_range.start,
            event.time_range.end,
        )
        for event in found.events() or ()
    ]


def render(rows: list[Row]) -> str:
    """Return a table of counts, and one of the largest kernels."""
    lines = [
        f"Random {rows[0]['size']}, sources of {_SOURCE} tokens. An admission is into empty slots, "
        "less the step that comes with it. Counts are of one step or admission"
        f"{'' if 'kernels' in rows[0] else ', and need a GPU'}.",
        "",
        "| beams | what | sentences | ms | launches | kernels | copies to the device | to the host "
        "| waits of the host | device busy, ms | share |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        cells = [f"{row[key]:.1f}" if key in row else "" for key in _COUNTS]
        share = f"{row['share']:.0%}" if "share" in row else ""
        start = f"| {row['beams']} | {row['what']} | {row['sentences']} | {row['ms']:.2f} |"
        lines.append(f"{start} {' | '.join(cells)} | {share} |")
    kernels = [(row, kernel) for row in rows for kernel in row.get("largest", ())]
    if kernels:
        lines += ["", "| beams | in | kernel | calls | ms |", "| ---: | --- | --- | ---: | ---: |"]
    lines += [
        f"| {row['beams']} | {row['what']} | `{k['kernel']}` | {k['calls']:.1f} | {k['ms']:.2f} |"
        for row, k in kernels
    ]
    return "\n".join(lines)
