"""The store keeps translations by text, in a file that one run at a time uses."""

from pathlib import Path

import pytest

from bulk.errors import RetryableError
from bulk.tables.group import Translated
from bulk.tables.partial_database import database_path
from bulk.tables.store import TextStore

ONE = {"one": Translated("eins", ("length", "empty")), "two\0": Translated("zwei\0")}


def test_translations_are_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with TextStore(path, {"target": "de"}) as store:
        store.add(ONE.items())
        store.add([("one", Translated("again"))])
        assert store.find(["one", "two\0", "three"]) == ONE
    with TextStore(path, {"target": "de"}) as store:
        assert store.find(["three", "one"]) == {"one": ONE["one"]}
    with TextStore(path, {"target": "fr"}) as store:
        assert store.find(["one"]) == {}
        store.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_translations_leaves_no_file(tmp_path: Path) -> None:
    with TextStore(tmp_path / "store", {}) as store:
        assert store.find(["one"]) == {}
    assert list(tmp_path.iterdir()) == []


def test_many_texts_are_found_at_once(tmp_path: Path) -> None:
    pairs = {f"text {n}": Translated(str(n)) for n in range(2_345)}
    with TextStore(tmp_path / "store", {}) as store:
        store.add(pairs.items())
        assert store.find(list(pairs)) == pairs


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with TextStore(path, {}) as store:
        store.add(ONE.items())
        with pytest.raises(RetryableError, match="another run is writing"):
            TextStore(path, {})


def test_a_damaged_store_is_named(tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.write_bytes(b"no database, but more than a few bytes of something else" * 100)
    with pytest.raises(RetryableError, match="store: file is not a database; remove it"):
        TextStore(path, {})


def test_a_store_is_beside_a_file_and_in_a_folder(tmp_path: Path) -> None:
    assert database_path(tmp_path / "out.csv", "texts") == tmp_path / "out.csv.partial.texts"
    assert database_path(tmp_path, "texts") == tmp_path / "texts.partial"
