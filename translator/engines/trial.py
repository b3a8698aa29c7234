"""The sentences that engines are measured with: of mixed lengths, more than are decoded at a time.

They are real sentences, so that translations end where the model ends them, as they do in use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from translator.engines import Decoding, EncodedSegment
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer

# Long and short ones alternate: they end at different steps, and others take their places.
SENTENCES = (
    "Thank you very much for your help.",
    "The committee will meet again next week to discuss the report, which was sent to all of its "
    "members on Monday.",
    "Good morning.",
    "Where is the station?",
    "Although the weather was bad and most of the shops in the old town were closed, we walked "
    "along the river until it was dark, had dinner in a small restaurant near the harbour, and "
    "took the last train home.",
    "She has lived in this city since she was a child.",
    "I do not know.",
    "Please open the window and turn off the light before you leave the room.",
    "The new library is open every day of the week, but on Sundays it closes at noon.",
    "How much is it?",
    "My brother bought a used car from a friend of his, and it broke down on the first day.",
    "We are late.",
    "If you want to change your password, open the settings, choose your account, and enter the "
    "old one and the new one.",
    "There are two books on the table.",
    "He said that the meeting had been cancelled.",
    "No, thanks.",
)
_TYPICAL = SENTENCES[7]  # of typical length, to be decoded alone
# Weights that never end a translation must not make a trial last for minutes.
_MOST_TOKENS = 80


@dataclass(frozen=True, slots=True)
class TrialSize:
    """How many sentences an engine decodes in all, and how many of them at a time."""

    sentences: int
    concurrency: int


CPU_TRIAL = TrialSize(sentences=32, concurrency=24)
GPU_TRIAL = TrialSize(sentences=512, concurrency=256)  # a GPU takes more to saturate


@dataclass(frozen=True, slots=True)
class Trial:
    """A stream to be decoded `concurrency` sentences at a time, and one sentence to be alone."""

    stream: Sequence[EncodedSegment]
    concurrency: int
    single: EncodedSegment


def make_trial(
    checkpoint: Checkpoint, tokenizer: Tokenizer, beams: int | None, size: TrialSize
) -> Trial:
    """Return the same sentences at every start; in English if the model knows it.

    `beams` as in TranslatorConfig.
    """
    languages = checkpoint.languages
    source = "en" if "en" in languages else languages[0]
    target = next(code for code in languages if code != source)
    decoding = Decoding.of(checkpoint, beams)
    decoding = replace(decoding, max_length=min(decoding.max_length, _MOST_TOKENS))
    longest = checkpoint.segment_limit

    def encode(key: int, text: str) -> EncodedSegment:
        pieces = tokenizer.encode_pieces(text)[: longest - 2]  # many, if the vocabulary is small
        ids = tokenizer.around(pieces, source, target)
        return EncodedSegment(key, ids, tokenizer.forced_id(target), decoding)

    texts = islice(cycle(SENTENCES), size.sentences)
    stream = [encode(key, text) for key, text in enumerate(texts)]
    return Trial(stream, size.concurrency, encode(0, _TYPICAL))
