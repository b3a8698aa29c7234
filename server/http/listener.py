"""A listening socket: connections queue there until a server accepts them."""

import socket


class Listener:
    """A TCP port. Several processes may accept from it after a fork."""

    def __init__(self, host: str, port: int) -> None:
        """Bind; raises OSError where that is impossible. 0: any free port."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, port), family=family)
        place = f"[{host}]" if family == socket.AF_INET6 else host
        self.url = f"http://{place}:{self.socket.getsockname()[1]}"

    def close(self) -> None:
        """Close this process's descriptor; the port is free once no process has one."""
        self.socket.close()
