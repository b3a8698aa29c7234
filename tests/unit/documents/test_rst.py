"""reStructuredText: texts are translated; docutils reads the same structure before and after."""

import re
from collections import Counter

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.documents.translators import (
    MODELS,
    FakeTranslator,
    by_dictionary,
    document_of,
    translate_identity,
    translate_upper,
)

RST = document_of(".rst")
TRANSLATED = """.. _top:

========
 TITLE
========

A SECTION
---------

A PARAGRAPH WITH *EMPHASIS*, **STRONG** WORDS, ``literal``, `LINK <http://x.y>`_, :ref:`a role <x>`.

* AN ITEM
* ANOTHER

  ITS PARAGRAPH

1. ONE
#. TWO

   - THREE

TERM
    ITS DEFINITION

    QUOTED

.. note::

   A NOTE

.. warning:: A WARNING
.. code-block:: python

   x = 1

.. versionadded:: 1.2
   NEW

.. image:: a.png
   :alt: text

.. unknown:: text

   text

.. [1] A FOOTNOTE

.. _target: http://a.b
.. |sub| replace:: text
.. a comment
   and more

EXAMPLE::

    literal

MORE:

::

    literal

+-----+
| a   |
+-----+

===  ===
a    b
===  ===

:field: value

>>> print(1)
1

--option  text

an escaped \\* star

LAST, SEE target_ [1]_ AND |sub|
"""
BLOCKS = [
    "one two", "one *two* three", "``a``", "- one", "1. one\n   two", "Head\n====",
    "====\nHead\n====",
    ".. note:: one", ".. note::\n\n   one", ".. x:: one", "one::\n\n  two", "a\n  b", "| a\n| b",
    "`a <b>`_", "a_", ">>> a", "*a", "`a", "|a| b", "\\a", ".. _a: b", ":a: b", "  one",
]  # fmt: skip
FILES = st.lists(st.sampled_from(BLOCKS), max_size=6).map("\n\n".join)


def structure(text: str) -> Counter[str]:
    """Return the nodes that docutils reads, with the texts of those that stay."""
    settings = {
        "report_level": 5, "halt_level": 6, "file_insertion_enabled": False, "raw_enabled": False,
        "_disable_config": True,
    }  # fmt: skip
    document = publish_doctree(text, settings_overrides=settings)
    kept = (nodes.literal, nodes.literal_block, nodes.comment, nodes.doctest_block)
    return Counter(
        node.tagname + (node.astext() if isinstance(node, kept) else "")
        for node in document.findall(nodes.Element)
        if not isinstance(node.parent, nodes.system_message)
        and (not isinstance(node, nodes.system_message) or node["level"] > 1)
    )


@given(FILES)
def test_an_identical_translation_changes_nothing(text: str) -> None:
    assert translate_identity(RST(text.encode())) == text.encode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_which_content_is_text(newline: str) -> None:
    translated = TRANSLATED.replace("\n", newline)
    assert translate_upper(RST(translated.lower().encode())).decode() == translated


@pytest.mark.parametrize("model", ["other words", "one word", "reversed", "full stops", "tags"])
def test_the_structure_stays_the_same(model: str) -> None:
    source = TRANSLATED.lower()  # in which one directive is only known to Sphinx
    translated = FakeTranslator(MODELS[model]()).translate(RST(source.encode())).decode()
    before, after = (re.sub(r".*versionadded.*\n.*\n", "", text) for text in (source, translated))
    assert structure(after) == structure(before)


@pytest.mark.parametrize(
    ("source", "translation", "written"),
    [
        ("Head\n====\n", "a longer title", "a longer title\n==============\n"),
        ("====\nHead\n====\n", "家は古い", "========\n家は古い\n========\n"),
        ("======\n Head\n======\n", "a title", "=========\n a title\n=========\n"),
        ("Head\n--------\n", "x", "x\n--------\n"),
        ("Head\n====\n\n`Head`_ 1\n", "x", ".. _Head:\n\nx\n====\n\n`Head`_ 1\n"),
        ("Head\n====\n\n.. _head: a\n\n`head`_\n", "x", "x\n====\n\n.. _head: a\n\n`head`_\n"),
        ("one\n", "- x", "one\n"),
        ("one\n", "1. x", "one\n"),
        ("one\n", ".. x", "one\n"),
        ("one\n", "x::", "one\n"),
        ("one\n", "x *y*", "one\n"),
        ("- one\n  two\n", "x y", "- x y\n"),
    ],
)
def test_a_translation_is_written_as_text(source: str, translation: str, written: str) -> None:
    translator = FakeTranslator(lambda text: translation)
    assert translator.translate(RST(source.encode())).decode() == written


def test_markup_beside_letters_is_separated() -> None:
    translator = by_dictionary({"the red car": "これは赤い車です", "red": "赤い"})
    translated = translator.translate(RST(b"the **red** car\n")).decode()
    assert translated == "これは\\ **赤い**\\ 車です\n"
    assert structure(translated)["strong"] == 1


def test_a_role_is_a_word_of_its_sentence() -> None:
    translator = FakeTranslator(str.upper)
    translator.translate(RST(b"see :doc:`the start <start>` and ``code`` first\n"))
    assert translator.rounds[0][0] == "see the start and code first"
