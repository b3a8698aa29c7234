"""The paths of values, which `DocumentOptions.wants` compares with patterns."""

_MAX_PREFIX = 1_000  # characters; nested long names would cost their whole length each time


def join_path(prefix: str, name: str) -> str:
    """Return the path of a name under another path; only the end of a long one is kept."""
    return f"{prefix[-_MAX_PREFIX:]}.{name}" if prefix else name
