"""API keys in a database: read by all servers, changed by the command."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.auth.keys import ApiKey, KeysError, digest_of, parse_keys
from server.auth.stored_keys import KEYS, StoredKeys, add_keys, all_keys, change_limits, revoke_key
from server.commands.main import run
from server.database.interface import Database, Schema, StorageError
from server.database.postgres import PostgresDatabase

ALICE, BOB = (ApiKey(sha256=digest_of(name), characters_per_month=9) for name in ("a", "b"))


@pytest.fixture
def schema() -> Schema:
    return KEYS


class TestTable:
    def test_keys_are_added_changed_and_revoked(self, database: Database) -> None:
        assert all_keys(database) == {}
        add_keys(database, {"bob": BOB, "alice": ALICE})
        assert list(all_keys(database).items()) == [("alice", ALICE), ("bob", BOB)]
        change_limits(database, "bob", {"requests_per_minute": 5, "characters_per_month": None})
        revoke_key(database, "alice")
        assert all_keys(database) == {"bob": ApiKey(sha256=BOB.sha256, requests_per_minute=5)}

    def test_what_is_wrong_changes_nothing(self, database: Database) -> None:
        add_keys(database, {"alice": ALICE})
        with pytest.raises(KeysError, match="there is a key of alice already"):
            add_keys(database, {"bob": BOB, "alice": ApiKey(sha256=digest_of("c"))})
        with pytest.raises(KeysError, match="the key of anna is there already, with another name"):
            add_keys(database, {"anna": ALICE})
        with pytest.raises(KeysError, match="there is no key of bob"):
            change_limits(database, "bob", {"requests_per_minute": 5})
        with pytest.raises(KeysError, match="there is no key of bob"):
            revoke_key(database, "bob")
        assert all_keys(database) == {"alice": ALICE}


class Clocked:
    """Keys as a server reads them; its clock is set by hand."""

    def __init__(self, database: Database) -> None:
        self.now = 0.0
        self.database = database
        self.keys = StoredKeys(database, lambda: self.now)


class Quiet(PostgresDatabase):
    """Hears nothing of others; may be away."""

    away = False

    def version(self) -> int:
        return 0

    def select(self, query: str, *values: object) -> list[dict[str, object]]:
        if self.away:
            raise StorageError("gone", away=True)
        return super().select(query, *values)


class TestServer:
    @pytest.fixture
    def quiet(self, url: str) -> Iterator[Quiet]:
        database = Quiet(url, KEYS)
        yield database
        database.close()

    def test_keys_are_read_again_now_and_then_even_if_nothing_is_heard(self, quiet: Quiet) -> None:
        clocked = Clocked(quiet)
        add_keys(quiet, {"alice": ALICE})
        assert not clocked.keys.refresh()
        clocked.now = 30.0
        assert clocked.keys.refresh()
        assert clocked.keys.keys == {"alice": ALICE}
        clocked.now = 60.0
        assert not clocked.keys.refresh()

    def test_without_the_database_they_stay_as_they_were(self, quiet: Quiet) -> None:
        add_keys(quiet, {"alice": ALICE})
        clocked = Clocked(quiet)
        quiet.away = True
        clocked.now = 30.0
        with pytest.raises(KeysError, match="in the database: gone"):
            clocked.keys.refresh()
        clocked.now = 60.0
        assert not clocked.keys.refresh(), "it is told once"
        assert clocked.keys.keys == {"alice": ALICE}
        quiet.away = False
        revoke_key(quiet, "alice")
        clocked.now = 90.0
        assert clocked.keys.refresh()
        assert clocked.keys.keys == {}

    def test_a_table_that_somebody_has_broken_changes_nothing(self, quiet: Quiet) -> None:
        add_keys(quiet, {"alice": ALICE})
        clocked = Clocked(quiet)
        with quiet.transaction() as transaction:
            transaction.run("UPDATE api_keys SET requests_per_minute = -1")
        clocked.now = 30.0
        with pytest.raises(KeysError, match=r"alice\.requests_per_minute"):
            clocked.keys.refresh()
        assert clocked.keys.keys == {"alice": ALICE}


class TestCommand:
    def test_a_key_from_its_making_to_its_end(
        self, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run(["key", "alice", "--database", url, "--requests-per-minute", "5"]) == 0
        shown = capsys.readouterr()
        assert shown.out == ""
        secret = shown.err.splitlines()[-1]
        monkeypatch.setenv("TRANSLATION_DATABASE", url)
        assert run(["key", "--database"]) == 0
        alice = ApiKey(sha256=digest_of(secret), requests_per_minute=5)
        assert parse_keys(capsys.readouterr().out) == {"alice": alice}
        limits = ("--requests-per-minute", "none", "--characters-per-month", "7")
        assert run(["key", "alice", "--database", "--change", *limits]) == 0
        capsys.readouterr()
        assert run(["key", "--database"]) == 0
        changed = ApiKey(sha256=alice.sha256, characters_per_month=7)
        assert parse_keys(capsys.readouterr().out) == {"alice": changed}
        assert run(["key", "alice", "--database", "--revoke"]) == 0
        capsys.readouterr()
        assert run(["key", "--database"]) == 0
        assert capsys.readouterr().out == ""

    def test_the_keys_of_a_file_move_to_the_database(
        self, url: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert run(["key", "alice", "--characters-per-minute", "5"]) == 0
        file = tmp_path / "keys.toml"
        file.write_text(capsys.readouterr().out)
        assert run(["key", "--database", url, "--import", str(file)]) == 0
        assert "added: alice" in capsys.readouterr().err
        assert run(["key", "--database", url]) == 0
        assert capsys.readouterr().out == file.read_text()
        assert run(["key", "--database", url, "--import", str(file)]) == 1
        assert "there is a key of alice already" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["bob", "--revoke"], "there is no key of bob"),
            (["bob", "--change", "--requests-per-minute", "5"], "there is no key of bob"),
            (["alice"], "there is a key of alice already"),
            (["--import", "gone.toml"], "gone.toml: No such file"),
        ],
    )
    def test_what_cannot_be_done_is_said(
        self, url: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["key", "alice", "--database", url])
        capsys.readouterr()
        assert run(["key", *arguments, "--database", url]) == 1
        shown = capsys.readouterr()
        assert message in shown.err
        assert "m2m_" not in shown.err, "no key that nobody knows"

    def test_a_database_that_cannot_be_used(
        self, url: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wrong = url.replace("postgres@", "nobody:secret@")
        assert run(["key", "alice", "--database", wrong]) == 1
        shown = capsys.readouterr()
        assert "database: connection" in shown.err
        assert 'role "nobody" does not exist' in shown.err
        assert "secret" not in shown.err
