"""How alike translations must be that were decoded beside other neighbours."""


def nearly_equal(found: list[str], expected: list[str]) -> bool:
    """All but one of twenty: attention to longer neighbours changes the last bits of scores."""
    differing = sum(a != b for a, b in zip(found, expected, strict=True))
    return differing <= len(expected) / 20
