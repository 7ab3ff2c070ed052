"""The type of each field, and the describe resource that returns it."""

import re
from collections.abc import Callable, Mapping

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.organisation import Organisation, SObject
from local_stack.salesforce.standard_objects import possible_parents

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*", re.ASCII)
_SEVERAL_VALUES = re.compile(r"[^;]*[^;\s](;[^;\s][^;]*)+")
_STANDARD_CHECKBOX = re.compile(r"(?:Is|Has)[A-Z].*|DoNotCall")
_TYPES: Mapping[str, Callable[[object], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "date": lambda value: isinstance(value, str) and bool(_DATE.fullmatch(value)),
    "datetime": lambda value: isinstance(value, str) and bool(_DATETIME.fullmatch(value)),
    "address": lambda value: isinstance(value, Mapping),
}


def field_type(organisation: Organisation, sobject: SObject, name: str) -> str:
    """Return Salesforce's name for the type of a field, inferred from its name and its values.

    One of id, reference, boolean, double, date, datetime, address, multipicklist (a custom field
    with several values in a row: `A;B`) and string. A field that no row has is of anyType, so that
    a plan may compare it with any value.
    """
    key = name.lower()
    if key == "id":
        return "id"
    if key.endswith("id"):
        return "reference"
    if _STANDARD_CHECKBOX.fullmatch(sobject.fields.get(key, name)):
        return "boolean"
    values = [row[key] for row in sobject.rows.values() if row.get(key) is not None]
    if not values:
        return "anyType"
    if key.endswith("__c"):
        prefixes = {other.prefix for other in organisation.objects()}
        ids = [value for value in values if isinstance(value, str) and to_18(value)]
        if len(ids) == len(values) and all(record_id[:3] in prefixes for record_id in ids):
            return "reference"
        if any(isinstance(value, str) and _SEVERAL_VALUES.fullmatch(value) for value in values):
            return "multipicklist"
    return next((name for name, fits in _TYPES.items() if all(map(fits, values))), "string")


def describe(organisation: Organisation, sobject: SObject) -> dict[str, object]:
    """Return the body of GET /sobjects/{object}/describe, with the fields that the user can see."""
    names = [name for name in sobject.fields.values() if sobject.field_name(name)]
    return {
        "custom": "__" in sobject.name,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "name": sobject.name,
        "queryable": True,
        "retrieveable": True,
        "searchable": True,
        "fields": [_describe_field(organisation, sobject, name) for name in names],
    }


def _describe_field(organisation: Organisation, sobject: SObject, name: str) -> dict[str, object]:
    kind = field_type(organisation, sobject, name)
    relationship, parents = None, []
    if kind == "reference":
        relationship = name[:-1] + "r" if name.endswith("__c") else name[:-2]
        parents = list(possible_parents(relationship, sobject.name))
        if not parents and (parent := organisation.parent(sobject, relationship)):
            parents = [parent.name]
    return {
        "caseSensitive": False,
        "custom": name.endswith("__c"),
        "filterable": kind != "address",
        "groupable": kind != "address",
        "label": name.removesuffix("__c").replace("_", " "),
        "length": {"id": 18, "reference": 18, "string": 255}.get(kind, 0),
        "name": name,
        "nillable": kind not in ("id", "boolean"),
        "polymorphicForeignKey": len(parents) > 1,
        "referenceTo": parents,
        "relationshipName": relationship,
        "sortable": kind != "address",
        "type": kind,
    }
