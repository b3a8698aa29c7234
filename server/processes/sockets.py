"""The sockets that all processes of a node inherit from the arbiter."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

from server.http.listener import Listener

_BACKLOG = 1_024  # connections that wait while the pool process is replaced


class Sockets:
    """The ports for clients and for operators, and the local socket of the pool."""

    def __init__(self, http: Listener, admin: Listener) -> None:
        """Bind the pool's socket too, in a folder of this user alone. Raises OSError."""
        self.http = http
        self.admin = admin
        self._folder = Path(tempfile.mkdtemp(prefix="m2m-server-", suffix=f"-{os.getpid()}"))
        self.pool = socket.socket(socket.AF_UNIX)
        self.address = str(self._folder / "pool")
        try:
            self.pool.bind(self.address)
        except OSError:  # such as a path that is too long
            self.close()
            raise
        self.pool.listen(_BACKLOG)

    def keep_http(self) -> None:
        """Close in a front what it does not serve."""
        self.admin.close()
        self.pool.close()

    def keep_pool(self) -> None:
        """Close in the pool process what it does not serve."""
        self.http.close()

    def keep_none(self) -> None:
        """Close all in a process that serves nothing."""
        self.http.close()
        self.admin.close()
        self.pool.close()

    def close(self) -> None:
        """Close all, and remove the folder: for the arbiter, at the end."""
        self.keep_none()
        shutil.rmtree(self._folder)
