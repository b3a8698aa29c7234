"""gettext catalogues with a header."""


def catalogue(header: str, body: str) -> bytes:
    lines = "".join(f'"{line}\\n"\n' for line in header.splitlines())
    return f'msgid ""\nmsgstr ""\n{lines}\n{body}'.encode()
