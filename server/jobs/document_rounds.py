"""File jobs: a document's rounds, resumed where they were interrupted."""

from collections.abc import Sequence
from itertools import count
from pathlib import PurePath

from documents import FORMATS, DocumentError, Rounds
from server.core.paragraphs import split_lines
from server.jobs.records import Job, TextParts
from server.jobs.store import JobStore

_PART_CHARACTERS = 2_000  # one text of a document may be a whole book


def open_document(name: str, data: bytes) -> Rounds[bytes]:
    """Return the rounds of a file, whose name has been validated."""
    return FORMATS[PurePath(name).suffix.lower()](data)


def split_texts(texts: Sequence[str]) -> TextParts:
    """Split the texts of a round into parts, so that an interruption loses little."""
    return [list(split_lines(text, _PART_CHARACTERS)) for text in texts]


def advance(store: JobStore, job: Job) -> None:
    """Add the next round of a document whose texts are all done, or finish the job.

    The document is parsed again and given the stored translations, so that this also works after a
    restart of the server.
    """
    assert job.spec.file is not None
    data = store.source(job.number)
    rounds = open_document(job.spec.file, data)
    try:
        texts = next(rounds)
        for round_ in count():
            while not texts:
                texts = rounds.send([])
            known = store.round(job.number, round_)
            if not known:
                store.add_round(job.number, round_, split_texts(texts))
                return
            if [text.text for text in known] != texts:  # started by another version of the server
                store.drop_rounds(job.number)
                return
            texts = rounds.send([text.translation for text in known])
    except StopIteration as end:
        store.finish(job.number, "done", result=end.value)
    except DocumentError as error:
        store.finish(job.number, "failed", error=str(error))
