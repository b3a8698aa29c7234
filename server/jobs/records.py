"""What a job consists of."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.core.job_status import JobStatus
from server.core.requests import Answer, TextRequest

ENDED: frozenset[JobStatus] = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What the client asked for. Languages are M2M100 codes; the source may be AUTO."""

    source: str
    target: str
    html: bool = False
    alternatives: int = 0
    glossary: tuple[tuple[str, str], ...] = ()
    file: str | None = None  # the document's name; None: the job is an array of texts

    def text_request(self, text: str) -> TextRequest:
        """Return the text request for one of the texts."""
        return TextRequest(
            text,
            self.source,
            self.target,
            html=self.html,
            alternatives=self.alternatives,
            glossary=self.glossary,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """A job as stored. Times are Unix times in seconds."""

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
    texts: int  # known so far: a document may have more
    texts_done: int  # including failed ones
    texts_failed: int
    characters: int
    characters_done: int

    @property
    def ended(self) -> bool:
        """Whether the job has ended."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class Item:
    """One part of a job to translate."""

    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one text of a job has no translation: a slug of `core.errors`, and a message."""

    slug: str
    detail: str


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The result of an item."""

    position: int
    result: Answer | Failure


@dataclass(frozen=True, slots=True)
class RoundText:
    """A text of a document's round, and its translation."""

    text: str
    translation: str  # the text itself if it failed


TextParts = Sequence[Sequence[str]]
"""The parts of each text; joined, they are the text."""
