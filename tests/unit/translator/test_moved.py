"""Imports of modules by the paths that they had before they moved."""

import importlib
import importlib.util
import sys

import pytest

from translator._moved import _MOVED, report_moved_modules


@pytest.mark.parametrize(("old", "new"), _MOVED.items())
def test_an_old_path_names_the_new_one_and_that_exists(old: str, new: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=f"^{old} is now {new}$") as raised:
        importlib.import_module(old)
    assert raised.value.name == old
    assert importlib.util.find_spec(new) is not None


def test_a_name_from_an_old_path() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"translator\.documents is now documents"):
        exec("from translator.documents import FORMATS")
    with pytest.raises(ModuleNotFoundError, match=r"translator\.documents is now documents"):
        importlib.import_module("translator.documents.html")


def test_an_unknown_module_gets_the_ordinary_message() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'translator\.nonsense'$"):
        importlib.import_module("translator.nonsense")


def test_the_finder_is_the_last_one_and_there_once() -> None:
    before = list(sys.meta_path)
    report_moved_modules()
    assert sys.meta_path == before
