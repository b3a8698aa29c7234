"""Our HTTP server on our pool, whose workers translate nothing; run by `benchmarks.front`."""

import logging
import sys

from benchmarks.stubs import BATCH_TOKENS, Instant
from gpu_pool.pool import GpuPool
from gpu_pool.settings import PoolSettings
from server.app import create_admin_app, create_app
from server.commands.lifecycle import serve
from server.core.settings import Settings
from server.core.translation import ServedModel
from server.http.waitress_server import HttpServer
from server.services import make_services
from translator.text.segmentation import Segmenter

_WORKERS = 2
_LONGEST = 100  # tokens of a segment


def main(http_threads: int) -> int:
    """Serve on a free port until SIGTERM; log as the real server does unless told otherwise."""
    logging.basicConfig(level=logging.INFO)
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    settings = Settings(port=0, http_threads=http_threads)
    pool = GpuPool(
        [f"cpu:{i}" for i in range(_WORKERS)], Instant, PoolSettings(worker_tokens=2 * BATCH_TOKENS)
    )
    model = ServedModel(
        "stub", ("de", "en"), Segmenter(_words, _LONGEST, bool), lambda tokens, _: 0
    )
    services = make_services(pool, model, settings)
    http = HttpServer(create_app(services), settings)
    admin = HttpServer(create_admin_app(services), settings, port=0, threads=1)
    return serve(pool, http, admin, settings.drain_timeout, http.url)


def _words(text: str) -> int:
    return len(text.split())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
