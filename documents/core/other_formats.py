"""Formats that are not read: what to convert a file to, and how its content gives it away."""

from documents.core.rounds import DocumentError

_SAVE = "save it as"
_UNPACK = "unpack it, and send its files"
_ADVICE = {
    "convert it to .docx, .html or .txt": ("pdf", "ps", "djvu", "xps"),
    f"{_SAVE} .docx": ("doc", "dot", "rtf", "pages", "wpd", "wps"),
    f"{_SAVE} .xlsx": ("xls", "xlsb", "numbers"),
    f"{_SAVE} .pptx": ("ppt", "pps", "key"),
    "convert it to .epub": ("mobi", "azw", "azw3", "fb2"),
    "send a text with a description": ("avif", "bmp", "gif", "heic", "ico", "jpeg", "jpg", "png",
                                       "tif", "tiff", "webp"),
    "send its subtitles as .srt or .vtt": ("aac", "avi", "flac", "m4a", "mkv", "mov", "mp3", "mp4",
                                           "mpeg", "ogg", "opus", "wav", "webm", "wmv"),
    _UNPACK: ("7z", "bz2", "gz", "rar", "tar", "tgz", "xz", "zip", "zst"),
}  # fmt: skip
ADVICE = {f".{suffix}": advice for advice, suffixes in _ADVICE.items() for suffix in suffixes}
"""Maps suffixes of files that are not read to what their owner can do."""

_SIGNATURES = {
    b"%PDF-": "a PDF file",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Office file (.doc, .xls, .ppt), or encrypted",
    b"{\\rtf": "an RTF file",
    b"PK\x03\x04": "a zip archive or an Office file",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"\x89PNG\r\n\x1a\n": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"II*\x00": "a picture",
    b"MM\x00*": "a picture",
    b"ID3": "a sound",
    b"OggS": "a sound",
    b"RIFF": "a sound, film or picture",
    b"\x1aE\xdf\xa3": "a film",
    b"SQLite format 3\x00": "a database",
    b"\x7fELF": "a program",
}
_MAY_BE_TEXT = frozenset({b"BZh", b"GIF8", b"ID3", b"OggS", b"RIFF"})  # unless NULs follow
_ZIP = b"PK\x03\x04"
_START = 256  # bytes


def refuse_other_format(data: bytes, *, may_be_zip: bool = False) -> None:
    """Raise `DocumentError` if a file is plainly in a format that is not read.

    Office files and books are zip archives.
    """
    for signature, description in _SIGNATURES.items():
        if not data.startswith(signature) or (may_be_zip and signature == _ZIP):
            continue
        if signature not in _MAY_BE_TEXT or b"\0" in data[:_START]:
            raise DocumentError(f"the file is {description}, whatever its name says")
