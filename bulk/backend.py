"""What translates the texts of a run: local devices or a server."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from bulk.errors import InputError
from server.core.requests import AUTO, Answer
from translator.models.languages import canonical


class Backend(Protocol):
    """Any thread may call it."""

    fingerprint: dict[str, Any]  # JSON values: what determines the translation of a text

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Translate non-blank texts. Raises RetryableError, InputError, BatchTextError."""

    def close(self) -> None:
        """Release devices and connections."""


def language_pair(source: str, target: str, languages: Collection[str]) -> tuple[str, str]:
    """Return the M2M100 codes of two languages; the source may be AUTO. Raises InputError."""
    codes = [AUTO if source.lower() == AUTO else canonical(source), canonical(target)]
    for name, code, allowed in zip(
        ("--source", "--target"),
        codes,
        ([AUTO, *sorted(languages)], sorted(languages)),
        strict=True,
    ):
        if code not in allowed:
            raise InputError(f"{name} must be one of {', '.join(allowed)}")
    if codes[0] == codes[1]:
        raise InputError(f"--source and --target are both {codes[0]}")
    return codes[0], codes[1]
