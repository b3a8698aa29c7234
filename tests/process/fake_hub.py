"""A hub on this machine: the endpoints that huggingface_hub uses, and faults on demand."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

MODEL = "someone/small"
LARGE = 100_000  # bytes; from here on a file is stored as LFS, as the hub does


@dataclass
class FakeHub:
    """One repository with one commit, and what was asked of it."""

    files: dict[str, bytes]
    commit: str = "a" * 40
    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)  # file, range
    damaged: str | None = None  # a file whose last byte arrives changed
    breaks: int = 0  # replies that end in the middle, from now on
    stalls_at: int | None = None  # requests for this offset get no answer
    stalled: threading.Event = field(default_factory=threading.Event)
    resumed: threading.Event = field(default_factory=threading.Event)

    def starts(self, name: str) -> list[int]:
        """Offsets at which the file was asked for."""
        return [
            int(value.removeprefix("bytes=").partition("-")[0] or 0)
            for file, value in self.requests
            if file == name
        ]

    def tree(self) -> list[dict[str, Any]]:
        rows = []
        for name, content in self.files.items():
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            row: dict[str, Any] = {"type": "file", "path": name, "size": len(content), "oid": blob}
            if len(content) >= LARGE:
                digest = hashlib.sha256(content).hexdigest()
                row["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
            rows.append(row)
        return rows


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: FakeHub

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        api, site = f"/api/models/{MODEL}", f"/{MODEL}/resolve/{self.hub.commit}/"
        if path in (api, f"{api}/revision/main", f"{api}/revision/{self.hub.commit}"):
            self._send_json({"id": MODEL, "sha": self.hub.commit, "siblings": []})
        elif path.startswith(f"{api}/tree/{self.hub.commit}"):
            self._send_json(self.hub.tree())
        elif path.startswith(site):
            self._send_file(path.removeprefix(site))
        elif path.startswith("/api/models/closed/"):
            self._send_error(403, "GatedRepo")
        else:
            self._send_error(404, "RevisionNotFound" if path.startswith(api) else "RepoNotFound")

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass

    def _send_file(self, name: str) -> None:
        content = self.hub.files[name]
        wanted = self.headers.get("Range", "")
        if self.command == "GET":
            self.hub.requests.append((name, wanted))
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first or 0), int(last or len(content) - 1)
        if self.hub.stalls_at is not None and start == self.hub.stalls_at:
            self.hub.stalled.set()
            self.hub.resumed.wait(60)
            return
        if name == self.hub.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        body = content[start : end + 1]
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.hub.commit)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.hub.breaks and len(body) > LARGE:
            self.hub.breaks -= 1
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.wfile.write(body)

    def _send_json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_error(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def fake_hub(folder: Path) -> Iterator[FakeHub]:
    """Serve the files of `folder` as the repository `MODEL`."""
    hub = FakeHub({path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield hub
    finally:
        hub.resumed.set()
        server.shutdown()
        server.server_close()
        thread.join()
