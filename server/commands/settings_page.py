"""`python -m server.commands.settings_page`: docs/settings.md, made of the settings themselves."""

import sys
from collections.abc import Iterator
from pathlib import Path

from server.core.settings import SECTIONS, Settings
from server.core.settings_sources import default_of, flag, variable

_INTRODUCTION = """\
# Settings

Every setting is a flag of `m2m-server` and an environment variable; the flag wins. An unknown
name or an invalid value stops the start, with a message that says what is allowed. Times are in
seconds, memory is in bytes. This page is generated from the settings (`make settings-page`);
[tuning.md](tuning.md) says what to tune first.
"""


def render() -> str:
    """Return the page as Markdown."""
    return "\n".join([_INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    for title, fields in SECTIONS.items():
        yield f"## {title}\n"
        yield "| flag | variable | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for field in fields:
            meaning = (
                str(Settings.model_fields[field].description)
                .replace("|", r"\|")
                .replace("*", r"\*")
            )
            default = _shown_default(field)
            yield f"| `{flag(field)}` | `{variable(field)}` | {default} | {meaning} |"
        yield ""


def _shown_default(field: str) -> str:
    default = default_of(field)
    if default == "None":
        return "unset"
    return f"`{default.replace(str(Path.home()), '~', 1)}`"


if __name__ == "__main__":
    sys.stdout.write(render())
