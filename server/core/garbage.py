"""Python's search for unreachable cycles, as a server needs it."""

import gc

# Objects in excess of those that were freed. With Python's 700 a search begins every few requests;
# so many objects are a few megabytes. What it saved is in docs/decisions.md.
_THRESHOLD = 50_000


def settle() -> None:
    """Leave what has been loaded by now out of every search, and search less often.

    To be called once all is loaded. In processes forked after it, a search copies no page of it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_THRESHOLD)
