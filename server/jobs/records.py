"""What a job consists of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from server.core.job_status import JobStatus
from server.core.requests import Answer, TextRequest

ENDED: frozenset[JobStatus] = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What the client asked for. Languages are the server's codes; the source may be AUTO."""

    source: str
    target: str
    html: bool = False
    alternatives: int = 0
    glossary: tuple[tuple[str, str], ...] = ()
    file: str | None = None  # the document's name; None: the job is an array of texts
    options: Mapping[str, str] = field(default_factory=dict)  # of the document, as sent
    model: str | None = None  # that was asked for

    def text_request(self, text: str) -> TextRequest:
        """Return the text request for one of the texts."""
        return TextRequest(
            text,
            self.source,
            self.target,
            markup="html" if self.html else None,
            alternatives=self.alternatives,
            glossary=self.glossary,
            model=self.model,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A job as stored. Times are Unix times in seconds, by the clock of the database."""

    number: int  # internal key; clients know the `id`
    id: str
    client: str  # API key name or address: clients take turns
    owner: str  # name of the API key that may access it; "": anybody with the id
    status: JobStatus
    spec: JobSpec
    created: float
    started: float | None
    finished: float | None
    error: str | None  # why the whole job failed; contains no user text
    notices: tuple[str, ...]  # what to know about the resulting document; no user text
    texts: int  # known so far: a document may have more
    texts_done: int  # including failed ones
    texts_failed: int
    characters: int
    characters_done: int
    resumed: float | None  # when this run of the server took it up; None: it has not yet
    characters_before: int | None  # done by then
    read: float  # when all of this was so

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.status in ENDED

    @property
    def eta(self) -> float | None:
        """The remaining seconds at the speed so far; None before anything is done."""
        if self.resumed is None or self.characters_before is None:
            return None
        done = self.characters_done - self.characters_before
        if done <= 0 or self.read <= self.resumed:
            return None
        return (self.characters - self.characters_done) * (self.read - self.resumed) / done


@dataclass(frozen=True, slots=True)
class Item:
    """One part of a job to translate."""

    position: int
    text: str


class Failure(NamedTuple):
    """Why one text of a job has no translation: a slug of `core.errors`, and a message."""

    slug: str
    detail: str


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The result of an item."""

    position: int
    result: Answer | Failure
    source: str | None = None  # the text, where it is still known
    whole: int | None = None  # the position of the text that it is a part of
    beside: bool = False  # sent with that text, only to find its place there


@dataclass(frozen=True, slots=True)
class RoundText:
    """A text of a document's round, and its translation."""

    text: str
    translation: str  # the text itself if it failed


TextParts = Sequence[Sequence[str]]
"""The parts of each text; joined, they are the text."""

Relations = Mapping[int, tuple[int, int] | None]
"""Which texts of a round are parts: the round and the index of the whole; None: sent beside it."""
