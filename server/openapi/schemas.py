"""The schemas of the document, made of the types that requests and answers have in the code."""

from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from gpu_pool.status import GpuStatus, WorkerStatus
from server.core.settings import Settings
from server.openapi.compat_schemas import make_compat_schemas
from server.schemas.answers import ANSWERS
from server.schemas.translation import TranslationRequest

_COMPONENT = "#/components/schemas/{model}"
_NOT_SHOWN = ("device", "gpus", "totals")  # of a worker: its rows are those of its devices
_FIELDS = {
    "text": "One text, or an array of texts. Their lines, indentation and spaces are kept.",
    "source_language": "A code of `GET /languages`, or `auto`: it is detected, text by text.",
    "target_language": "A code of `GET /languages`.",
    "format": "`html`: tags stay in their place, and what they mark as not to be translated stays.",
    "alternatives": "Further translations of each text; none of `html`.",
    "glossary": "Terms, and what they must become.",
    "priority": "`bulk` lets others go first.",
    "timeout": "Seconds after which the request is given up; null: the server's own.",
}
_FILE_FIELDS: dict[str, dict[str, Any]] = {
    "file": {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "description": "The document. What it is, is told by the end of its name.",
    },
    "glossary": {
        "type": "string",
        "contentMediaType": "application/json",
        "description": "Terms, and what they must become: a JSON object in a field of text.",
    },
}


class _Untitled(GenerateJsonSchema):
    """Leaves out titles, which would repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def reference(name: str) -> dict[str, str]:
    """Return the schema that stands for one of the components."""
    return {"$ref": _COMPONENT.format(model=name)}


def make_schemas(settings: Settings) -> dict[str, Any]:
    """Return all components by name; requests with the limits of the settings."""
    adapters = [(each.__name__, "serialization", TypeAdapter(each)) for each in ANSWERS]
    _, answers = TypeAdapter.json_schemas(
        adapters,  # type: ignore[arg-type]  # its keys may be any that hash
        ref_template=_COMPONENT,
        schema_generator=_Untitled,
    )
    request = _request(settings.max_texts, settings.max_characters)
    request["properties"]["timeout"]["anyOf"][0]["maximum"] = settings.max_timeout
    job = _request(settings.max_job_texts, settings.max_characters)
    job["description"] = "Texts to translate in the background."
    for name in ("timeout", "priority"):
        del job["properties"][name]
    schemas = {
        "TranslationRequest": request,
        "TextJobRequest": job,
        "FileRequest": _file(),
        "TranslationEvent": _events(segment="SegmentEvent", done="Translation", failed="Problem"),
        "JobEvent": _events(
            progress="Job", text="TextEvent", done="Job", failed="Job", cancelled="Job"
        ),
        "Gpus": _gpus(),
        "Gpu": _gpu(),
        **answers["$defs"],
        **make_compat_schemas(settings),
    }
    return {name: _named(name, schemas[name]) for name in sorted(schemas)}


def _named(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "title": name}


def _request(texts: int, characters: int) -> dict[str, Any]:
    """Return the schema of TranslationRequest with what its type does not tell."""
    schema = TranslationRequest.model_json_schema(schema_generator=_Untitled)
    schema["description"] = "Texts to translate."
    for name, description in _FIELDS.items():
        schema["properties"][name]["description"] = description
    one, many = schema["properties"]["text"]["oneOf"]
    one["maxLength"] = characters
    many |= {"items": dict(one), "minItems": 1, "maxItems": texts}
    return schema


def _file() -> dict[str, Any]:
    languages = {
        name: {"type": "string", "description": _FIELDS[name]}
        for name in ("source_language", "target_language")
    }
    return {
        "description": "A form with a document.",
        "type": "object",
        "properties": {
            "file": _FILE_FIELDS["file"],
            **languages,
            "glossary": _FILE_FIELDS["glossary"],
        },
        "required": ["file", *languages],
        "additionalProperties": False,
    }


def _events(**data: str) -> dict[str, Any]:
    """Return the schema of each event of a stream: by its name, its data as a component."""
    return {
        "description": "One of the server-sent events that the answer consists of.",
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    "event": {"const": name},
                    "data": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "contentSchema": reference(component),
                    },
                    "id": {"type": "string"},
                },
                "required": ["event", "data"],
            }
            for name, component in data.items()
        ],
    }


def _gpus() -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    return {
        "description": "All devices, and what waits for them.",
        "type": "object",
        "properties": {
            "gpus": {"type": "array", "items": reference("Gpu")},
            "queued_segments": count,
            "queued_tokens": count,
        },
        "required": ["gpus", "queued_segments", "queued_tokens"],
        "additionalProperties": False,
    }


def _gpu() -> dict[str, Any]:
    """Return the schema of a row of WorkerStatus: of a device, and of its worker."""
    gpu, worker = (
        TypeAdapter(kind).json_schema(
            mode="serialization", ref_template=_COMPONENT, schema_generator=_Untitled
        )
        for kind in (GpuStatus, WorkerStatus)
    )
    shown = [field.name for field in fields(WorkerStatus) if field.name not in _NOT_SHOWN]
    properties = {
        **gpu["properties"],
        "worker": {"type": "string", "description": "The device, or the group that it is of."},
        **{name: worker["properties"][name] for name in shown},
    }
    return {
        "description": "A device and its worker; devices of one worker share its figures. "
        "Memory is in bytes, utilisation in percent, temperature in °C, power in watts; "
        "null: not known.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
