"""What clients ask for: complete HTTP requests, made before the clock runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice

from benchmarks.front.sentences import make_sentences

_BOUNDARY = "benchmark"
_CACHED = 100  # different sentences
_DISTINCT = 60_000  # sentences of a measurement; it ends when they are used up
_CACHED_SEED = -1
_seeds = count()  # each measurement has its own sentences


@dataclass(frozen=True)
class Case:
    """A kind of request; `requests` makes those of one measurement."""

    name: str
    sentences: int  # in each request
    make: Callable[[list[str]], bytes]
    cached: bool = False  # few sentences, over and over

    def requests(self) -> Iterator[bytes]:
        """Yield requests, complete with headers."""
        sentences = make_sentences(_CACHED_SEED if self.cached else next(_seeds))
        if not self.cached:
            made = [self.make(part) for part in _parts(sentences, _DISTINCT, self.sentences)]
            return iter(made)
        few = list(islice(sentences, max(_CACHED, self.sentences)))
        made = [self.make(part) for part in _parts(iter(few), len(few), self.sentences)]
        return (request for _ in count() for request in made)


def _parts(sentences: Iterator[str], total: int, size: int) -> Iterator[list[str]]:
    for _ in range(total // size):
        yield list(islice(sentences, size))


def _post(path: str, media_type: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _json(text: str | list[str], source: str = "en", **more: str) -> bytes:
    body = {"text": text, "source_language": source, "target_language": "de", **more}
    return _post("/translation", "application/json", json.dumps(body).encode())


def _single(sentences: list[str]) -> bytes:
    return _json(sentences[0])


def _auto(sentences: list[str]) -> bytes:
    return _json(sentences, "auto")


def _html(sentences: list[str]) -> bytes:
    paragraphs = (f"<p>{each[:20]}<b>{each[20:40]}</b>{each[40:]}</p>" for each in sentences)
    return _json(f"<html><body>{''.join(paragraphs)}</body></html>", format="html")


def _markdown(sentences: list[str]) -> bytes:
    document = "# A document\n\n" + "\n\n".join(sentences) + "\n"
    fields = {"source_language": "en", "target_language": "de"}
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = 'Content-Disposition: form-data; name="file"; filename="document.md"'
    parts.append(f"--{_BOUNDARY}\r\n{file}\r\n\r\n{document}\r\n--{_BOUNDARY}--\r\n")
    media_type = f"multipart/form-data; boundary={_BOUNDARY}"
    return _post("/translation/file", media_type, "".join(parts).encode())


SINGLE = Case("one sentence", 1, _single)
ARRAY = Case("array of 64", 64, _json)
REPEATED = Case("one sentence, cached", 1, _single, cached=True)
CASES = (
    SINGLE,
    ARRAY,
    Case("array of 1,024", 1_024, _json),
    Case("array of 64, `auto`", 64, _auto),
    Case("HTML, 64 paragraphs", 64, _html),
    Case("Markdown, 64 paragraphs", 64, _markdown),
    REPEATED,
    Case("array of 64, cached", 64, _json, cached=True),
)
