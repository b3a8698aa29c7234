"""Characters that a file escapes as two UTF-16 units."""

import re

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def join_surrogates(text: str) -> str:
    """Join pairs of surrogates; a single one stays, and its text is not translated."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
