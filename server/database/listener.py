"""Hears of what other servers write: LISTEN on a connection of its own."""

import threading

import psycopg

_POLL_SECONDS = 1.0  # until `close` is noticed
_PAUSE_SECONDS = 1.0  # before the next attempt to connect


class Listener:
    """Counts notifications in a thread."""

    def __init__(self, url: str, channel: str) -> None:
        """Listen from now on; what happens while the database is away counts as one."""
        self.count = 0
        self._url = url
        self._channel = channel
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                    connection.execute(f"LISTEN {self._channel}")
                    self.count += 1  # something may have happened before
                    self._listen(connection)
            except psycopg.Error:  # whoever uses the database says so
                self._closed.wait(_PAUSE_SECONDS)

    def _listen(self, connection: psycopg.Connection) -> None:
        while not self._closed.is_set():
            for _ in connection.notifies(timeout=_POLL_SECONDS, stop_after=1):
                self.count += 1
