"""What a job is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from server.core.requests import Answer, TextRequest

Status = Literal["queued", "running", "done", "failed", "cancelled"]
ENDED: frozenset[Status] = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a client asks for. Languages are M2M100's codes; the source may be AUTO."""

    source: str
    target: str
    html: bool = False
    alternatives: int = 0
    glossary: tuple[tuple[str, str], ...] = ()
    file: str | None = None  # name of the document; None: the job is an array of texts

    def text_request(self, text: str) -> TextRequest:
        """Return the order for one of the texts."""
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
    """A job as the store has it. Times are in seconds since 1970, UTC."""

    number: int  # the store's own; `id` is what clients know
    id: str
    client: str  # whose work it is: clients take turns
    owner: str  # name of the API key that alone may see it; "": who knows the id may
    status: Status
    spec: JobSpec
    created: float
    started: float | None
    finished: float | None
    error: str | None  # why the job failed as a whole; without user text
    texts: int  # known so far: a document may turn out to have more
    texts_done: int  # those that failed among them
    texts_failed: int
    characters: int
    characters_done: int

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of a job that is to be translated."""

    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one text of a job has no translation: a slug of `core.errors`, and what it tells."""

    slug: str
    detail: str


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of an item."""

    position: int
    result: Answer | Failure


@dataclass(frozen=True, slots=True)
class RoundText:
    """A text of a document's conversation, and what it became."""

    text: str
    translation: str  # the text itself where it failed


TextParts = Sequence[Sequence[str]]  # of texts: joined, those of a text are the text
