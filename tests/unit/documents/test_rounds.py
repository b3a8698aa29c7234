"""Documents share rounds, and importing the package loads no heavy library."""

import subprocess
import sys

import pytest

from documents import Rounds, run_rounds
from tests.unit.documents.translators import FakeTranslator, document_of


def document(*rounds: list[str]) -> Rounds[list[str]]:
    """Return a document with these texts in each round; its result is all translations."""
    translations = []
    for texts in rounds:
        translations += yield texts
    return translations


def test_documents_share_rounds_and_get_their_own_translations() -> None:
    translator = FakeTranslator(str.upper)
    documents = [document(["a"], ["b", "c"]), document(), document(["d", "a"])]
    assert run_rounds(documents, translator) == [["A", "B", "C"], [], ["D", "A"]]
    assert translator.rounds == [["a", "d", "a"], ["b", "c"]]


def test_documents_without_texts_need_no_translator() -> None:
    assert run_rounds([document(), document()], lambda texts: pytest.fail("called")) == [[], []]


@pytest.mark.parametrize("translations", [[], ["x", "y"]])
def test_a_wrong_number_of_translations_is_an_error(translations: list[str]) -> None:
    with pytest.raises(ValueError, match="one translation of each"):
        run_rounds([document(["a"])], lambda texts: translations)


def test_errors_of_a_document_propagate() -> None:
    with pytest.raises(ValueError, match="not UTF-8 at byte 1"):
        run_rounds([document_of(".json")(b"a\xff")], lambda texts: texts)


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, documents; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"torch", "transformers", "lxml", "lxml.etree", "flask"} & set(modules)
