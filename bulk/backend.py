"""What translates the texts of a run: local devices or a server."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

from bulk.errors import InputError
from server.core.requests import AUTO, Answer
from translator.models.languages import find


class Devices(Protocol):
    """What translates, for figures of speed and cost."""

    def count_devices(self) -> int:
        """Return the number of GPUs that translate; CPUs count as one. May raise BulkError."""

    def count_tokens(self) -> int | None:
        """Return the source tokens translated so far; None where this is not known."""


class Backend(Devices, Protocol):
    """Any thread may call it."""

    fingerprint: dict[str, Any]  # JSON values: what determines the translation of a text

    def translate(self, texts: Sequence[str]) -> list[Answer]:
        """Translate non-blank texts. Raises RetryableError, InputError, BatchTextError."""

    def close(self) -> None:
        """Release devices and connections."""


def count_devices(workers: Iterable[str]) -> int:
    """Return the number of GPUs of workers such as `cuda:0`, `cuda:0+cuda:1`; CPUs count as one."""
    names = {name for worker in workers for name in worker.split("+")}
    return len({"cpu" if name.startswith("cpu") else name for name in names})


def language_pair(source: str, target: str, languages: Collection[str]) -> tuple[str, str]:
    """Return the model's codes of two languages; the source may be AUTO. Raises InputError."""
    first = AUTO if source.lower() == AUTO else find(source, languages)
    second = find(target, languages)
    if first is None:
        raise InputError(f"--source must be one of {', '.join([AUTO, *sorted(languages)])}")
    if second is None:
        raise InputError(f"--target must be one of {', '.join(sorted(languages))}")
    if first == second:
        raise InputError(f"--source and --target are both {first}")
    return first, second
