"""What the routes about the server answer: its languages, health and devices."""

from typing import Annotated, Literal

from typing_extensions import TypedDict

from gpu_pool.messages import EngineInfo
from gpu_pool.status import PoolState, WorkerState
from server.schemas.fields import Count, doc


class LanguageModel(TypedDict):
    """A model that has a language."""

    name: Annotated[str, doc("Its name in requests.")]
    licence: Annotated[str, doc("Of its weights: that in its card, else that of its family.")]


class Language(TypedDict):
    """A language of one of the models."""

    code: Annotated[str, doc("Its code in all other routes.", examples=["de"])]
    tag: Annotated[
        str,
        doc("Its BCP 47 tag, as for HTML's `lang`: `zh-Hant` for `zho_Hant`.", examples=["de"]),
    ]
    name: Annotated[str, doc("Its name in English.", examples=["German"])]
    native_name: Annotated[str, doc("Its name in itself.", examples=["Deutsch"])]
    script: Annotated[str, doc("How it is written: an ISO 15924 code.", examples=["Latn"])]
    direction: Annotated[Literal["ltr", "rtl"], doc("Left to right, or right to left.")]
    detected: Annotated[
        bool,
        doc("Whether `auto` can find it: what detects languages need not know all of the model's."),
    ]
    targets: Annotated[list[str], doc("The codes of the languages it can be translated to.")]
    aliases: Annotated[
        list[str],
        doc(
            "Other codes that requests may use: of BCP 47, ISO 639 and FLORES-200, such as "
            "`de-AT` and `deu_Latn`. A model that has one code for a language ignores script and "
            "region.",
            examples=[["deu", "ger"]],
        ),
    ]
    models: list[LanguageModel]


class Workers(TypedDict):
    """The number of workers."""

    ready: Count
    total: Count


class Health(TypedDict):
    """Whether requests are served."""

    status: Annotated[PoolState, doc("Requests are served if it is `ok` or `degraded`.")]
    workers: Workers
    engines: Annotated[
        dict[str, EngineInfo], doc("By worker, except those that are loading for the first time.")
    ]
    model: Annotated[str, doc("The model for requests that name none.")]
    models: Annotated[dict[str, PoolState], doc("The state of each model.")]
    version: str


class Alive(TypedDict):
    """The process is alive."""

    status: Literal["alive"]


class KServeLive(TypedDict):
    """The process is alive."""

    live: bool


class KServeReady(TypedDict):
    """Whether requests are served."""

    ready: bool


class KServeModelReady(TypedDict):
    """Whether a model can translate."""

    name: str
    ready: bool


class Gpu(TypedDict):
    """A device and its worker. The devices of a group share their worker's figures.

    Memory is in bytes, utilisation in percent, temperature in °C, power in watts; null: unknown.
    """

    device: str
    name: str | None
    uuid: str | None
    memory_total: int | None
    memory_used: int | None
    memory_free: int | None
    utilisation: int | None
    temperature: int | None
    power: float | None
    monitor_error: Annotated[str | None, doc("Why NVML's figures are missing.")]
    worker: Annotated[
        str,
        doc(
            "The device, or the group that it belongs to; on a server with several models, a slash "
            "and the model follow."
        ),
    ]
    model: Annotated[str, doc("What the worker has loaded.")]
    state: WorkerState
    engine: EngineInfo | None
    memory_budget: Annotated[int | None, doc("What segments may use; null: unlimited.")]
    memory_reserved: Annotated[int, doc("What outstanding segments may need.")]
    pid: int | None
    restarts: int
    outstanding_segments: int
    outstanding_tokens: int
    finished_segments: int
    finished_tokens: int
    tokens_per_second: Annotated[float | None, doc("While computing: a moving average.")]
    oom_splits: Annotated[int, doc("Batches split after running out of memory.")]
    held_back: Annotated[str | None, doc("Why it cannot take the next waiting text.")]
    last_error: Annotated[str | None, doc("Why the worker's previous process ended.")]


class ModelQueue(TypedDict):
    """A model's state, and the work that waits for its workers."""

    state: PoolState
    queued_segments: Count
    queued_tokens: Count


class Gpus(TypedDict):
    """All devices, and the work that waits for them."""

    gpus: list[Gpu]
    queued_segments: Count
    queued_tokens: Count
    models: dict[str, ModelQueue]
