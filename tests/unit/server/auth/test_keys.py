"""The list of API keys: where it comes from, and what is wrong with it."""

from pathlib import Path

import pytest

from server.auth.key_source import open_keys
from server.auth.keys import KeysError, digest_of, parse_keys, write_keys
from server.core.settings import Settings
from server.core.settings_sources import load_settings

KEYS = "".join(f'[{name}]\nsha256 = "{digest_of(name)}"\n' for name in ("alice", "bob"))
DIGEST = digest_of("x")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[a", "not valid TOML"),
        ("a = 1", "a: "),
        ("[a]", "a.sha256: "),
        ('[a]\nsha256 = "secret"', "a.sha256: must be 64 hexadecimal digits"),
        (f'[a]\nsha256 = "{DIGEST}"\nrequests = 1', "a.requests: "),
        (f'[a]\nsha256 = "{DIGEST}"\nrequests_per_minute = 0', "a.requests_per_minute: "),
        (f'[a]\nsha256 = "{DIGEST}"\nrequests_per_minute = "5"', "a.requests_per_minute: "),
        (f'["a b"]\nsha256 = "{DIGEST}"', "a name may have"),
        (f'[a]\nsha256 = "{DIGEST}"\n[b]\nsha256 = "{DIGEST}"', "two names have one key"),
    ],
)
def test_a_wrong_list_of_keys_says_where(text: str, reason: str) -> None:
    with pytest.raises(KeysError, match=f"^{reason}") as raised:
        parse_keys(text)
    assert "secret" not in str(raised.value)
    assert DIGEST not in str(raised.value)


def test_keys_come_from_a_file_or_a_variable_and_not_from_both(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(KEYS)
    for settings in (
        load_settings(["--api-keys", str(file)], {}),
        load_settings([], {"TRANSLATION_API_KEYS": str(file)}),
        load_settings([], {"TRANSLATION_API_KEYS_TOML": KEYS}),
    ):
        assert set(open_keys(settings).keys) == {"alice", "bob"}
    with pytest.raises(KeysError, match="twice"):
        open_keys(Settings(api_keys=file, api_keys_toml=KEYS))
    with pytest.raises(KeysError, match=r"gone\.toml: No such file"):
        open_keys(Settings(api_keys=tmp_path / "gone.toml"))
    with pytest.raises(KeysError, match="twice"):
        open_keys(Settings(api_keys="database", api_keys_toml=KEYS))
    with pytest.raises(KeysError, match="the server needs --database"):
        open_keys(Settings(api_keys="database"))
    with pytest.raises(KeysError, match=r"database: No such file"):
        open_keys(Settings.model_validate({"api_keys": "./database"}))
    with pytest.raises(KeysError, match="the list is empty"):
        open_keys(Settings(api_keys_toml="# none"))


def test_keys_are_written_as_they_are_read() -> None:
    text = KEYS + f'[carol]\nsha256 = "{DIGEST}"\ncharacters_per_month = 5\n'
    keys = parse_keys(text)
    assert parse_keys(write_keys(keys)) == keys
    assert keys["carol"].characters_per_month == 5
