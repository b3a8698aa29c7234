"""Lines keep their number and order, for any content of the file and any sharding."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk import lines
from bulk.errors import InputError

# All characters that some tool treats as a line break or as blank.
TEXT = st.text(
    st.sampled_from("ab é日😀\t\u00a0\u2028\x0b\x0c\x85\r\n\n\n\ufeff"), max_size=60
).map(str.encode)
SHARDS = st.integers(1, 7)


def upper(batch: list[lines.Line]) -> list[str]:
    """Translate like a model that appends line breaks of both kinds."""
    return [f"{text.upper()}\r\n\n" for text in lines.texts(batch)]


def translate(parsed: list[lines.Line]) -> bytes:
    return b"".join(lines.render(batch, upper(batch)) for batch in lines.batches(parsed))


def parse(data: bytes) -> list[lines.Line]:
    return list(lines.read_lines(io.BytesIO(data), "in"))


@given(TEXT)
def test_untranslated_lines_equal_the_file(data: bytes) -> None:
    assert b"".join(line.render(line.text) for line in parse(data)) == data


@given(TEXT)
def test_the_number_of_lines_stays_the_same(data: bytes) -> None:
    before, after = data.split(b"\n"), translate(parse(data)).split(b"\n")
    assert len(after) == len(before)
    for old, new in zip(before[:-1], after[:-1], strict=True):
        assert new.endswith(b"\r") or not old.endswith(b"\r")
        if not old.decode().strip():
            assert new == old


@given(data=TEXT, count=SHARDS)
def test_concatenated_shards_are_the_complete_output(
    data: bytes, count: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "shards.txt"
    path.write_bytes(data)
    sections = [lines.measure(path, (index, count)) for index in range(count)]
    read = [list(lines.read_section(section)) for section in sections]
    assert [len(part) for part in read] == [section.lines for section in sections]
    assert [line.text for part in read for line in part] == [line.text for line in parse(data)]
    assert b"".join(map(translate, read)) == translate(parse(data))


def test_shards_have_about_the_same_size(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"a line of twenty bytes\n" * 1_000)
    assert {lines.measure(path, (i, 4)).lines for i in range(4)} == {250}


def test_a_section_depends_only_on_the_content_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.write_bytes(b"one\ntwo\n")
    before = lines.measure(path)
    path.write_bytes(b"one\ntwO\n")
    assert lines.measure(path).sha256 != before.sha256
    path.write_bytes(b"one\ntwo\n")
    assert lines.measure(path) == before


@pytest.mark.parametrize("spec", ["0/1", "3/4"])
def test_valid_shards(spec: str) -> None:
    assert lines.parse_shard(spec) == tuple(map(int, spec.split("/")))


@pytest.mark.parametrize("spec", ["", "4/4", "1", "-1/4", "0/0", "a/b", "1/4/2", "0.5/2", " 1/2"])
def test_invalid_shards(spec: str) -> None:
    with pytest.raises(ValueError, match="i/n"):
        lines.parse_shard(spec)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"fine\nbr\xffoken\n", "in: line 2 is not UTF-8"),
        (b"a\0b", "in: line 1 contains a NUL character"),
        (b"\n" + b"x" * (lines.MAX_LINE_BYTES + 1), "in: line 2 is longer than 4,194,304 bytes"),
    ],
)
def test_invalid_text_is_rejected_and_not_shown(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(data)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_a_byte_order_mark_stays_at_the_start() -> None:
    first, second = parse("\ufeffhello\n\ufeffhello".encode())
    assert (first.lead, first.text) == ("\ufeff", "hello")
    assert (second.lead, second.text) == ("", "\ufeffhello")


def test_batches_have_limited_lines_and_characters() -> None:
    short = parse(b"a\n" * 100)
    assert [len(batch) for batch in lines.batches(short)] == [32, 32, 32, 4]
    long = parse(b"a" * 3_000 + b"\n" + b"a" * 3_000 + b"\n" + b"a" * 9_000 + b"\na\n")
    assert [len(batch) for batch in lines.batches(long)] == [2, 1, 1]


def test_a_lone_surrogate_in_a_translation_is_replaced() -> None:
    assert parse(b"x\n")[0].render("a\ud800b") == b"a?b\n"
