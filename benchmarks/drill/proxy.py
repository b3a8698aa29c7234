"""nginx with the configuration of docs/nginx.conf, in front of servers on this machine."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

CONFIG = Path(__file__).parents[2] / "docs" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
_SECONDS = 30.0


class Proxy:
    """One nginx, master and workers."""

    def __init__(self, folder: Path, ports: Sequence[int], port: int) -> None:
        """Start it on a port, in front of the servers on three `ports`. Raises RuntimeError."""
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        self._port = port
        self._config = folder / "nginx.conf"
        text = CONFIG.read_text(encoding="utf-8")
        for i, each in enumerate(ports, start=1):
            text = text.replace(f"10.0.0.{i}:8000", f"127.0.0.1:{each}")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{port};")
        text = text.replace("worker_processes auto;", "worker_processes 2;")
        text = text.replace("/run/", f"{folder}/").replace(
            "/var/log/nginx/error.log", f"{self.log}"
        )
        temporary = "".join(
            f"    {kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self._config.write_text(text.replace("http {\n", f"http {{\n{temporary}", 1), "utf-8")
        folder.chmod(0o755)  # its workers are another user
        self.start()

    def start(self) -> None:
        """Start it, and wait until it accepts connections. Raises RuntimeError."""
        assert NGINX is not None, "nginx is installed"
        command = [NGINX, "-e", str(self.log), "-g", "daemon off;", "-c", str(self._config)]
        self._process = subprocess.Popen(command, start_new_session=True)
        deadline = time.monotonic() + _SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"nginx does not start: {self.log.read_text()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End master and workers at once, with the connections of clients."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_SECONDS)

    def stop(self) -> None:
        """End it after the requests in progress."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(_SECONDS)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
