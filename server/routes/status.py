"""Routes about the server itself: probes and workers for all, metrics and restarts for operators.

Both ports: GET /health_check, /health_check/live, /gpus. The admin port only: GET /metrics,
POST /gpus/<worker>/restart.
"""

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, request

from server.services import Services

SERVING = frozenset({"ok", "degraded"})


class StatusRoutes:
    """The state of the pool, and what operators may do about it."""

    def __init__(self, services: Services) -> None:
        self._pool = services.pool
        self._models = services.models
        self._metrics = services.metrics
        self._version = version("m2m-server")

    def blueprint(self) -> Blueprint:
        """Return the routes for clients: they only read."""
        blueprint = Blueprint("status", __name__)
        blueprint.add_url_rule("/health_check", view_func=self.health_check)
        blueprint.add_url_rule("/health_check/live", view_func=self.live)
        blueprint.add_url_rule("/gpus", view_func=self.gpus)
        return blueprint

    def admin_blueprint(self) -> Blueprint:
        """Return the routes for operators."""
        blueprint = self.blueprint()
        blueprint.add_url_rule(
            "/gpus/<path:worker>/restart", view_func=self.restart, methods=["POST"]
        )
        blueprint.add_url_rule("/metrics", view_func=self.metrics)
        return blueprint

    def health_check(self) -> tuple[dict[str, Any], int]:
        """Return 200 where requests are served; 503 while loading or draining, or once dead."""
        status = self._pool.status()
        body = {
            "status": status.state,
            "workers": {
                "ready": sum(worker.state == "ready" for worker in status.workers),
                "total": len(status.workers),
            },
            "engines": {
                worker.label: asdict(worker.engine) for worker in status.workers if worker.engine
            },
            "model": self._models.default.name,
            "models": {model.name: model.state for model in status.models},
            "version": self._version,
        }
        return body, 200 if status.state in SERVING else 503

    def live(self) -> dict[str, str]:
        """Answer while the process does; restarting it would not help a pool that is loading."""
        return {"status": "alive"}

    def gpus(self) -> dict[str, Any]:
        """Return every worker and the length of the queue; memory is in bytes."""
        status = self._pool.status()
        return {
            "gpus": [row for worker in status.workers for row in worker.rows()],
            "queued_segments": status.queued_segments,
            "queued_tokens": status.queued_tokens,
            "models": {
                model.name: {
                    "state": model.state,
                    "queued_segments": model.queued_segments,
                    "queued_tokens": model.queued_tokens,
                }
                for model in status.models
            },
        }

    def restart(self, worker: str) -> tuple[dict[str, Any], int]:
        """Replace a worker, or all of a device; return their rows without waiting for new ones."""
        self._pool.restart(worker)
        found = [
            each for each in self._pool.status().workers if worker in (each.label, each.device)
        ]
        return {"gpus": [row for each in found for row in each.rows()]}, 202

    def metrics(self) -> Response:
        """Return the metrics that Prometheus scrapes."""
        body, media_type = self._metrics.expose(request.headers.get("Accept", ""))
        return Response(body, content_type=media_type)
