"""What kind of field a field is, and the describe resources that tell it."""

import re
from collections.abc import Callable, Mapping

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.org import Org, SObject
from local_stack.salesforce.schema import several_parents

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*", re.ASCII)
_STANDARD_CHECKBOX = re.compile(r"(?:Is|Has)[A-Z].*|DoNotCall")
_KINDS: Mapping[str, Callable[[object], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "double": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "date": lambda value: isinstance(value, str) and bool(_DATE.fullmatch(value)),
    "datetime": lambda value: isinstance(value, str) and bool(_DATETIME.fullmatch(value)),
    "address": lambda value: isinstance(value, Mapping),
}


def field_type(org: Org, sobject: SObject, name: str) -> str:
    """Salesforce's word for the type of a field, judged by its name and its values.

    One of id, reference, boolean, double, date, datetime, address and string.
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
        return "string"
    if key.endswith("__c") and all(_refers(org, value) for value in values):
        return "reference"
    return next((kind for kind, fits in _KINDS.items() if all(map(fits, values))), "string")


def describe(org: Org, sobject: SObject) -> dict[str, object]:
    """GET /sobjects/{object}/describe: the object and every field that the user may see."""
    names = [name for name in sobject.fields.values() if sobject.field_name(name)]
    fields = [_describe_field(org, sobject, name) for name in names]
    return {**_summary(sobject), "fields": fields}


def describe_global(org: Org) -> dict[str, object]:
    """GET /sobjects: all objects, without their fields."""
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [_summary(sobject) for sobject in org.objects()],
    }


def _summary(sobject: SObject) -> dict[str, object]:
    return {
        "custom": "__" in sobject.name,
        "keyPrefix": sobject.prefix,
        "label": sobject.name.removesuffix("__c").replace("_", " "),
        "name": sobject.name,
        "queryable": True,
        "retrieveable": True,
        "searchable": True,
    }


def _describe_field(org: Org, sobject: SObject, name: str) -> dict[str, object]:
    kind = field_type(org, sobject, name)
    relationship, parents = None, []
    if kind == "reference":
        relationship = name[:-1] + "r" if name.endswith("__c") else name[:-2]
        parents = _parents(org, sobject, relationship)
    return {
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


def _parents(org: Org, sobject: SObject, relationship: str) -> list[str]:
    if several := several_parents(relationship, sobject.name):
        return list(several)
    parent = org.parent(sobject, relationship)
    return [parent.name] if parent else []


def _refers(org: Org, value: object) -> bool:
    known = {sobject.prefix for sobject in org.objects()}
    return isinstance(value, str) and value[:3] in known and to_18(value) is not None
