"""The licence of a checkpoint, which its card may name."""

import shutil
from pathlib import Path

import pytest

from translator.models.checkpoints import BUNDLED_FOLDER, resolve


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        (None, "MIT"),
        ("# A model without front matter\n", "MIT"),
        ("---\nlicense: cc-by-nc-sa-4.0\n---\n", "cc-by-nc-sa-4.0"),
        ('---\nlanguage: [de]\nlicense: "apache-2.0"\n---\n', "apache-2.0"),
        ("---\nlicense: mit\n---\n", "MIT"),
    ],
)
def test_the_licence_is_that_of_the_card_or_the_family(
    tmp_path: Path, card: str | None, licence: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(BUNDLED_FOLDER, folder)
    (folder / "README.md").unlink()
    if card is not None:
        (folder / "README.md").write_text(card)
    assert resolve(str(folder)).licence == licence
