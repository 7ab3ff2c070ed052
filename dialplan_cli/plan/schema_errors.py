"""Messages for the author of a plan, from pydantic's errors about the schema."""

from collections.abc import Iterator

from pydantic_core import ErrorDetails

from dialplan_cli.plan.rules import OPERATORS
from dialplan_cli.plan.schema import known_keys
from dialplan_cli.plan.source import Finding, Path, PlanSource, unknown_name
from dialplan_cli.plan.suggestions import likely_key, unknown_operator
from dialplan_cli.plan.types import API_NAME, ATTRIBUTE, FIELD_PATH, LIST_NAME, NAME

_MESSAGES = {
    "model_type": "must contain keys, written as `key: value`",
    "dict_type": "must contain keys, written as `key: value`",
    "list_type": "must be a list; start each item with `- `",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "is too long; at most {max_length} characters are possible",
    "too_long": "has {actual_length} items; at most {max_length} are possible",
    "literal_error": "must be {expected}",
}
"""Messages for pydantic's types of errors; other types keep the message of their validator."""

_PATTERN_MESSAGES = {
    NAME: "must be a name without blanks",
    ATTRIBUTE: "must be a name of letters, digits and _",
    LIST_NAME: "must be a name of letters, digits, _ and -",
    API_NAME: "must be a Salesforce API name, such as Account or Vehicle__c",
    FIELD_PATH: "must be a Salesforce field, or a path of at most 5 relationships and a field, "
    "such as Type or Account.Owner.Department",
}
_MISSING_KEYS_MESSAGES = {
    ("entries",): "needs `entries`, or `salesforce` with the object that contains them",
    ("refuse",): "needs `signal` or `refuse`",
    ("mapping", "key"): "must be the key of a service number, `{mapping: …, key: …}` or "
    "`{agent: …}`",
}
_EXCLUDED_BY = {"refuse": "`signal`", "otherwise": "`refuse`"}


def explain(source: PlanSource, errors: list[ErrorDetails]) -> Iterator[Finding]:
    """Translate pydantic's errors into messages for the author of the plan."""
    missing: dict[Path, list[str]] = {}
    for error in errors:
        path = _path(source, error)
        if error["type"] == "missing":
            missing.setdefault(path, []).append(str(error["loc"][-1]))
        else:
            yield path, _message(source, path, error)
    for path, keys in missing.items():
        names = " and ".join(f"`{key}`" for key in keys)
        yield path, _MISSING_KEYS_MESSAGES.get(tuple(keys), f"needs {names}")


def _message(source: PlanSource, path: Path, error: ErrorDetails) -> str:
    error_type, context = error["type"], error.get("ctx", {})
    raw = source.locations[path].raw
    if error_type == "extra_forbidden":
        return _unknown_key(source, path)
    if error_type == "list_type" and raw is not None:
        return f"must be a list: [{raw}]"
    if error_type == "string_type" and raw is not None:
        return needs_quotes(raw)
    if error_type == "string_pattern_mismatch":
        return _PATTERN_MESSAGES[context["pattern"]]
    if error_type in _MESSAGES:
        return _MESSAGES[error_type].format(**context)
    return error["msg"]


def _unknown_key(source: PlanSource, path: Path) -> str:
    """Return the message for a key that is not possible at its place."""
    *parents, key = path
    known = known_keys(tuple(parents))
    if key in known:
        excluding = _EXCLUDED_BY.get(str(key), "the keys that are there")
        return f"cannot be used together with {excluding}"
    if "when" in parents[:-1] and parents[-1] != "when":
        known = frozenset(OPERATORS)
    if "present" in known:
        value = source.data
        for each in path:
            value = value[each]
        return unknown_operator(str(parents[-1]), str(key), value, known)
    if "when" in known and "." in str(key):
        return f"{key} is a fact; indent it below `when`"
    if not parents and key in known_keys(("rules", 0)):
        return f"`{key}` belongs to a rule; indent it below the rule's `- id:`"
    return unknown_name("key", key, known)


def misspelt_keys(source: PlanSource, errors: list[ErrorDetails]) -> dict[Path, str]:
    """Return the places of misspelt keys with the keys that were probably meant."""
    misspelt: dict[Path, str] = {}
    taken = set(source.locations)
    for error in errors:
        path = _path(source, error)
        if error["type"] != "extra_forbidden" or not path:
            continue
        known = known_keys(path[:-1])
        likely = None if "present" in known else likely_key(str(path[-1]), known - {path[-1]})
        if likely and path[-1] not in known and (*path[:-1], likely) not in taken:
            taken.add((*path[:-1], likely))
            misspelt[path] = likely
    return misspelt


def _path(source: PlanSource, error: ErrorDetails) -> Path:
    """Return the place of an error, without the tags of forms, which are not in the file."""
    path: Path = ()
    for key in error["loc"]:
        if (*path, key) in source.locations:
            path = (*path, key)
    return path


def needs_quotes(raw: str) -> str:
    """Return the message for a scalar that must be quoted."""
    return f'YAML does not read {raw} as text; write it in quotes: "{raw}"'
