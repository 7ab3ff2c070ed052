"""Checks the form of a plan against the model, and puts each fault into its author's words."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dialplan_cli.plan import types as plan_types
from dialplan_cli.plan.json_schema import known_keys, plan_schema
from dialplan_cli.plan.problems import Fault, Path, unknown
from dialplan_cli.plan.schema import Plan
from dialplan_cli.plan.source import YamlSource

_MESSAGES = {
    "model_type": "must hold keys, written as `key: value`",
    "dict_type": "must hold keys, written as `key: value`",
    "list_type": "must be a list; start each item with `- `",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "is too long; at most {max_length} characters",
    "too_long": "has {actual_length} items; at most {max_length} are possible",
    "literal_error": "must be {expected}",
}
_PATTERNS = {
    plan_types.NAME: "must be a name without blanks",
    plan_types.ATTRIBUTE: "must be a name of letters, digits and _",
    plan_types.API_NAME: "must be a Salesforce API name, such as Account or Vehicle__c",
    plan_types.FIELD_PATH: "must be a Salesforce field, or a path of at most 5 relationships "
    "and a field, such as Type or Account.Owner.Department",
}
_NEEDS = {
    frozenset(("entries",)): "needs `entries`, or `salesforce` with the object that holds them",
    frozenset(("refuse",)): "needs `signal` or `refuse`",
    frozenset(("mapping", "key")): "must be the key of a service number, `{mapping: …, key: …}` "
    "or `{agent: …}`",
}
_ODD_NUMBER = re.compile(r"\+.*|-?0[0-9].*|[-.0-9]+[eE].*")


def read_form(source: YamlSource) -> tuple[Plan | None, list[Fault]]:
    """The plan, or None, and what is wrong with its form; one fault for each place."""
    faults: dict[Path, Fault] = {}
    for line, path, message in _unquoted(source):
        faults[path] = (line, path, message)
    plan = None
    try:
        plan = Plan.model_validate(source.data)
    except ValidationError as error:
        for line, path, message in _explained(source, error.errors(include_url=False)):
            faults.setdefault(path, (line, path, message))
    return (None if faults else plan), list(faults.values())


def _unquoted(source: YamlSource) -> Iterator[Fault]:
    """Scalars that YAML reads as something that is hardly meant."""
    for path, place in source.places.items():
        if place.raw is None:
            continue
        if place.value is None and path:
            yield place.line, path, "has no value; write one, or leave the key out"
        elif isinstance(place.value, int | float) and _ODD_NUMBER.fullmatch(place.raw):
            yield place.line, path, _quote(place.raw)


def _quote(raw: str) -> str:
    return f'{raw} is not text to YAML; write it in quotes: "{raw}"'


def _explained(source: YamlSource, errors: list[ErrorDetails]) -> Iterator[Fault]:
    missing: dict[Path, list[str]] = {}
    for error in errors:
        path = _path(source, error["loc"])
        if error["type"] == "missing":
            missing.setdefault(path, []).append(str(error["loc"][-1]))
        else:
            yield source.places[path].line, path, _message(source, path, error)
    for path, keys in missing.items():
        listed = " and ".join(f"`{key}`" for key in keys)
        needs = _NEEDS.get(frozenset(keys), f"needs {listed}")
        yield source.places[path].line, path, needs


def _path(source: YamlSource, location: tuple[str | int, ...]) -> Path:
    """Pydantic's location without the names of forms, which stand nowhere in the file."""
    path: Path = ()
    for part in location:
        if (*path, part) in source.places:
            path = (*path, part)
    return path


def _message(source: YamlSource, path: Path, error: ErrorDetails) -> str:
    kind, place = error["type"], source.places[path]
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "string_type" and place.raw is not None:
        return _quote(place.raw)
    context = error.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]]
    return _MESSAGES.get(kind, error["msg"]).format(**context)


def _unknown_key(path: Path) -> str:
    *above, key = path
    known = known_keys(_schema(), tuple(above))
    if key in known:
        others = {"refuse": "`signal`", "otherwise": "`refuse`"}
        return f"cannot stand beside {others.get(str(key), 'the keys that are there')}"
    return unknown("key", key, known)


@cache
def _schema() -> dict[str, Any]:
    return plan_schema()
