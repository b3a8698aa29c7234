"""Glossaries and counts are those of the whole server, and of the next one in the same folder."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.process.conftest import NO_TLS, TIMEOUT
from tests.process.fronts.conftest import NodeServer, StartNode

pytestmark = pytest.mark.slow  # several processes for each test

GLOSSARY = {"name": "x", "source_lang": "en", "target_lang": "de", "entries": "Hello\tMoin"}


@contextmanager
def only(node: NodeServer, role: str) -> Iterator[None]:
    """Let one front answer for the duration."""
    others = [each for each in node.children() if each.startswith("front") and each != role]
    for other in others:
        node.kill(other, signal.SIGSTOP)
    yield
    for other in others:
        node.kill(other, signal.SIGCONT)


def call(node: NodeServer, method: str, path: str, **more: Any) -> Any:
    response = httpx.request(method, f"{node.url}{path}", timeout=TIMEOUT, verify=NO_TLS, **more)
    assert response.is_success, response.text
    return response.json()


def used(node: NodeServer) -> int:
    return int(call(node, "GET", "/v2/usage")["character_count"])


def test_all_fronts_share_them_in_memory(node: NodeServer) -> None:
    with only(node, "front 0"):
        made = call(node, "POST", "/v2/glossaries", json=GLOSSARY)
        assert node.translate("12345").status_code == 200
        assert used(node) == 5
    with only(node, "front 1"):
        assert call(node, "GET", "/v2/glossaries") == {"glossaries": [made]}
        assert node.translate("678").status_code == 200
        assert used(node) == 8
    with only(node, "front 0"):
        assert used(node) == 8


def test_they_outlive_the_server(start_node: StartNode, tmp_path: Path) -> None:
    node = start_node("--state", str(tmp_path))
    made = call(node, "POST", "/v2/glossaries", json=GLOSSARY)
    for text in ("12", "345", "6"):
        assert node.translate(text).status_code == 200
    node.process.send_signal(signal.SIGTERM)
    node.process.wait(TIMEOUT)
    again = start_node("--state", str(tmp_path))
    assert used(again) == 6
    assert call(again, "GET", "/v2/glossaries") == {"glossaries": [made]}
