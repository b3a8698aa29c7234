"""A table is translated in one pass, each distinct text once, and goes on after a failure."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bulk.errors import InputError, RetryableError
from bulk.tables import group, translation
from bulk.tables.group import Group, Translated, Value, new_column
from tests.unit.bulk.tables.running import FakeBackend, translate


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulk.tables.text_table.GROUP_ROWS", 50)


def write_rows(path: Path, texts: Sequence[str | None]) -> Path:
    path.write_text("".join(json.dumps({"n": n, "text": t}) + "\n" for n, t in enumerate(texts)))
    return path


def rows_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_distinct_text_is_translated_once(tmp_path: Path) -> None:
    """Also where it is in several groups that are in progress at once, or in several columns."""
    texts = [f"text {n % 70}" for n in range(1_000)]
    source, backend = write_rows(tmp_path / "in.jsonl", texts), FakeBackend()
    summary = translate(backend, source, tmp_path / "out.jsonl", "text")
    assert sorted(backend.asked) == sorted({text for text in texts if text})
    assert rows_of(tmp_path / "out.jsonl") == [
        {"n": n, "text": text, "text_de": text and text.upper(), "text_de_warnings": []}
        for n, text in enumerate(texts)
    ]
    assert summary.notices[0].startswith("1,000 rows, 70 distinct texts translated")


def test_warnings_are_beside_the_translations(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", ["odd", "even", None, " "])
    summary = translate(FakeBackend(), source, tmp_path / "out.jsonl", "text")
    added = [(row["text_de"], row["text_de_warnings"]) for row in rows_of(tmp_path / "out.jsonl")]
    assert added == [("ODD", ["length", "repetition"]), ("EVEN", []), (None, None), (" ", [])]
    assert summary.warnings == {"length": 1, "repetition": 1}


def test_a_failed_run_goes_on_without_translating_again(tmp_path: Path) -> None:
    texts = [f"text {n}" for n in range(900)] + ["dead"]
    source, target = write_rows(tmp_path / "in.jsonl", texts), tmp_path / "out.jsonl"
    first, second = FakeBackend(), FakeBackend(lambda text: f"{text} again")
    with pytest.raises(RetryableError, match="cannot be reached"):
        translate(first, source, target, "text")
    assert not target.exists()
    source = write_rows(source, [*texts[:-1], "alive"])
    with pytest.raises(InputError, match="another input"):
        translate(second, source, target, "text")
    translate(second, source, target, "text", overwrite=True)
    done = [row["text_de"] for row in rows_of(target)]
    kept = done.index("text 896 again") if "text 896 again" in done else 900
    assert kept >= 600, "what had been translated is not in the store"
    assert done == [
        text.upper() if n < kept else f"{text} again"
        for n, text in enumerate([*texts[:-1], "alive"])
        if text
    ]
    assert not {"text 0", "text 500"} & set(second.asked)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl",
        "out.jsonl",
        "out.jsonl.partial.json",
    ]  # fmt: skip - the command removes the last at its end


def test_translations_of_another_model_are_not_used(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.jsonl", ["one", "two", "dead"])
    with pytest.raises(RetryableError):
        translate(FakeBackend(), source, tmp_path / "out.jsonl", "text")
    other = FakeBackend(str.title)
    other.fingerprint = {"target": "de", "model": "another"}
    source = write_rows(source, ["one", "two"])
    translate(other, source, tmp_path / "out.jsonl", "text", overwrite=True)
    assert [row["text_de"] for row in rows_of(tmp_path / "out.jsonl")] == ["One", "Two"]


def test_a_row_that_fails_is_named(tmp_path: Path) -> None:
    class Failing(FakeBackend):
        def translate(self, texts):  # type: ignore[no-untyped-def]
            from bulk.errors import BatchTextError

            if "secret" in texts:
                raise BatchTextError(texts.index("secret"), InputError("too long"))
            return super().translate(texts)

    source = write_rows(tmp_path / "in.jsonl", ["a", None, "a", "b", "secret"])
    with pytest.raises(InputError, match=r"in\.jsonl: row 5: too long"):
        translate(Failing(), source, tmp_path / "out.jsonl", "text")


def test_groups_read_ahead_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Groups whose texts are all known need no work, and could all be read behind a slow one."""
    monkeypatch.setattr(translation, "_OPEN_BYTES", 100_000)
    source = write_rows(tmp_path / "in.jsonl", ["same"] * 10_000)
    open_bytes: list[int] = []

    class Watched(translation._Pass):
        def _is_full(self) -> bool:
            open_bytes.append(sum(each.group.size for each in self._open))
            return super()._is_full()

    monkeypatch.setattr(translation, "_Pass", Watched)
    translate(FakeBackend(), source, tmp_path / "out.jsonl", "text")
    one = 50 * (4 * len('{"n": 9999, "text": "same"}') + 256)
    assert 0 < max(open_bytes) <= 100_000 + one


def test_lists_keep_their_length_and_what_is_nothing() -> None:
    known = {"a": Translated("A", ("length",)), "b": Translated("B", ("length", "empty"))}
    values: list[Value] = [["a", None, "b", "", " "], [], None, "b"]
    assert list(Group(7, 4, 0, [values], None).texts()) == [(7, "a"), (7, "b"), (10, "b")]
    new = new_column(values, known)
    assert new.translations == [["A", None, "B", "", " "], [], None, "B"]
    assert new.warnings == [["length", "empty"], [], None, ["length", "empty"]]
    assert group.GROUP_ROWS > 50
