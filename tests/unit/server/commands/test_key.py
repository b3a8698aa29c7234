"""The command line of `m2m-server key`; `tests/process/replicas` has the database."""

import pytest

from server.auth.keys import ApiKey, digest_of, parse_keys
from server.commands.main import run

URL = "postgresql://nobody@localhost/none"


def test_the_table_of_a_new_key_recognises_it(capsys: pytest.CaptureFixture[str]) -> None:
    limits = ["--requests-per-minute", "5", "--characters-per-minute", "none"]
    assert run(["key", "alice", *limits]) == 0
    shown = capsys.readouterr()
    secret = shown.err.splitlines()[-1]
    assert secret.startswith("m2m_")
    assert secret not in shown.out
    known = ApiKey(sha256=digest_of(secret), requests_per_minute=5)
    assert parse_keys(shown.out) == {"alice": known}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a NAME"),
        (["alice", "--revoke"], "need --database"),
        (["alice", "--change", "--requests-per-minute", "5"], "need --database"),
        (["--import", "keys.toml"], "need --database"),
        (["--revoke", "--database", URL], "give a NAME"),
        (["--requests-per-minute", "5", "--database", URL], "give a NAME"),
        (["alice", "--change", "--database", URL], "--change needs the limits"),
        (["alice", "--revoke", "--requests-per-minute", "5", "--database", URL], "has no limits"),
        (["alice", "--import", "keys.toml", "--database", URL], "and no others"),
    ],
)
def test_arguments_that_do_not_go_together(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["key", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a b"], "letters, digits"),
        (["é"], "letters, digits"),
        (["a", "b"], "key: unexpected argument 'b'"),
        (["alice", "--requests-per-minute", "0"], "must be a whole number of 1 or more"),
        (["alice", "--requests-per-minute", str(2**63)], "must be a whole number of 1 or more"),
        (["alice", "--requests-per-minute", "-5"], "must be a whole number of 1 or more"),
        (["alice", "--database"], "needs an address, since TRANSLATION_DATABASE is not set"),
        (["--database", "mysql://u:secret@h/d"], "must begin with postgresql://"),
        (["alice", "--database", URL, "--revoke", "--change"], "not allowed with argument"),
    ],
)
def test_a_wrong_argument(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TRANSLATION_DATABASE", raising=False)
    with pytest.raises(SystemExit) as ended:
        run(["key", *arguments])
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert "secret" not in shown.err
