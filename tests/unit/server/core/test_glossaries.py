"""A glossary file is read whole, or the start stops at the line that is wrong."""

from pathlib import Path

import pytest

from server.core.glossaries import GlossaryError, load_glossaries
from tests.fakes import one_model

find = one_model(languages=("en", "de", "fr")).find


def test_a_file_per_pair(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text('# comment\nGPU pool\tGPU-Pool\n\n5" nail\tNagel\n')
    (tmp_path / "de-fr_CA.tsv").write_text("\ufeffHaus\tmaison\r\n")
    assert load_glossaries(tmp_path, find) == {
        ("en", "de"): (("GPU pool", "GPU-Pool"), ('5" nail', "Nagel")),
        ("de", "fr"): (("Haus", "maison"),),
    }


def test_none_is_none() -> None:
    assert load_glossaries(None, find) == {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("en.tsv", "a\tb", "en.tsv: must be named"),
        ("en-xx.tsv", "a\tb", "en-xx.tsv: must be named"),
        ("en-en.tsv", "a\tb", "en-en.tsv: must be named"),
        ("en-de.tsv", "a\tb\nc", "line 2: must be a term, a tab"),
        ("en-de.tsv", "a\t ", "line 1: the translation of a term is empty"),
        ("en-de.tsv", f"{'a' * 201}\tb", "line 1: a term is longer"),
        ("en-de.tsv", "a\tb\na\tc", "line 2: the term occurs twice"),
        ("en-de.tsv", "a\tb\x07", "line 1: the translation of a term contains"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(GlossaryError, match=message):
        load_glossaries(tmp_path, find)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_bytes(b"\xff\xfe")
    with pytest.raises(GlossaryError, match="is not UTF-8"):
        load_glossaries(tmp_path, find)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GlossaryError, match="is not a folder"):
        load_glossaries(tmp_path / "none", find)
