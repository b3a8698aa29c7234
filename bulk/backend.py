"""What translates the texts of a bulk run: the devices of this machine, or a server."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from bulk.errors import InputError
from server.core.requests import AUTO, Answer
from translator.models.languages import canonical


class Backend(Protocol):
    """Threads may share it."""

    fingerprint: dict[str, Any]  # of JSON: what the translations of a text depend on

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Translate texts, none of them blank. Raises RetryableError, InputError, TextError."""

    def close(self) -> None:
        """Let go of devices and connections."""


def language_pair(source: str, target: str, spoken: Collection[str]) -> tuple[str, str]:
    """Return M2M100's codes of two languages, the source perhaps AUTO. Raises InputError."""
    codes = [AUTO if source.lower() == AUTO else canonical(source), canonical(target)]
    for name, code, allowed in zip(
        ("--source", "--target"), codes, ([AUTO, *sorted(spoken)], sorted(spoken)), strict=True
    ):
        if code not in allowed:
            raise InputError(f"{name} must be one of {', '.join(allowed)}")
    if codes[0] == codes[1]:
        raise InputError(f"--source and --target are both {codes[0]}")
    return codes[0], codes[1]
