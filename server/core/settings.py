"""The settings of the server. `settings_sources` reads them from flags and variables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from gpu_pool.settings import PoolSettings
from server.core.model_settings import NamedModel, split_models, split_values
from server.core.setting_types import (
    ApiKeys,
    DatabaseUrl,
    Devices,
    EncryptKey,
    JobsFolder,
    ModelDevices,
    Models,
    Origins,
    Routes,
    Seconds,
    StateFolder,
    default_jobs,
    default_state,
    one_of,
)
from translator.config import DTYPES, ENGINES, KERNELS, TranslatorConfig, default_cache

LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
_BYTES_PER_CHARACTER = 12  # the longest escape of one character in JSON: "\ud83d\ude00"
_BODY_MARGIN = 65_536  # bytes of a body in addition to its texts
_JOB_BYTES_PER_CHARACTER = 4  # the longest in UTF-8: clients of large jobs do not escape
_LAST_PORT = 65_535

_POOL = PoolSettings()

SECRET = frozenset({"api_keys_toml", "database", "database_encrypt_key"})
"""Fields whose values are not shown in messages."""
REPEATED = frozenset({"model", "route", "model_devices"})
"""Fields whose flags may be given several times."""


class Settings(BaseModel):
    """What operators may configure. Times are in seconds, memory in bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Models = Field(
        default="bundled",
        min_length=1,
        description="'bundled', a folder, or a hub id; several times, as NAME=MODEL, for several: "
        "requests may name one, and the first serves the others if it has their languages",
    )
    route: Routes = Field(
        default=None,
        description="LANGUAGE=NAME or SOURCE:TARGET=NAME, such as sw=nllb: the model for requests "
        "with this language, or pair, that name none; several times for several",
    )
    model_devices: ModelDevices = Field(
        default=None,
        description="NAME=DEVICES, such as nllb=cuda:1: the devices of one of several models; "
        "those of --devices have all others",
    )
    devices: Devices = Field(
        default="auto",
        description="'auto', 'cpu', 'cpu*2', or a list such as cuda:0,cuda:2 or cuda:0+cuda:1",
    )
    engine: Annotated[str, one_of(ENGINES)] = Field(
        default="auto", description=f"decoding engine: {', '.join(ENGINES)}"
    )
    dtype: Annotated[str, one_of(DTYPES)] = Field(
        default="auto", description=f"type of the weights: {', '.join(DTYPES)}"
    )
    kernels: Annotated[str, one_of(KERNELS)] = Field(
        default="auto",
        description="kernels for GPUs: auto: those that are right and fastest on the card, found "
        "out at each start; off: plain torch",
    )
    beams: PositiveInt | None = Field(
        default=None, description="beam width; unset: the model's default"
    )
    batch_tokens: int = Field(
        default=TranslatorConfig().batch_tokens,
        ge=256,
        description="padded source tokens × beams of one batch",
    )
    threads: PositiveInt | None = Field(
        default=None,
        description="CPU threads for decoding in all; unset: one per core, whatever the CPU quota",
    )
    target_scripts: bool = Field(
        default=False,
        description="let the engine inflight score only tokens of scripts that the translation "
        "may be in, which is faster on CPUs: true or false",
    )
    local_files_only: bool = Field(
        default=False, description="never download a model: true or false"
    )
    detector: Path | None = Field(
        default=None,
        description="file of fastText that detects languages, such as GlotLID's model.bin; unset: "
        "two small models that come with the server",
    )
    cache_bytes: Annotated[int, Field(ge=0)] = Field(
        default=64 * 2**20,
        description="bytes of recent translations kept in memory, in equal shares for fronts and "
        "jobs; 0: none",
    )
    cache: Path = Field(default_factory=default_cache, description="folder for converted models")
    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(
        default=8000, ge=0, le=_LAST_PORT, description="port to listen on; 0: any free one"
    )
    admin_port: int | None = Field(
        default=None,
        ge=0,
        le=_LAST_PORT,
        description="port for probes, metrics and restarts; unset: --port + 1; 0: any free one",
    )
    pin: bool = Field(
        default=True,
        description="keep each front, and the pool's process, on one core: true or false",
    )
    fronts: PositiveInt | None = Field(
        default=None,
        description="processes that answer clients; unset: two for each GPU if there are cores for "
        "them, else one, which then is the only process beside the workers",
    )
    http_threads: PositiveInt = Field(
        default=64,
        description="translation requests served by a front at the same time; one more is answered "
        "with 429",
    )
    max_connections: PositiveInt = Field(
        default=1_000,
        description="open client connections of a front; further ones wait to be accepted",
    )
    trusted_proxy: str | None = Field(
        default=None,
        min_length=1,
        description="address of the proxy whose X-Forwarded-For, -Prefix, -Host and -Proto headers "
        "are trusted; '*': any",
    )
    max_texts: PositiveInt = Field(default=128, description="texts in one request")
    max_characters: PositiveInt = Field(
        default=100_000, description="characters of all texts of one request"
    )
    glossaries: Path | None = Field(
        default=None,
        description="folder of glossaries, such as en-de.tsv: a term, a tab, its translation",
    )
    api_keys: ApiKeys = Field(
        default=None,
        description="file of API keys, see 'm2m-server key'; 'database': they are in that of "
        "--database; unset: no key is needed",
    )
    api_keys_toml: str | None = Field(
        default=None, description="the content of such a file, where a file is not practical"
    )
    state: StateFolder = Field(
        default_factory=default_state,
        description="folder for stored glossaries and for what API keys have used; 'off': they end "
        "with the server",
    )
    database: DatabaseUrl = Field(
        default=None,
        description="PostgreSQL database, postgresql://user@host/name, for jobs, stored glossaries "
        "and usage of several servers together; unset: files in the folders of --jobs and --state",
    )
    database_encrypt_key: EncryptKey = Field(
        default=None,
        description="32 bytes as hexadecimal digits, with which texts, results and glossaries are "
        "encrypted in --database; better set as the variable",
    )
    cors_origins: Origins = Field(
        default=None,
        description="comma-separated origins whose pages may use the API, such as "
        "https://intranet.example; '*': any; unset: only the server's own page",
    )
    jobs: JobsFolder = Field(
        default_factory=default_jobs,
        description="folder for the texts and results of jobs; 'on': the default one, which is not "
        "used with --database; 'off': no jobs",
    )
    job_retention: Seconds = Field(
        default=86_400.0, description="seconds for which the results of a job are kept"
    )
    max_jobs: PositiveInt = Field(
        default=1_000, description="jobs kept, including finished ones; beyond it: 429"
    )
    max_jobs_bytes: PositiveInt = Field(
        default=4 * 2**30, description="bytes of all jobs in their folder; beyond it: 507"
    )
    max_job_texts: PositiveInt = Field(default=100_000, description="texts in one job")
    max_job_characters: PositiveInt = Field(
        default=50_000_000, description="characters of all texts of one job"
    )
    timeout: Seconds = Field(
        default=60.0, description="seconds a request may take unless it names a timeout itself"
    )
    max_timeout: Seconds = Field(default=600.0, description="longest timeout a request may name")
    max_queued_tokens: PositiveInt = Field(
        default=_POOL.max_queued_tokens,
        description="source tokens accepted and unfinished, for each model; beyond it: 429",
    )
    max_queued_segments: PositiveInt = Field(
        default=_POOL.max_queued_segments,
        description="segments accepted and unfinished, for each model; beyond it: 429",
    )
    memory_margin: Annotated[int, Field(ge=0)] = Field(
        default=_POOL.memory_margin,
        description="bytes kept free on each GPU for allocations that nothing accounts for",
    )
    startup_timeout: Seconds = Field(
        default=_POOL.startup_timeout,
        description="seconds for a worker to load its model before it is killed and started again",
    )
    hang_timeout: Seconds = Field(
        default=_POOL.hang_timeout,
        description="seconds of silence after which a busy worker is restarted",
    )
    drain_timeout: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=30.0, description="seconds for accepted requests to finish after SIGTERM"
    )
    log_format: Annotated[str, one_of(LOG_FORMATS)] = Field(
        default="text", description=f"log format: {', '.join(LOG_FORMATS)}"
    )
    log_level: Annotated[str, one_of(LOG_LEVELS)] = Field(
        default="info", description=f"lowest level to log: {', '.join(LOG_LEVELS)}"
    )

    @property
    def models(self) -> tuple[NamedModel, ...]:
        """The models to serve, the default first."""
        return split_models(self.model)

    @property
    def routes(self) -> dict[str, str]:
        """The names of models by language or pair."""
        return split_values(self.route, "a route")

    @property
    def devices_by_model(self) -> dict[str, str]:
        """The devices of models that have their own, by name."""
        return split_values(self.model_devices, "devices")

    @property
    def admin_listen_port(self) -> int:
        """The admin port to bind; 0: any free one."""
        if self.admin_port is not None:
            return self.admin_port
        return self.port + 1 if 0 < self.port < _LAST_PORT else 0

    @property
    def max_body_bytes(self) -> int:
        """Size of the largest request body; no request within the other limits is larger."""
        return self.max_characters * _BYTES_PER_CHARACTER + _BODY_MARGIN

    @property
    def max_job_bytes(self) -> int:
        """Size of the largest request body of a job; 0 where jobs are off."""
        if self.jobs is None:
            return 0
        return self.max_job_characters * _JOB_BYTES_PER_CHARACTER + _BODY_MARGIN


SECTIONS: Mapping[str, Sequence[str]] = {
    "Model and devices": (
        "model", "route", "model_devices", "local_files_only", "cache", "devices", "engine",
        "dtype", "kernels", "beams", "batch_tokens", "threads", "target_scripts",
    ),
    "Listening": (
        "host", "port", "admin_port", "fronts", "pin", "http_threads", "max_connections",
        "trusted_proxy",
    ),
    "Access": (
        "api_keys", "api_keys_toml", "state", "database", "database_encrypt_key", "cors_origins",
    ),
    "Requests": (
        "max_texts", "max_characters", "timeout", "max_timeout", "glossaries", "detector",
        "cache_bytes",
    ),
    "Jobs": (
        "jobs", "job_retention", "max_jobs", "max_jobs_bytes", "max_job_texts",
        "max_job_characters",
    ),
    "Queue and workers": (
        "max_queued_tokens", "max_queued_segments", "memory_margin", "startup_timeout",
        "hang_timeout", "drain_timeout",
    ),
    "Logging": ("log_format", "log_level"),
}  # fmt: skip
"""All fields of Settings, in the groups that the help and docs/settings.md show."""
