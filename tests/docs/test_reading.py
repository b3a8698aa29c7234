"""What the tests of the documentation go by: which lines are typed, what counts as the same."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import Block, read_blocks
from tests.docs.reader import is_shown
from tests.docs.test_commands import FILES
from tests.docs.translations import MARKED, SENTENCES, Wording, squeezed
from translator.text.detection import Detector

THANKS = 'Thanks, "Tom".'


def answers(text: str, source: str, target: str) -> list[str]:
    """What another model would say."""
    known = {("Thank you.", "en", "es"): [THANKS], ("Good morning.", "en", "de"): ["Tag!"]}
    return known.get((text, source, target), ["Anders."])


OTHER = Wording(answers)


def blocks_of(markdown: str, folder: Path) -> list[Block]:
    file = folder / "guide.md"
    file.write_text(markdown, "utf-8")
    return read_blocks(file)


def test_a_console_is_commands_and_output(tmp_path: Path) -> None:
    (block,) = blocks_of("```console\n$ a \\\n  b\n1\n$ c -d '{\n  }'\n2\n```\n", tmp_path)
    assert block.script == "a \\\n  b\nc -d '{\n  }'\n"
    assert block.output == "1\n2\n"


def test_text_right_after_a_script_is_its_output(tmp_path: Path) -> None:
    one, other, data = blocks_of(
        "```python\nx\n```\n\n```text\n1\n```\n\n```sh\ny\n```\n\nThen:\n\n```text\n2\n```\n",
        tmp_path,
    )
    assert (one.output, other.output, data.kind) == ("1\n", None, "text")


def test_a_comment_counts_for_the_block_below_it_alone(tmp_path: Path) -> None:
    markdown = (
        "<!-- not run: no network -->\n```sh\na\n```\n\n```sh\nb\n```\n\n"
        "- In a list:\n\n  <!-- run with: /m = m, c = d -->\n  ```sh\n  c /m\n  ```\n"
    )
    a, b, c = blocks_of(markdown, tmp_path)
    assert (a.not_run, b.not_run, b.replaced, c.script) == ("no network", None, (), "d m\n")
    assert c.place.endswith("guide.md:13")


def test_a_replacement_that_replaces_nothing_is_an_error(tmp_path: Path) -> None:
    (block,) = blocks_of("<!-- run with: x = y -->\n```sh\na\n```\n", tmp_path)
    with pytest.raises(AssertionError, match="'x' is not in the block"):
        _ = block.script


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ('{"a":1,\n "b":2}', '{"a":1,"b":2}\n', True),
        ('{"a":1,…}', '{"a":1,"b":2}', True),
        ('{"a":1}', '{"a":1,"b":2}', False),
        ("Guten Abend.", "Guten Tag.", False),
        ("", "more than was shown", False),
    ],
)
def test_output_is_compared_without_blanks(shown: str, printed: str, *, same: bool) -> None:
    assert is_shown(shown, printed, OTHER) is same


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("Guten\n Morgen.", "Tag!", True),
        ("Guten Morgen.", "Guten Morgen.", False),  # not what this model says
        ("Guten Morgen. Wo?", "Tag! Wann?", False),
        ("# Guten Morgen", "# Anders.", True),
        ('{"a":"Guten Morgen.\\n\\nWo ist der Bahnhof?"}', '{"a":"Tag!\\n\\nAnders."}', True),
        ('{"a":"Guten Morgen."}', '{"b":"Tag!"}', False),
        ('["Gracias.", …]', '["Thanks, \\"Tom\\".", 1]', True),
        ("['Gracias.']", repr([THANKS]), True),
        ("Danke.", THANKS, False),  # in another language
        ("Danke.", "Anders.", True),
        ("Das *rote* Haus ist alt.", "Alt ist das *rote* Haus.", True),
        ("Das *rote* Haus ist alt.", "Das rote Haus ist alt.", False),
        ('"Wo ist der GPU-Pool?"', '"Wo liegt der GPU-Pool?"', True),
        ('"Wo ist der GPU-Pool?"', '"Wo liegt der Pool?"', False),
    ],
)
def test_a_translation_stands_for_what_the_model_says(
    shown: str, printed: str, *, same: bool
) -> None:
    assert is_shown(shown, printed, OTHER) is same


KNOWN = [*MARKED, *(shown for sentences in SENTENCES.values() for shown in sentences)]


def test_no_translation_is_known_that_is_not_shown() -> None:
    outputs = squeezed("".join(block.output or "" for file in FILES for block in read_blocks(file)))
    assert [shown for shown in KNOWN if squeezed(shown) not in outputs] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_shown_beside_the_known_translations_is_english(file: Path) -> None:
    """Else an example passes only until the weights change: add its translation to those known."""
    folded = (r"\s+".join(map(re.escape, shown.split())) for shown in KNOWN)
    known = re.compile("|".join(sorted(folded, key=len, reverse=True)))
    detector = Detector(["en", *SENTENCES])
    for block in read_blocks(file):
        shown = "" if block.not_run else known.sub("…", block.output or "")
        for part in re.split(r'["\n…{}\[\]<>]|\\n', shown):
            if len(re.findall(r"[^\W\d_]{2,}", part)) > 1:  # a lone word tells too little
                best = detector.detect(part)[0]
                assert best.language == "en" or best.confidence < 0.6, (block.place, part)
