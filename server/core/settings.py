"""Settings of the server: `TRANSLATION_*` variables, and flags of `m2m-server`, which win."""

import argparse
import difflib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
)

from gpu_pool.devices import parse_devices
from translator.config import DTYPES, ENGINES, TranslatorConfig, default_cache

PREFIX = "TRANSLATION_"
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
_BYTES_PER_CHARACTER = 12  # the longest escape of one character in JSON: "\ud83d\ude00"
_BODY_MARGIN = 65_536  # bytes for all of a body that is not text
_JOB_BYTES_PER_CHARACTER = 4  # the longest in UTF-8: a job is large enough not to be escaped
_LAST_PORT = 65_535
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _one_of(allowed: Sequence[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


def _check_devices(spec: str) -> str:
    parse_devices(spec, installed=list)  # the words only; the GPUs are counted at the start
    return spec


def _check_origins(value: str | None) -> str | None:
    for origin in split_origins(value):
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError("must be '*', or origins as browsers send them, with commas between")
    return value


def split_origins(value: str | None) -> frozenset[str]:
    """Return the origins of a list with commas."""
    return frozenset(part.strip() for part in value.split(",")) if value else frozenset()


def _folder_or_off(value: object) -> object:
    return None if value == "off" else value


def default_jobs() -> Path:
    """Return the folder for jobs: `$XDG_STATE_HOME/m2m-server/jobs` or `~/.local/state/…`."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "m2m-server" / "jobs"


class Settings(BaseModel):
    """What an operator may choose. Times are in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        default="bundled", min_length=1, description="'bundled', a folder, or a hub id"
    )
    devices: Annotated[str, AfterValidator(_check_devices)] = Field(
        default="auto",
        description="'auto', 'cpu', 'cpu*2', or a list such as cuda:0,cuda:2 or cuda:0+cuda:1",
    )
    engine: Annotated[str, _one_of(ENGINES)] = Field(
        default="auto", description=f"what decodes: {', '.join(ENGINES)}"
    )
    dtype: Annotated[str, _one_of(DTYPES)] = Field(
        default="auto", description=f"type of the weights: {', '.join(DTYPES)}"
    )
    beams: PositiveInt | None = Field(default=None, description="beams; unset: as the model says")
    batch_tokens: int = Field(
        default=TranslatorConfig().batch_tokens,
        ge=256,
        description="padded source tokens × beams a batch",
    )
    threads: PositiveInt | None = Field(
        default=None,
        description="CPU threads to decode with in all; unset: a core each, whatever the quota",
    )
    local_files_only: bool = Field(
        default=False, description="never download a model: true or false"
    )
    cache: Path = Field(default_factory=default_cache, description="folder for converted models")
    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(
        default=8000, ge=0, le=_LAST_PORT, description="port to listen on; 0: any that is free"
    )
    admin_port: int | None = Field(
        default=None,
        ge=0,
        le=_LAST_PORT,
        description="port for probes and restarts; unset: the one after --port, or 0 like it",
    )
    http_threads: PositiveInt = Field(
        default=64,
        description="translation requests in hand at a time; one more is answered with 429",
    )
    trusted_proxy: str | None = Field(
        default=None,
        min_length=1,
        description="address of the proxy whose X-Forwarded-For tells clients apart; '*': any",
    )
    max_texts: PositiveInt = Field(default=128, description="texts in one request")
    max_characters: PositiveInt = Field(
        default=100_000, description="characters of all texts of one request"
    )
    glossaries: Path | None = Field(
        default=None, description="folder of glossaries, such as en-de.tsv: term, tab, translation"
    )
    api_keys: Path | None = Field(
        default=None, description="file of API keys, see 'm2m-server key'; unset: no key is needed"
    )
    api_keys_toml: str | None = Field(
        default=None, description="what such a file holds, where there is no place for a file"
    )
    cors_origins: Annotated[str | None, AfterValidator(_check_origins)] = Field(
        default=None,
        description="origins, with commas between, whose pages may use the API, such as "
        "https://intranet.example; '*': any; unset: only the server's own page",
    )
    jobs: Annotated[Path | None, BeforeValidator(_folder_or_off)] = Field(
        default_factory=default_jobs,
        description="folder for jobs: their texts and results; 'off': none are taken",
    )
    job_retention: Seconds = Field(
        default=86_400.0, description="seconds that the results of a job are kept"
    )
    max_jobs: PositiveInt = Field(
        default=1_000, description="jobs kept, finished ones among them; beyond it: 429"
    )
    max_jobs_bytes: PositiveInt = Field(
        default=4 * 2**30, description="bytes of all jobs in their folder; beyond it: 507"
    )
    max_job_texts: PositiveInt = Field(default=100_000, description="texts in one job")
    max_job_characters: PositiveInt = Field(
        default=50_000_000, description="characters of all texts of one job"
    )
    timeout: Seconds = Field(
        default=60.0, description="seconds a request may take that names no timeout itself"
    )
    max_timeout: Seconds = Field(default=600.0, description="longest timeout a request may name")
    max_queued_tokens: PositiveInt = Field(
        default=200_000, description="source tokens accepted and unfinished; beyond it: 429"
    )
    hang_timeout: Seconds = Field(
        default=120.0, description="seconds of silence after which a busy worker is restarted"
    )
    drain_timeout: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=30.0, description="seconds for accepted requests to finish after SIGTERM"
    )
    log_format: Annotated[str, _one_of(LOG_FORMATS)] = Field(
        default="text", description=f"lines of the log: {', '.join(LOG_FORMATS)}"
    )
    log_level: Annotated[str, _one_of(LOG_LEVELS)] = Field(
        default="info", description=f"least severe messages to log: {', '.join(LOG_LEVELS)}"
    )

    @property
    def admin_listen_port(self) -> int:
        """The admin port to bind; 0: any that is free."""
        if self.admin_port is not None:
            return self.admin_port
        return self.port + 1 if 0 < self.port < _LAST_PORT else 0

    @property
    def max_body_bytes(self) -> int:
        """Size of the largest request body; no request within the other limits is larger."""
        return self.max_characters * _BYTES_PER_CHARACTER + _BODY_MARGIN

    @property
    def max_job_bytes(self) -> int:
        """Size of the largest request body that may be a job; 0 where none are taken."""
        if self.jobs is None:
            return 0
        return self.max_job_characters * _JOB_BYTES_PER_CHARACTER + _BODY_MARGIN


def load_settings(argv: Sequence[str] | None, environ: Mapping[str, str]) -> Settings:
    """Read settings from the flags in `argv` (None: of this process) and from `environ`.

    Exits with code 2 and a message for each unknown name and malformed value.
    """
    parser = _make_parser()
    parsed, unknown_flags = parser.parse_known_args(argv)
    return make_settings(parser, vars(parsed), environ, _refuse_flags(unknown_flags))


def make_settings(
    parser: argparse.ArgumentParser,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    complaints: Iterable[str] = (),
) -> Settings:
    """Return settings from the values of flags, which win, and from `environ`.

    Exits through `parser` with code 2, the `complaints`, and a message for each unknown variable
    and malformed value.
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


def flag(field: str) -> str:
    """Return the name of a field's flag."""
    return "--" + field.replace("_", "-")


def variable(field: str) -> str:
    """Return the name of a field's environment variable."""
    return PREFIX + field.upper()


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "m2m-server",
        description="Serve translations over HTTP. Each flag wins over the variable beside it.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version("m2m-server"))
    add_flags(parser, Settings.model_fields)
    return parser


def add_flags(parser: argparse._ActionsContainer, fields: Iterable[str]) -> None:
    """Add the flags of these fields; what is not given leaves no trace in the namespace."""
    for name in fields:
        field = Settings.model_fields[name]
        default = str(field.get_default(call_default_factory=True, validated_data={}))
        note = f"{field.description} [{variable(name)}; default: {default.replace('%', '%%')}]"
        options: dict[str, Any] = {"help": note, "default": argparse.SUPPRESS}
        if field.annotation is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = "VALUE"
        parser.add_argument(flag(name), **options)


def _refuse_flags(unknown: Sequence[str]) -> Iterator[str]:
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
    return f"; did you mean {close[0]}?" if close else "; see --help for all there are"


def _describe(error: ValidationError, flags: Mapping[str, Any]) -> Iterator[str]:
    """Name the flag or variable that each malformed value came from, and what it may be."""
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0])
        origin = flag(name) if name in flags else variable(name)
        message = detail["msg"].removeprefix("Value error, ")
        description = Settings.model_fields[name].description
        yield f"{origin}={detail['input']!r}: {message} ({description})"
