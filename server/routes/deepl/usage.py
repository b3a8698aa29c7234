"""/v2/usage: what a key has used this month."""

from datetime import UTC, datetime

from server.routes.deepl.common import Rule, admitted
from server.schemas.deepl import DeepLUsage
from server.services import Services

_NO_LIMIT = 1_000_000_000_000  # characters; DeepL's own number for an unlimited account
_DECEMBER = 12


class UsageRoutes:
    """The route for the usage."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def rules(self) -> list[Rule]:
        """Return the routes."""
        return [("/v2/usage", self.usage, ["GET", "POST"])]

    def usage(self) -> DeepLUsage:
        """Return the characters translated for this key in this calendar month, and its quota."""
        _, client = admitted(self._services)
        count = self._services.usage.count(client.name)
        limit = client.characters_per_month or _NO_LIMIT
        begin = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        after = begin.month % _DECEMBER + 1
        end = begin.replace(year=begin.year + (after == 1), month=after)
        return {
            "character_count": count,
            "character_limit": limit,
            "api_key_character_count": count,
            "api_key_character_limit": limit,
            "start_time": begin.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end_time": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
