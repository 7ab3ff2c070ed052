"""Check of the values in a plan against the types of fields in Salesforce."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from click_to_dial.salesforce.consent import CONSENT
from click_to_dial.salesforce_id import to_18
from dialplan_cli.checks.salesforce_schema import Field, SalesforceSchema
from dialplan_cli.plan.facts import COMPARISONS, all_conditions, operands
from dialplan_cli.plan.source import Path

Document = Mapping[str, Any]

_NUMBERS = ("int", "long", "double", "currency", "percent")
_DAYS = ("date", "datetime")
_EQUALITY = ("is", "not")
_BOUNDS = ("lt", "lte", "gt", "gte")
_SELECTION = ("includes", "excludes")
_PATTERNS = ("prefix", "matches")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")


@dataclass(frozen=True, slots=True)
class WrongValue:
    """A value at `path` that does not fit the fields of a fact, which are named at `fields`."""

    path: Path
    message: str
    is_error: bool
    fields: tuple[Path, ...]


def check_values(schema: SalesforceSchema, document: Document) -> Iterator[WrongValue]:
    """Compare the values of all conditions with the types of their fields.

    It is an error if a value fits the field of no object. It is a warning if it fits only some, or
    if a picklist that accepts any value does not offer it. Raises SalesforceError, OutOfTimeError.
    """
    fields_of = _fields_of_facts(schema, document)
    for path, fact, expected in all_conditions(document):
        fields = fields_of.get(fact, {})
        for place, operator, value in operands(path, expected):
            reasons = [_reason(field, operator, value) for field in fields.values()]
            wrong = [reason for reason in reasons if reason]
            if wrong:
                is_error = len(wrong) == len(fields) and all(certain for _, certain in wrong)
                yield WrongValue(place, f"{fact} {wrong[0][0]}", is_error, tuple(fields))


def _fields_of_facts(
    schema: SalesforceSchema, document: Document
) -> dict[str, dict[Path, Field | None]]:
    """Return the fields of each fact by their places in the plan; None if a field is not known."""
    fields: dict[str, dict[Path, Field | None]] = {}
    for object_name, attributes in document["objects"].items():
        sobject = schema.object(object_name)
        for name, path in attributes.items():
            if name != CONSENT and sobject is not None:
                place: Path = ("objects", object_name, name)
                fields.setdefault(f"record.{name}", {})[place] = schema.field(sobject, path)
    user = schema.object("User")
    for name, path in document["agents"]["attributes"].items():
        if user is not None:
            place = ("agents", "attributes", name)
            fields[f"agent.{name}"] = {place: schema.field(user, path)}
    return fields


def _reason(field: Field | None, operator: str, value: Any) -> tuple[str, bool] | None:
    """Return why a value does not fit a field, and whether that is certain; None if it fits."""
    if field is None or operator == "present" or operator in COMPARISONS:
        return None
    if field.type == "anyType":
        return None
    if field.type == "boolean":
        is_right = isinstance(value, bool) and operator in _EQUALITY
        return None if is_right else ("is a checkbox; write true or false, without quotes", True)
    if field.type in _NUMBERS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_right = is_number and operator in (*_EQUALITY, *_BOUNDS)
        return None if is_right else ("is a number; write digits, without quotes", True)
    if not isinstance(value, str):
        return f"is text (type {field.type}); write the value in quotes", True
    return _text_reason(field, operator, value)


def _text_reason(field: Field, operator: str, value: str) -> tuple[str, bool] | None:
    """Return why a text does not fit a field whose values are texts."""
    is_equality = operator in _EQUALITY
    if operator in _SELECTION and field.type != "multipicklist":
        return f"is no multi-select picklist; write it without `{operator}`", True
    if field.type in _DAYS and operator not in _PATTERNS and not _ISO_DATE.fullmatch(value):
        return "is a date; write it as year-month-day: 2026-01-31", True
    if field.type in ("id", "reference") and is_equality and len(value) == 15:
        return f"is an id and has 18 characters; write {to_18(value) or 'all of them'}", True
    if field.type == "multipicklist" and is_equality and ";" not in value:
        return f"may have several values; use {{includes: {value}}}", False
    if not (is_equality or operator in _SELECTION) or not field.values:
        return None
    if set(value.split(";")) <= set(field.values):
        return None
    likely = difflib.get_close_matches(value, field.values, n=1, cutoff=0.6)
    likely = likely or [other for other in field.values if other.lower() == value.lower()]
    names = ", ".join(field.values[:12])
    remedy = f"did you mean '{likely[0]}'?" if likely else f"its values are {names}"
    return f"has no picklist value '{value}'; {remedy}", field.is_restricted
