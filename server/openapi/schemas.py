"""JSON schemas, generated from the types of requests and answers."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from server.core.settings import Settings

_PREFIX = "#/components/schemas/"
_LIMITS = frozenset({"maximum", "maxItems", "maxLength"})
_JSON = (str, int, float, type(None))


class _Generator(GenerateJsonSchema):
    """Objects are closed unless their type says otherwise, and titles do not repeat names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def typed_dict_schema(self, schema: Any) -> dict[str, Any]:
        return {"additionalProperties": False, **super().typed_dict_schema(schema)}

    def tagged_union_schema(self, schema: Any) -> dict[str, Any]:
        union = super().tagged_union_schema(schema)
        union.pop("discriminator", None)  # it refers to types that are not components
        return union


class Schemas:
    """Generates schemas and collects the components that they refer to.

    Types become components of their name; those whose name begins with `_` are inlined.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.components: dict[str, Any] = {}

    def resolve(self, part: Any) -> Any:
        """Return a part of the document with every type replaced by its schema."""
        if isinstance(part, dict):
            return {name: self.resolve(value) for name, value in part.items()}
        if isinstance(part, list):
            return [self.resolve(value) for value in part]
        return part if isinstance(part, _JSON) else self._schema(part)

    def _schema(self, kind: Any) -> Any:
        schema, definitions = _generate(kind)
        for name, definition in definitions.items():
            if not name.startswith("_") and name not in self.components:
                complete = self._complete(definition, definitions)
                self.components[name] = {**complete, "title": name}
        return self._complete(schema, definitions)

    def _complete(self, schema: Any, definitions: dict[str, Any]) -> Any:
        """Inline private types, and replace names of settings by their values."""
        if isinstance(schema, list):
            return [self._complete(each, definitions) for each in schema]
        if not isinstance(schema, dict):
            return schema
        name = str(schema.get("$ref")).removeprefix(_PREFIX)
        if name.startswith("_"):
            schema = {**definitions[name], **schema}
            del schema["$ref"], schema["title"]
        return {
            key: getattr(self._settings, value)
            if key in _LIMITS and isinstance(value, str)
            else self._complete(value, definitions)
            for key, value in schema.items()
        }


@cache
def _generate(kind: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of a type, and the definitions that it refers to, by name."""
    key = ("", "validation")
    schemas, definitions = TypeAdapter.json_schemas(
        [(*key, TypeAdapter(kind))],  # type: ignore[list-item]  # any mode is a string
        ref_template=_PREFIX + "{model}",
        schema_generator=_Generator,
    )
    return schemas[key], definitions.get("$defs", {})  # type: ignore[index]
