"""The mark of a keyboard accelerator stays, on a letter of the translation."""

import pytest

from translator.text.accelerators import find_accelerator


@pytest.mark.parametrize(
    ("text", "bare", "translation", "expected"),
    [
        ("_Open", "Open", "Öffnen", "_Öffnen"),
        ("&Save", "Save", "Alles speichern", "Alles &speichern"),
        ("E_xit", "Exit", "Beenden", "_Beenden"),
        ("E&xit", "Exit", "Text", "Te&xt"),
        ("Save _as…", "Save as…", "Speichern als…", "Speichern _als…"),
        ("Open &File...", "Open File...", "打开文件...", "打开文件(&F)..."),
        ("_Open {name}", "Open {name}", "{name} öffnen", "{name} _öffnen"),
    ],
)
def test_kept(text: str, bare: str, translation: str, expected: str) -> None:
    accelerator = find_accelerator(text)
    assert accelerator is not None
    assert accelerator.text == bare
    assert accelerator.restored(translation) == expected


@pytest.mark.parametrize(
    "text",
    ["Open", "R&D", "Tom & Jerry", "&amp; x", "_private", "user_name", "AT&T", "__init__", "_a_",
     "Call _helper first. Then stop.", "One two three four five six _Seven"],
)  # fmt: skip
def test_none(text: str) -> None:
    assert find_accelerator(text) is None
