"""Request bodies, which may be compressed: they are decompressed while they are read."""

import io
import zlib
from functools import cached_property
from typing import IO, TYPE_CHECKING

from flask import Request
from flask.globals import request_ctx
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.wsgi import get_input_stream

from server.core.media_types import JSON

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import WSGIEnvironment

_GZIP = 16 + zlib.MAX_WBITS  # zlib's number for the format
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_FORMATS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_CHUNK = 65_536  # compressed bytes read at a time


class _UnknownCoding(UnsupportedMediaType):
    """The body is compressed in a way that is not read here."""

    description = "send the body as it is, or with Content-Encoding: gzip or deflate"

    def get_headers(
        self, environ: "WSGIEnvironment | None" = None, scope: dict[str, object] | None = None
    ) -> list[tuple[str, str]]:
        """Return the headers, with the codings that are read."""
        return [*super().get_headers(environ, scope), ("Accept-Encoding", "gzip, deflate")]


class DecodedRequest(Request):
    """A request whose `Content-Encoding` is decoded; limits apply to the decoded body.

    Reading raises UnsupportedMediaType for another coding, BadRequest for a damaged body, and
    RequestEntityTooLarge for one beyond `max_content_length`, of which no more is ever in memory.
    """

    @property
    def is_json(self) -> bool:
        """Whether the body is said to be JSON; mostly that can be seen without parsing."""
        return self.environ.get("CONTENT_TYPE") == JSON or super().is_json

    @cached_property
    def coding(self) -> str:
        """The `Content-Encoding`; "": none."""
        given = self.headers.get("Content-Encoding", "").strip().lower()
        return "" if given == "identity" else given

    @cached_property
    def content_length(self) -> int | None:
        """The length of the body, if it is known."""
        return None if self.coding else super().content_length

    @cached_property
    def stream(self) -> IO[bytes]:
        """The decoded body."""
        if not self.coding:
            return super().stream
        if self.coding not in _FORMATS:
            raise _UnknownCoding
        compressed = get_input_stream(self.environ, max_content_length=self.max_content_length)
        decoded = _Decoded(compressed, _FORMATS[self.coding], self.max_content_length)
        return io.BufferedReader(decoded)


def read_body() -> bytes:
    """Return the decoded body of the current request, once; raises as DecodedRequest does."""
    current = request_ctx.request
    environ, limit = current.environ, current.max_content_length
    length = environ.get("CONTENT_LENGTH", "")
    plain = "HTTP_CONTENT_ENCODING" not in environ and length.isdecimal()
    if not plain or (limit is not None and int(length) > limit):
        return current.get_data(cache=False)
    data: bytes = environ["wsgi.input"].read(int(length))  # as most are: no limit is to be watched
    return data


class _Decoded(io.RawIOBase):
    """Decompresses a stream, as far as it is read; a stream may have several gzip members."""

    def __init__(self, compressed: IO[bytes], format_: int, limit: int | None) -> None:
        self._compressed = compressed
        self._format = format_
        self._limit = limit
        self._size = 0  # decoded so far
        self._rest = b""  # read and not decoded yet
        self._decoder: zlib._Decompress | None = None

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Decode into a buffer; 0: the body has ended."""
        view = memoryview(buffer).cast("B")
        decoded = self._read(len(view)) if view else b""
        self._size += len(decoded)
        if self._limit is not None and self._size > self._limit:
            raise RequestEntityTooLarge
        view[: len(decoded)] = decoded
        return len(decoded)

    def _read(self, most: int) -> bytes:
        while True:
            data = self._rest or self._compressed.read(_CHUNK)
            if self._decoder is None or self._decoder.eof:
                if not data:
                    return b""
                self._decoder = zlib.decompressobj(_format(self._format, data))
            try:
                decoded = self._decoder.decompress(data, most)
            except zlib.error:
                raise BadRequest("the compressed body is damaged") from None
            self._rest = self._decoder.unconsumed_tail or self._decoder.unused_data
            if decoded:
                return decoded
            if not data and not self._decoder.eof:
                raise BadRequest("the compressed body ends too early")


def _format(format_: int, data: bytes) -> int:
    """Return the format of data; what some clients call deflate lacks zlib's header (RFC 1950)."""
    has_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
    return _RAW if format_ == _ZLIB and not has_header else format_
