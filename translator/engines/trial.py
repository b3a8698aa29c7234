"""What engines are measured with: sentences of mixed lengths, more of them than are in hand.

They are real ones, so that each translation ends where the model ends it, as it does for users.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice

from translator.engines import Decoding, EncodedSegment
from translator.models.checkpoints import Checkpoint
from translator.models.tokenizer import Tokenizer

# Long and short ones in turn: those in hand end at different steps, and others take their places.
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
_USUAL = SENTENCES[7]  # of usual length: for those who wait for one sentence alone
# Weights that never end a translation by themselves must not make a trial last for minutes.
_MOST_TOKENS = 80


@dataclass(frozen=True, slots=True)
class Load:
    """How much an engine gets: `sentences` in all, `at_a_time` of them in hand."""

    sentences: int
    at_a_time: int


CPU_LOAD = Load(sentences=32, at_a_time=24)
GPU_LOAD = Load(sentences=512, at_a_time=256)  # it takes more to fill one


@dataclass(frozen=True, slots=True)
class Trial:
    """A stream of sentences of which `at_a_time` are in hand, and `one` for when it is alone."""

    stream: Sequence[EncodedSegment]
    at_a_time: int
    one: EncodedSegment


def make_trial(
    checkpoint: Checkpoint, tokenizer: Tokenizer, beams: int | None, load: Load
) -> Trial:
    """Return the same sentences at every start; from English, where the model knows it."""
    languages = checkpoint.languages
    source = "en" if "en" in languages else languages[0]
    target = next(code for code in languages if code != source)
    rules = Decoding.of(checkpoint, beams)
    rules = replace(rules, max_length=min(rules.max_length, _MOST_TOKENS))
    longest = checkpoint.segment_limit

    def encode(key: int, text: str) -> EncodedSegment:
        pieces = tokenizer.encode_pieces(text)[: longest - 2]  # many, if the vocabulary is small
        ids = [tokenizer.language_ids[source], *pieces, tokenizer.eos]
        return EncodedSegment(key, ids, tokenizer.language_ids[target], rules)

    texts = islice(cycle(SENTENCES), load.sentences)
    stream = [encode(key, text) for key, text in enumerate(texts)]
    return Trial(stream, load.at_a_time, encode(0, _USUAL))
