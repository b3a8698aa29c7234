"""Files as jobs: the conversation of a document, continued wherever it was left."""

from collections.abc import Sequence
from itertools import count
from pathlib import PurePath

from documents import FORMATS, DocumentError, Rounds
from server.core.paragraphs import split_lines
from server.jobs.records import Job, TextParts
from server.jobs.store import JobStore

_PIECE = 2_000  # characters; a text of a document may be a whole book


def open_document(name: str, data: bytes) -> Rounds[bytes]:
    """Return the conversation of a file; its name was checked when it came."""
    return FORMATS[PurePath(name).suffix.lower()](data)


def in_pieces(texts: Sequence[str]) -> TextParts:
    """Split the texts of a round so that none is lost when the work is interrupted."""
    return [list(split_lines(text, _PIECE)) for text in texts]


def advance(store: JobStore, job: Job) -> None:
    """Add the next round of a document whose texts so far are all done, or finish the job.

    The document is read anew, and told what was translated: so this goes on after a restart of
    the server like at any other time.
    """
    assert job.spec.file is not None
    data = store.source(job.number)
    talk = open_document(job.spec.file, data)
    try:
        texts = next(talk)
        for round_ in count():
            while not texts:
                texts = talk.send([])
            known = store.round(job.number, round_)
            if not known:
                store.add_round(job.number, round_, in_pieces(texts))
                return
            if [text.text for text in known] != texts:  # another version of the server began it
                store.drop_rounds(job.number)
                return
            texts = talk.send([text.translation for text in known])
    except StopIteration as end:
        store.finish(job.number, "done", result=end.value)
    except DocumentError as error:
        store.finish(job.number, "failed", error=str(error))
