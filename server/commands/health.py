"""`m2m-server-health`: exit 0 if the server on this host is serving. For container health checks.

It takes the server's variables and flags, to find the admin port the way the server does.
"""

import http.client
import json
import os
import sys
from collections.abc import Sequence

from server.core.settings import Settings
from server.core.settings_sources import load_settings

_TIMEOUT = 3.0  # seconds; the admin port answers in milliseconds
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


def main(argv: Sequence[str] | None = None) -> int:
    """Query the admin port; print the status and return 0 if the server is serving, else 1."""
    settings = load_settings(argv, os.environ, "m2m-server-health")
    if settings.admin_listen_port == 0:
        sys.stderr.write("m2m-server-health: the admin port is not fixed; set --admin-port\n")
        return 2
    healthy, status = _ask(settings)
    sys.stdout.write(f"{status}\n")
    return 0 if healthy else 1


def _ask(settings: Settings) -> tuple[bool, str]:
    host = _ANY_ADDRESS.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(host, settings.admin_listen_port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/health_check")
        response = connection.getresponse()
        body = json.loads(response.read())
        return response.status == http.HTTPStatus.OK, str(body["status"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        place = f"{host} port {settings.admin_listen_port}"
        return False, f"no answer from {place}: {error or type(error).__name__}"
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
