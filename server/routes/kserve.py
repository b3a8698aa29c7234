"""The health routes of KServe's inference protocol, version 2, for its probes and clients.

Source: kserve/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from typing import Any

from flask import Blueprint

from server.core.errors import UnknownModelError
from server.routes.status import SERVING
from server.services import Services


class KServeRoutes:
    """GET /v2/health/live, /v2/health/ready, /v2/models/<model>/ready. None needs a key."""

    def __init__(self, services: Services) -> None:
        self._pool = services.pool
        self._models = services.models

    def blueprint(self) -> Blueprint:
        """Return the routes."""
        blueprint = Blueprint("kserve", __name__)
        blueprint.add_url_rule("/v2/health/live", view_func=self.live)
        blueprint.add_url_rule("/v2/health/ready", view_func=self.ready)
        # A path: the id of a model on the hub has a slash. After a path, werkzeug takes a slash at
        # the end only where the rule has one, and then answers other methods with 404, not 405.
        for path in ("/v2/models/<path:model>/ready", "/v2/models/<path:model>/ready/"):
            blueprint.add_url_rule(path, view_func=self.model_ready)
        return blueprint

    def live(self) -> dict[str, bool]:
        """Answer while the process does, as /health_check/live."""
        return {"live": True}

    def ready(self) -> tuple[dict[str, bool], int]:
        """Return 200 where requests are served, as /health_check; else 503."""
        ready = self._pool.status().state in SERVING
        return {"ready": ready}, 200 if ready else 503

    def model_ready(self, model: str) -> tuple[dict[str, Any], int]:
        """Return 200 where this model has a worker that can translate, else 503.

        Raises UnknownModelError.
        """
        if model not in self._models.names:
            raise UnknownModelError(f"the models are {', '.join(self._models.names)}")
        states = {each.name: each.state for each in self._pool.status().models}
        ready = states[model] in SERVING
        return {"name": model, "ready": ready}, 200 if ready else 503
