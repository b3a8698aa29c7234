"""Paths that several APIs have: which of them a request is for.

`/translate` belongs to LibreTranslate, Microsoft Translator and nllb-serve, `/detect` to the first
two, `/languages` to all and to us. Microsoft's clients must name a version in the query. nllb-serve
is the only one with `src_lang` and `tgt_lang`, and these may be in the body.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

MICROSOFT = "/translator/text/v3.0"  # where Microsoft's own custom domains have these paths
NLLB_API = "/api/v4"
_SHARED = frozenset({"/translate", "/detect", "/languages"})
_VERSIONED = re.compile("(^|&)api-version=", re.IGNORECASE)
_OLD_NLLB_API = re.compile("/api/v[23](?=/translator/?$)")  # addresses that clients still have


def share_paths(app: "Flask") -> None:
    """Route requests for Microsoft Translator and old ones for nllb-api to the paths they have."""
    answer = app.wsgi_app

    def call(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        path = environ["PATH_INFO"]
        if path.rstrip("/") in _SHARED and _VERSIONED.search(environ.get("QUERY_STRING", "")):
            environ["PATH_INFO"] = MICROSOFT + path
        elif path.startswith("/api/"):
            environ["PATH_INFO"] = _OLD_NLLB_API.sub(NLLB_API, path)
        return answer(environ, start_response)

    app.wsgi_app = call  # type: ignore[method-assign]


def is_for_nllb_serve(fields: Mapping[str, Any]) -> bool:
    """Return whether parameters of `/translate` are those of nllb-serve."""
    return "tgt_lang" in fields or "src_lang" in fields
