"""docs/settings.md, and the groups that it and the help show."""

from itertools import chain
from pathlib import Path

import pytest

from server.commands.settings_page import render
from server.core.settings import SECTIONS, Settings
from server.core.settings_sources import flag, variable

PAGE = Path(__file__).parents[4] / "docs" / "settings.md"


def test_the_page_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert PAGE.read_text() == render(), "run `make settings-page`"


def test_each_setting_is_in_one_section() -> None:
    assert sorted(chain.from_iterable(SECTIONS.values())) == sorted(Settings.model_fields)


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_page_has_each_setting_with_its_meaning(field: str) -> None:
    [row] = [line for line in render().splitlines() if f"`{flag(field)}`" in line]
    assert f"`{variable(field)}`" in row
    assert row.rstrip(" |").rpartition("| ")[2]
