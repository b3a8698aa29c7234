"""Types of settings: what their values may be, and defaults that depend on the machine."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from gpu_pool.devices import parse_devices
from server.core.model_settings import joined, split_values

_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def one_of(allowed: Sequence[str]) -> AfterValidator:
    """Return the check of a value from a list."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


def _check_devices(spec: str) -> str:
    parse_devices(spec, installed=list)  # the syntax only; the GPUs are counted at the start
    return spec


def _check_origins(value: str | None) -> str | None:
    for origin in split_origins(value):
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError("must be '*', or comma-separated origins as browsers send them")
    return value


def _check_database(value: str | None) -> str | None:
    if value is not None and not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return value


def _check_encrypt_key(value: str | None) -> str | None:
    if value is not None and not re.fullmatch("[0-9A-Fa-f]{64}", value):
        raise ValueError("must be 64 hexadecimal digits, as `openssl rand -hex 32` makes them")
    return value


def _check_routes(value: str | None) -> str | None:
    split_values(value, "LANGUAGE=NAME or SOURCE:TARGET=NAME, such as sw=nllb")
    return value


def _check_model_devices(value: str | None) -> str | None:
    for devices in split_values(value, "NAME=DEVICES, such as nllb=cuda:1").values():
        _check_devices(devices)
    return value


def split_origins(value: str | None) -> frozenset[str]:
    """Return the origins in a comma-separated list."""
    return frozenset(part.strip() for part in value.split(",")) if value else frozenset()


def _folder_or_off(value: object) -> object:
    return None if value == "off" else value


def _jobs_folder(value: object) -> object:
    return default_jobs() if value == "on" else _folder_or_off(value)


def default_state() -> Path:
    """Return the folder of the server: `$XDG_STATE_HOME/m2m-server` or `~/.local/state/…`."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "m2m-server"


def default_jobs() -> Path:
    """Return the folder for jobs, inside that of the server."""
    return default_state() / "jobs"


ApiKeys = Path | Literal["database"] | None
Devices = Annotated[str, AfterValidator(_check_devices)]
Models = Annotated[str, BeforeValidator(joined)]
Routes = Annotated[str | None, BeforeValidator(joined), AfterValidator(_check_routes)]
ModelDevices = Annotated[str | None, BeforeValidator(joined), AfterValidator(_check_model_devices)]
Origins = Annotated[str | None, AfterValidator(_check_origins)]
DatabaseUrl = Annotated[str | None, AfterValidator(_check_database)]
EncryptKey = Annotated[str | None, AfterValidator(_check_encrypt_key)]
StateFolder = Annotated[Path | None, BeforeValidator(_folder_or_off)]
JobsFolder = Annotated[Path | None, BeforeValidator(_jobs_folder)]
