"""What a key has used: counted for each, within a quota, also after a restart."""

import io
from collections.abc import Callable

import deepl
import httpx
import pytest

from server.auth.usage import Usage
from server.core.state import STATE
from server.database.sqlite import SqliteDatabase
from server.metrics.front import Metrics
from tests.fakes import FakePool
from tests.http.deepl.conftest import KEY, KEYS, OTHER, QUOTA, SMALL, Server

Connect = Callable[..., deepl.DeepLClient]


def used(client: deepl.DeepLClient) -> int | None:
    return client.get_usage().character.count


def translate(client: deepl.DeepLClient, text: str) -> None:
    client.translate_text(text, source_lang="EN", target_lang="DE")


def test_each_key_has_a_count_that_outlives_the_server(
    server: Server, start: Callable[..., Server], connect: Connect
) -> None:
    translate(connect(), "12345")
    translate(connect(OTHER), "1")
    httpx.post(
        f"{server.url}/translation",
        json={"text": "678", "source_language": "en", "target_language": "de"},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    assert (used(connect()), used(connect(OTHER))) == (8, 1)
    assert connect().get_usage().character.limit == 10**12
    server.stop()
    again = connect(url=start().url)
    assert used(again) == 8
    translate(again, "1")
    assert used(again) == 9


def test_documents_count(connect: Connect) -> None:
    connect().translate_document(
        b"one\ntwo",
        io.BytesIO(),
        source_lang="EN",
        target_lang="DE",
        filename="a.txt",
    )
    assert used(connect()) == len("onetwo")


def test_a_quota(server: Server, connect: Connect) -> None:
    client = connect(SMALL)
    translate(client, "x" * (QUOTA - 1))
    usage = client.get_usage()
    assert (usage.character.count, usage.character.limit) == (QUOTA - 1, QUOTA)
    with pytest.raises(deepl.QuotaExceededException):
        translate(client, "xx")
    assert not client.get_usage().any_limit_reached
    translate(client, "x")
    assert client.get_usage().any_limit_reached
    with pytest.raises(deepl.QuotaExceededException):
        client.translate_document_upload("x", target_lang="DE", filename="a.txt")
    response = httpx.post(
        f"{server.url}/translation",
        json={"text": "x", "source_language": "en", "target_language": "de"},
        headers={"Authorization": f"Bearer {SMALL}"},
    )
    assert response.status_code == 429
    assert response.json()["type"] == "urn:m2m-server:quota"
    assert "Retry-After" not in response.headers


def test_a_month_begins_at_zero() -> None:
    metrics, now = Metrics(), 1_800_000_000.0  # 2027-01-15
    usage = Usage(SqliteDatabase(None, STATE), metrics, lambda: now)
    metrics.label_clients(["ann"])
    count = metrics._work_of("ann").characters.inc
    count(5)
    assert usage.count("ann") == 5
    now += 30 * 86_400
    assert usage.count("ann") == 0
    count(2)
    assert usage.count("ann") == 2
    now -= 30 * 86_400
    assert usage.count("ann") == 5


def test_the_rate_of_a_key_says_when_to_try_again(
    start: Callable[..., Server], pool: FakePool
) -> None:
    server = start(api_keys_toml=KEYS + "requests_per_minute = 1\n")
    headers = {"Authorization": f"DeepL-Auth-Key {SMALL}"}
    body = {"text": ["x"], "source_lang": "EN", "target_lang": "DE"}
    answers = [
        httpx.post(f"{server.url}/v2/translate", json=body, headers=headers) for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [200, 429]
    assert int(answers[1].headers["Retry-After"]) > 0
    assert list(answers[1].json()) == ["message"]
    assert len(pool.submitted) == 1


def test_unfinished_documents_are_part_of_the_quota(connect: Connect, pool: FakePool) -> None:
    pool.holding = True
    client = connect(SMALL)
    client.translate_document_upload("x" * 15, target_lang="DE", filename="a.txt")
    pool.wait_until_holding(1)
    with pytest.raises(deepl.QuotaExceededException):
        client.translate_document_upload("x" * 15, target_lang="DE", filename="a.txt")
    pool.holding = False
    pool.release()
