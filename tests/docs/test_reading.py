"""What the tests of the documentation go by: which lines are typed, what counts as the same."""

from pathlib import Path

import pytest

from tests.docs.blocks import Block, read_blocks
from tests.docs.reader import is_shown


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
        ("Guten Morgen.", "Guten Tag.", False),
        ("", "more than was shown", False),
    ],
)
def test_output_is_compared_without_blanks(shown: str, printed: str, *, same: bool) -> None:
    assert is_shown(shown, printed) is same
