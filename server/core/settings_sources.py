"""Settings from `TRANSLATION_*` variables, and from flags, which override them."""

import argparse
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError

from server.core.settings import REPEATED, SECRET, SECTIONS, Settings

PREFIX = "TRANSLATION_"


def flag(field: str) -> str:
    """Return the name of a field's flag."""
    return "--" + field.replace("_", "-")


def variable(field: str) -> str:
    """Return the name of a field's environment variable."""
    return PREFIX + field.upper()


def default_of(field: str) -> str:
    """Return a field's default as a user would write it; "None" where it is unset."""
    return str(
        Settings.model_fields[field].get_default(call_default_factory=True, validated_data={})
    )


def load_settings(
    argv: Sequence[str] | None, environ: Mapping[str, str], prog: str = "m2m-server"
) -> Settings:
    """Read settings from the flags in `argv` (None: of this process) and from `environ`.

    Exits with code 2 and a message for each unknown name and invalid value.
    """
    parser = argparse.ArgumentParser(prog, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=version("m2m-server"))
    add_setting_groups(parser)
    parsed, unknown = parser.parse_known_args(argv)
    return make_settings(parser, vars(parsed), environ, refuse_arguments(unknown))


def make_settings(
    parser: argparse.ArgumentParser,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    complaints: Iterable[str] = (),
) -> Settings:
    """Return settings from the values of flags, which win, and from `environ`.

    Exits through `parser` with code 2, the `complaints`, and a message for each unknown variable
    and invalid value.
    """
    variables = {
        field: environ[variable(field)]
        for field in Settings.model_fields
        if variable(field) in environ
    }
    problems = [*complaints, *_refuse_variables(environ)]
    try:
        settings = Settings.model_validate({**variables, **flags})
    except ValidationError as error:
        problems += _describe(error, flags)
    if problems:
        parser.exit(2, "".join(f"{parser.prog}: {problem}\n" for problem in problems))
    return settings


def add_setting_groups(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all settings, in sections."""
    for title, fields in SECTIONS.items():
        add_flags(parser.add_argument_group(title.lower()), fields)


def add_flags(parser: argparse._ActionsContainer, fields: Iterable[str]) -> None:
    """Add the flags of these fields; those that are not given are absent from the namespace."""
    for name in fields:
        field = Settings.model_fields[name]
        default = default_of(name).replace("%", "%%")
        note = f"{field.description} [{variable(name)}; default: {default}]"
        options: dict[str, Any] = {"help": note, "default": argparse.SUPPRESS}
        if field.annotation is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = "VALUE"
        if name in REPEATED:
            options["action"] = "append"
        parser.add_argument(flag(name), **options)


def refuse_arguments(unknown: Sequence[str]) -> Iterator[str]:
    """Say what is wrong with arguments that argparse did not know; values follow their flags."""
    flags = [argument.partition("=")[0] for argument in unknown if argument.startswith("-")]
    for name in flags:
        yield f"unknown flag {name}{_suggest(name, flag)}"
    if unknown and not flags:
        yield f"unexpected argument {unknown[0]!r}; all settings are flags, see --help"


def _refuse_variables(environ: Mapping[str, str]) -> Iterator[str]:
    known = {variable(field) for field in Settings.model_fields}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            yield f"unknown variable {name}{_suggest(name, variable)}"


def _suggest(name: str, spell: Callable[[str], str]) -> str:
    close = difflib.get_close_matches(name, [spell(field) for field in Settings.model_fields], 1)
    return f"; did you mean {close[0]}?" if close else "; see --help for all of them"


def _describe(error: ValidationError, flags: Mapping[str, Any]) -> Iterator[str]:
    """Name the flag or variable that each invalid value came from, and what it may be."""
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0])
        origin = flag(name) if name in flags else variable(name)
        message = detail["msg"].removeprefix("Value error, ")
        description = Settings.model_fields[name].description
        shown = "…" if name in SECRET else repr(detail["input"])
        yield f"{origin}={shown}: {message} ({description})"
