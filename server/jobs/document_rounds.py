"""File jobs: a document's rounds, resumed where they were interrupted."""

from collections.abc import Sequence
from itertools import count

from documents import DocumentError, Part
from server.core.documents import document_options, open_document
from server.core.paragraphs import split_lines
from server.jobs.records import Job, Relations, TextParts
from server.jobs.store import JobStore

_PART_CHARACTERS = 2_000  # one text of a document may be a whole book


def split_texts(texts: Sequence[str]) -> TextParts:
    """Split the texts of a round into parts, so that an interruption loses little."""
    return [list(split_lines(text, _PART_CHARACTERS)) for text in texts]


def relate(rounds: Sequence[Sequence[str]]) -> Relations:
    """Return which texts of the last of a document's rounds are parts of others."""
    places = {id(text): (i, j) for i, texts in enumerate(rounds) for j, text in enumerate(texts)}
    return {
        j: None if text.beside else places[id(text.whole)]
        for j, text in enumerate(rounds[-1])
        if isinstance(text, Part) and (text.beside or id(text.whole) in places)
    }


def advance(store: JobStore, job: Job) -> None:
    """Add the next round of a document whose texts are all done, or finish the job.

    The document is parsed again and given the stored translations, so that this also works after a
    restart of the server.
    """
    spec = job.spec
    assert spec.file is not None
    options = document_options(spec.file, spec.options, spec.source, spec.target)
    rounds = open_document(spec.file, store.source(job.number), options)
    known_rounds: list[list[str]] = []
    try:
        texts = next(rounds)
        for round_ in count():
            while not texts:
                texts = rounds.send([])
            known_rounds.append(texts)
            known = store.round(job.number, round_)
            if not known:
                relations = relate(known_rounds)
                store.add_round(job.number, round_, split_texts(texts), relations)
                return
            if [text.text for text in known] != texts:  # started by another version of the server
                store.drop_rounds(job.number)
                return
            texts = rounds.send([text.translation for text in known])
    except StopIteration as end:
        store.finish(job.number, "done", result=end.value)
    except DocumentError as error:
        store.finish(job.number, "failed", error=str(error))
