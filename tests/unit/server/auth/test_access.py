"""Rates of API keys, and keys that change while the server runs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.auth.access import Access
from server.auth.keys import KeyList, digest_of
from server.auth.usage import Usage
from server.core.errors import RateLimitError, WrongKeyError
from server.core.state import STATE
from server.database.sqlite import SqliteDatabase
from server.metrics.front import Metrics

ALICE, BOB = "m2m_alice", "m2m_bob"
KEYS = f"""
[alice]
sha256 = "{digest_of(ALICE)}"
requests_per_minute = 2

[bob]
sha256 = "{digest_of(BOB)}"
"""


def admit(access: Access, key: str, characters: int) -> None:
    """Identify and charge, as a request does."""
    access.charge(access.identify(key), characters)


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def access(clock: Time, **rates: int) -> Access:
    table = [f'[c]\nsha256 = "{digest_of("k")}"', *(f"{k} = {v}" for k, v in rates.items())]
    metrics = Metrics()
    listed = KeyList(None, "\n".join(table))
    return Access(listed, metrics, usage_of(metrics), clock=clock)


def usage_of(metrics: Metrics) -> Usage:
    return Usage(SqliteDatabase(None, STATE), metrics)


def refused_for(access: Access, characters: int) -> float:
    with pytest.raises(RateLimitError) as raised:
        admit(access, "k", characters)
    return raised.value.retry_after


def test_a_bucket_fills_evenly_and_holds_a_minute() -> None:
    clock = Time()
    limited = access(clock, characters_per_minute=60)
    admit(limited, "k", 60)
    assert refused_for(limited, 6) == pytest.approx(6)
    clock.now += 6
    admit(limited, "k", 6)
    clock.now += 3600
    admit(limited, "k", 60)
    assert refused_for(limited, 1) == pytest.approx(1)


def test_what_is_refused_counts_nothing() -> None:
    clock = Time()
    limited = access(clock, requests_per_minute=1, characters_per_minute=60)
    admit(limited, "k", 1)
    for _ in range(5):
        assert refused_for(limited, 10) == pytest.approx(60)
    clock.now += 60
    admit(limited, "k", 60)


def test_a_text_larger_than_the_rate_is_not_refused_for_ever() -> None:
    clock = Time()
    limited = access(clock, characters_per_minute=60)
    admit(limited, "k", 180)  # a full bucket lets it through, and owes two minutes
    assert refused_for(limited, 1) == pytest.approx(121)
    clock.now += 120
    assert refused_for(limited, 180) == pytest.approx(60)
    clock.now += 60
    admit(limited, "k", 180)


def test_threads_together_get_no_more_than_the_rate() -> None:
    limited = access(Time(), requests_per_minute=50)
    together = threading.Barrier(8)

    def ask() -> int:
        together.wait()
        admitted = 0
        for _ in range(20):
            try:
                admit(limited, "k", 1)
                admitted += 1
            except RateLimitError:
                continue
        return admitted

    with ThreadPoolExecutor(8) as executor:
        assert sum(future.result() for future in [executor.submit(ask) for _ in range(8)]) == 50


def test_a_change_of_the_file_counts_without_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file, clock, metrics = tmp_path / "keys.toml", Time(), Metrics()
    file.write_text(KEYS)
    limited = Access(KeyList(file), metrics, usage_of(metrics), clock=clock)
    admit(limited, ALICE, 1)
    admit(limited, ALICE, 1)
    carol = f'\n[carol]\nsha256 = "{digest_of("c")}"\n'
    file.write_text(KEYS.replace("bob", "bert") + carol)
    with pytest.raises(WrongKeyError):
        limited.identify("c")  # looked at once a second at most
    clock.now += 1
    assert [limited.identify(key).name for key in ("c", BOB)] == ["carol", "bert"]
    with pytest.raises(RateLimitError):  # a key that is as it was has no new share
        admit(limited, ALICE, 1)
    assert "API keys have changed: alice, bert, carol" in caplog.text

    file.write_text("[carol]\nbroken")
    for _ in range(3):
        clock.now += 1
        assert limited.identify("c").name == "carol"
    file.unlink()
    for _ in range(3):
        clock.now += 1
        assert limited.identify("c").name == "carol"
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 2  # each once
    assert all(line.startswith(f"API keys stay as they were: {file}: ") for line in told)

    file.write_text("# all are revoked")
    clock.now += 1
    assert limited.required
    with pytest.raises(WrongKeyError):
        limited.identify("c")
