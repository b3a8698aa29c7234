"""Segments and results survive as bytes; equal bytes are equal work."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.engines import DecodedSegment, Decoding, EncodedSegment
from translator.wire import pack, pack_decoded, unpack, unpack_decoded

KEYS = st.integers(0, 2**63)
IDS = st.lists(st.integers(0, 2**31 - 1), max_size=300)
SMALL = st.integers(0, 2**31 - 1)
DECODINGS = st.builds(
    Decoding,
    beams=SMALL,
    max_length=SMALL,
    length_penalty=st.floats(allow_nan=False),
    early_stopping=st.sampled_from([False, True, "never"]),
    hypotheses=SMALL,
    no_repeat_ngram=SMALL,
)
SEGMENT = EncodedSegment(7, [300, 5, 6, 2], 301, Decoding(1, 200))


@given(st.builds(EncodedSegment, KEYS, IDS, SMALL, DECODINGS))
def test_a_segment_survives(segment: EncodedSegment) -> None:
    found = unpack(segment.key, pack(segment))
    assert found == segment
    assert type(found.decoding.early_stopping) is type(segment.decoding.early_stopping)


@given(
    st.builds(
        DecodedSegment,
        KEYS,
        IDS,
        st.booleans(),
        st.lists(IDS, max_size=5).map(tuple),
    )
)
def test_a_result_survives(decoded: DecodedSegment) -> None:
    found = unpack_decoded(decoded.key, pack_decoded(decoded))
    assert found == decoded
    assert found.complete is decoded.complete


@pytest.mark.parametrize("complete", [True, False])
def test_a_result_without_memory_survives(complete: bool) -> None:
    decoded = DecodedSegment(3, None, complete)
    assert unpack_decoded(3, pack_decoded(decoded)) == decoded


def test_the_key_is_no_part_of_the_work() -> None:
    assert pack(SEGMENT._replace(key=8)) == pack(SEGMENT)


@pytest.mark.parametrize(
    "other",
    [
        SEGMENT._replace(source_ids=[300, 6, 5, 2]),
        SEGMENT._replace(target_id=302),
        *(
            SEGMENT._replace(decoding=replace(SEGMENT.decoding, **change))
            for change in (
                {"beams": 2},
                {"max_length": 100},
                {"length_penalty": 1.1},
                {"early_stopping": True},
                {"early_stopping": "never"},
                {"hypotheses": 2},
                {"no_repeat_ngram": 3},
            )
        ),
    ],
)
def test_different_work_has_different_bytes(other: EncodedSegment) -> None:
    assert pack(other) != pack(SEGMENT)


def test_a_typical_segment_is_compact() -> None:
    assert len(pack(SEGMENT._replace(source_ids=[5] * 25))) <= 160
