"""The JSON Schema of a dial plan file, for editors; generated from the model that validates."""

from typing import Any

from dialplan_cli.plan.problems import Path
from dialplan_cli.plan.schema import Plan

Schema = dict[str, Any]


def plan_schema() -> Schema:
    """The schema without pydantic's titles and nulls: a key without a value is left out."""
    schema: Schema = _tidy(Plan.model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "click-to-dial dial plan",
        **schema,
    }


def known_keys(schema: Schema, path: Path) -> frozenset[str]:
    """The keys that may stand at `path`, in any of the forms that are possible there."""
    places = [schema]
    for part in path:
        places = [below for place in _forms(schema, places) for below in _below(place, part)]
    return frozenset(key for place in _forms(schema, places) for key in place.get("properties", {}))


def _tidy(node: Any) -> Any:
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    alternatives = [form for form in node.get("anyOf", ()) if form != {"type": "null"}]
    if len(alternatives) == 1:
        node = {key: value for key, value in node.items() if key != "anyOf"} | alternatives[0]
    if "patternProperties" in node:
        node = node | {"additionalProperties": False}
    return {
        key: {name: _tidy(value) for name, value in below.items()}
        if key in ("properties", "$defs")
        else _tidy(below)
        for key, below in node.items()
        if not (key == "title" or (key == "default" and below is None))
    }


def _forms(schema: Schema, places: list[Schema]) -> list[Schema]:
    forms: list[Schema] = []
    for place in places:
        if "$ref" in place:
            place = schema["$defs"][place["$ref"].rpartition("/")[2]]
        alternatives = place.get("oneOf") or place.get("anyOf")
        forms += _forms(schema, alternatives) if alternatives else [place]
    return forms


def _below(place: Schema, part: str | int) -> list[Schema]:
    if isinstance(part, int):
        return [place["items"]] if "items" in place else []
    if part in place.get("properties", {}):
        return [place["properties"][part]]
    below = [*place.get("patternProperties", {}).values(), place.get("additionalProperties")]
    return [schema for schema in below if isinstance(schema, dict)]
