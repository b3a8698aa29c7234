"""The server over HTTP: one client, many, and clients that send arrays."""

from contextlib import closing
from pathlib import Path

from benchmarks.crowd import Crowd, Request
from benchmarks.gpu.options import Emit, Options, Row
from benchmarks.load import running_server
from training.corpus import read_references

_BUNDLED = "http-bundled"
_LANGUAGES = ("en", "de")
_LOADS = ((1, 1), (32, 1), (256, 1), (4, 64), (32, 64))  # clients, texts in a request
_STRIDE = 37  # the sentences are sorted by length
_SHARE = 1 / 18  # of the part's time for each load


def measure(options: Options, emit: Emit) -> None:
    """Start the server and emit a row for each load."""
    bundled = options.part == _BUNDLED
    model = "bundled" if bundled else str(_checkpoint(options))
    flags = [
        *("--model", model, "--engine", options.engine),
        *("--devices", "auto" if options.device == "cuda" else "cpu"),
        *("--cache", str(Path(options.scratch) / "cache")),
        # Limits that refuse no request: refusals are not measured.
        *("--http-threads", str(2 * max(clients for clients, _ in _LOADS))),
        *("--max-queued-tokens", "2000000"),
    ]
    seconds = options.seconds * _SHARE
    common = {"model": "bundled" if bundled else f"random {options.size}", "engine": options.engine}
    with closing(Crowd()) as crowd, running_server(*flags) as url:
        crowd.load(url, _LANGUAGES, _requests(1), 32, seconds / 2)  # warm-up
        for clients, texts in _LOADS:
            seen = crowd.load(url, _LANGUAGES, _requests(texts), clients, seconds)
            emit({**common, "clients": clients, "texts": texts, "seconds": seconds, **vars(seen)})


def _checkpoint(options: Options) -> Path:
    from benchmarks.checkpoint_418m import make_checkpoint

    name = f"random-{options.size.lower()}"
    return make_checkpoint(Path(options.scratch) / name, options.size)


def _requests(texts: int) -> list[Request]:
    """Return a request for each sentence of the test set, short and long ones mixed."""
    found = list(read_references("test")[_LANGUAGES])
    ordered = [found[i * _STRIDE % len(found)] for i in range(len(found))]
    if texts == 1:
        return [*ordered]
    twice = ordered * 2
    return [twice[i : i + texts] for i in range(0, len(ordered), texts)]


def render(rows: list[Row]) -> str:
    """Return a table of rates and times."""
    first = rows[0]
    lines = [
        f"Model {first['model']}, engine `{first['engine']}`, {_LANGUAGES[0]} to {_LANGUAGES[1]}, "
        f"each load for {first['seconds']:.1f} s.",
        "",
        "| clients | texts a request | sentences/s | median, ms | 99th percentile, ms | failed |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['clients']} | {row['texts']} | {row['rate']:.1f} | {row['median_ms']:.1f} "
        f"| {row['p99_ms']:.1f} | {row['failed']} |"
        for row in rows
    ]
    return "\n".join(lines)
