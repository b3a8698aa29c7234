"""Documents share rounds, and importing the package loads no heavy library."""

import subprocess
import sys

import pytest

from documents import Part, Rounds, run_rounds
from documents.core.rounds import gather_each
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


def part(number: int) -> Rounds[str]:
    """Return a small part: one text and, for even numbers, a text of it in a second round."""
    whole = f"text {number}"
    if number % 5 == 0:
        return whole
    [translation] = yield [whole]
    if number % 2 == 0:
        [translation] = yield [Part(translation, whole)]
    return translation


def test_small_parts_that_are_begun_again_give_the_same() -> None:
    translator = FakeTranslator(str.upper)
    results = translator.translate(gather_each(part, range(100)))
    assert results == [f"text {n}" if n % 5 == 0 else f"TEXT {n}" for n in range(100)]
    assert [len(texts) for texts in translator.rounds] == [80, 40]
    first, second = translator.rounds
    wholes = {id(text) for text in first}
    assert all(isinstance(text, Part) and id(text.whole) in wholes for text in second)


def test_few_small_parts_wait_at_once() -> None:
    waiting: set[int] = set()

    def translate(number: int) -> Rounds[str]:
        waiting.add(number)
        try:
            return (yield from part(number))
        finally:
            waiting.remove(number)

    rounds = gather_each(translate, range(100))
    next(rounds)
    assert 0 < len(waiting) < 20
    rounds.close()


def test_small_parts_need_a_translation_of_each_text() -> None:
    with pytest.raises(ValueError, match="one translation of each"):
        run_rounds([gather_each(part, range(100))], lambda texts: texts[1:])


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, documents; print(*sys.modules)"
    modules = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"torch", "transformers", "lxml", "lxml.etree", "flask"} & set(modules)
