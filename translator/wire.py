"""Segments as bytes, to cross from the process with the text work to the one with the device.

All numbers are in the byte order of the machine, which both processes share.

A segment to decode: a header (`_HEADER`) with the id of the target's language token and the fields
of Decoding in their order (`early_stopping` as an index of `_EARLY_STOPPING`), then the source ids,
32 bits each. It has no key: equal bytes are equal work.

A result, 32 bits each number: 1 if it is complete, else 0; the number of sequences, which is 0 if
there was too little memory; the length of each sequence; then their ids, the best sequence first.
"""

import struct
from array import array
from functools import lru_cache
from typing import Literal

from translator.engines import DecodedSegment, Decoding, EncodedSegment

# target_id, beams, max_length, length_penalty, early_stopping, hypotheses, no_repeat_ngram
_HEADER = struct.Struct("=iiidBii")
_EARLY_STOPPING: tuple[bool | Literal["never"], ...] = (False, True, "never")
_NO_TARGET = -1
_IDS = "i"  # 32 bits on all platforms of CPython


def pack(segment: EncodedSegment) -> bytes:
    """Return a segment without its key."""
    decoding = segment.decoding
    header = _HEADER.pack(
        _NO_TARGET if segment.target_id is None else segment.target_id,
        decoding.beams,
        decoding.max_length,
        decoding.length_penalty,
        _EARLY_STOPPING.index(decoding.early_stopping),
        decoding.hypotheses,
        decoding.no_repeat_ngram,
    )
    return header + array(_IDS, segment.source_ids).tobytes()


def unpack(key: int, payload: bytes) -> EncodedSegment:
    """Return the segment that `pack` made `payload` of."""
    target_id, decoding = _read_header(payload[: _HEADER.size])
    source_ids = array(_IDS, payload[_HEADER.size :]).tolist()
    return EncodedSegment(key, source_ids, target_id, decoding)


def pack_decoded(decoded: DecodedSegment) -> bytes:
    """Return a result without its key."""
    sequences = [] if decoded.ids is None else [decoded.ids, *decoded.alternatives]
    numbers = array(_IDS, (decoded.complete, len(sequences), *map(len, sequences)))
    for ids in sequences:
        numbers.extend(ids)
    return numbers.tobytes()


def unpack_decoded(key: int, payload: bytes) -> DecodedSegment:
    """Return the result that `pack_decoded` made `payload` of."""
    numbers = array(_IDS, payload).tolist()
    complete, count = bool(numbers[0]), numbers[1]
    if count == 0:
        return DecodedSegment(key, None, complete)
    if count == 1:
        return DecodedSegment(key, numbers[3:], complete)  # mostly
    sequences = []
    begin = 2 + count
    for length in numbers[2:begin]:
        sequences.append(numbers[begin : begin + length])
        begin += length
    return DecodedSegment(key, sequences[0], complete, tuple(sequences[1:]))


@lru_cache(maxsize=256)  # a server has a few ways to decode into each language
def _read_header(header: bytes) -> tuple[int | None, Decoding]:
    target_id, beams, max_length, penalty, stopping, hypotheses, ngram = _HEADER.unpack(header)
    early = _EARLY_STOPPING[stopping]
    target = None if target_id == _NO_TARGET else target_id
    return target, Decoding(beams, max_length, penalty, early, hypotheses, ngram)
