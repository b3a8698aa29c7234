"""Flask and waitress alone, for comparison: JSON in, JSON out; prints its URL."""

import logging
import sys
from typing import Any

from flask import Flask, request
from waitress import create_server


def main(threads: int) -> None:
    """Serve on a free port until the process is terminated."""
    app = Flask(__name__)

    @app.post("/translation")
    def translate() -> dict[str, Any]:
        body = request.get_json()
        languages = {name: body[name] for name in ("source_language", "target_language")}
        return {"translation": body["text"], **languages, "model": "none"}

    @app.get("/health_check")
    def health_check() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/gpus")
    def gpus() -> dict[str, list[str]]:
        return {"gpus": []}

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = create_server(
        app,
        host="127.0.0.1",
        port=0,
        threads=threads,
        connection_limit=1_000,
        asyncore_use_poll=True,
    )
    sys.stdout.write(f"http://127.0.0.1:{server.effective_port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
