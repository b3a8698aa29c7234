"""Zip archives that office files and books are made of: read safely, some members replaced."""

import re
import struct
import zlib
from collections.abc import Mapping
from copy import copy
from io import BytesIO
from lzma import LZMAError
from shutil import copyfileobj
from zipfile import BadZipFile, ZipFile, ZipInfo

from documents.core.other_formats import refuse_other_format
from documents.core.rounds import DocumentError

# A small archive can unpack to any size, and parsed XML takes ten times its size in memory.
_MAX_BYTES = 256 << 20
_MAX_TEXT_BYTES = 32 << 20
_MAX_TAGS = 1_500_000  # in all that is parsed; the cells of a table take 600 bytes for each
_MAX_MEMBERS = 20_000  # each takes a kilobyte of memory, and 46 bytes in the file
_MEMBER = b"PK\x01\x02"  # begins the entry of a member in the directory
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:|(?:.*[/\\])?\.\.(?:[/\\]|$)", re.DOTALL)
# What `zipfile` raises for archives that are damaged, encrypted or of an unknown compression.
_ZIP_ERRORS = (
    BadZipFile, EOFError, LZMAError, NotImplementedError, OSError, RuntimeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip


class Archive:
    """An archive whose members are all known to be intact."""

    def __init__(self, data: bytes, suffix: str) -> None:
        """Check an archive; `suffix` is that of its format, for messages.

        Raise `DocumentError` if it is damaged, encrypted, too large or dangerous to unpack.
        """
        self.data = data
        self.suffix = suffix
        self._text_bytes = 0
        self._tags = 0
        refuse_other_format(data, may_be_zip=True)
        if data.count(_MEMBER) > _MAX_MEMBERS:
            raise DocumentError(f"the file contains more than {_MAX_MEMBERS} members")
        try:
            self._file = ZipFile(BytesIO(data))
            self._infos = {info.filename: info for info in self._file.infolist()}
            self._check()
            if self._file.testzip() is not None:
                raise BadZipFile
        except DocumentError:
            raise
        except _ZIP_ERRORS:
            raise DocumentError(f"the file is not a {suffix}, or is damaged or encrypted") from None

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    @property
    def names(self) -> list[str]:
        """The names of all members, in order."""
        return list(self._infos)

    def read(self, name: str) -> bytes:
        """Return a member that exists, whatever its size."""
        return self._file.read(self._infos[name])

    def read_text(self, name: str) -> bytes:
        """Return a member of XML that exists.

        Raise `DocumentError` if all that are read so have more than 32 MiB, or too many tags.
        """
        self._text_bytes += self._infos[name].file_size
        _check_size(self._text_bytes, _MAX_TEXT_BYTES)
        data = self.read(name)
        self._tags += data.count(b"<")
        if self._tags > _MAX_TAGS:
            raise DocumentError(f"the file contains more than {_MAX_TAGS:,} tags; split it")
        return data

    def replace(self, members: Mapping[str, bytes]) -> bytes:
        """Return the archive with some members replaced; order, dates and compression stay."""
        packed = BytesIO()
        with ZipFile(packed, "w") as new:
            new.comment = self._file.comment
            for name, old_info in self._infos.items():
                info = copy(old_info)
                if name in members:
                    new.writestr(info, members[name])
                else:
                    with self._file.open(old_info) as source, new.open(info, "w") as target:
                        copyfileobj(source, target)
        return packed.getvalue()

    def _check(self) -> None:
        infos = self._file.infolist()
        if len(infos) != len(self._infos):
            raise DocumentError("the file contains two members with the same name")
        for info in infos:
            _check_member(info)
        _check_size(sum(info.file_size for info in infos), _MAX_BYTES)


def _check_member(info: ZipInfo) -> None:
    if info.flag_bits & 1:
        raise DocumentError("the file is encrypted")
    if _OUTSIDE.match(info.filename):
        raise DocumentError("the file contains a member with a path outside of it")


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise DocumentError(f"the file unpacks to more than {limit >> 20} MiB; split it")
