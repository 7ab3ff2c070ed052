"""Executes SOQL queries on the organisation, and refuses what Salesforce refuses."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.describe import field_type
from local_stack.salesforce.organisation import Organisation, Row, SObject
from local_stack.salesforce.responses import ApiError
from local_stack.salesforce.soql import (
    Comparison,
    Condition,
    Junction,
    Literal,
    Order,
    Path,
    error_at,
    like_pattern,
    parse,
)
from local_stack.salesforce.standard_objects import NAME_FIELDS, possible_parents

Record = dict[str, Any]

_NO_OBJECT = (
    "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to"
    " append the '__c' after the entity name. Please reference your WSDL or the describe call for"
    " the appropriate names."
)
_NO_COLUMN = (
    "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to"
    " append the '__c' after the custom field name. Please reference your WSDL or the describe call"
    " for the appropriate names."
)
_NO_RELATIONSHIP = (
    "Didn't understand relationship '{}' in field path. If you are attempting to use a custom"
    " relationship, be sure to append the '__r' after the custom relationship name. Please"
    " reference your WSDL or the describe call for the appropriate names."
)

_NAME = SObject("Name", None, {name.lower(): name for name in NAME_FIELDS}, {"": {}})
"""The object that stands for a parent of several possible objects."""


def execute(organisation: Organisation, text: str, version: str) -> tuple[int, list[Record]]:
    """Return the number of rows found, and the records of the response; none for count().

    Raises ApiError for a query that Salesforce would refuse.
    """
    query = parse(text)
    name = ".".join(query.object_name.names)
    is_entity_definition = name.lower() == "entitydefinition"
    sobject = _entity_definition(organisation) if is_entity_definition else organisation.named(name)
    if sobject is None:
        position = query.object_name.position
        raise error_at(text, position, "INVALID_TYPE", _NO_OBJECT.format(name))
    columns = [_bind(organisation, sobject, path, text) for path in query.fields]
    spelled = [".".join((*(step for step, _ in each.steps), each.name)) for each in columns]
    for index, name in enumerate(spelled):
        if name in spelled[:index]:
            raise ApiError(400, "INVALID_FIELD", f"duplicate field selected: {name}")
    matches = _row_test(organisation, sobject, query.where, text)
    rows = [row for row in sobject.visible_rows() if matches(row)]
    for order in reversed(query.order):
        rows = _sorted(organisation, rows, order, _bind(organisation, sobject, order.path, text))
    rows = rows[: query.limit]
    if not columns:
        return len(rows), []
    return len(rows), [_record(organisation, sobject, row, columns, version) for row in rows]


def attributes(sobject: SObject, record_id: object, version: str) -> dict[str, str]:
    """Return the member `attributes` with which each record begins."""
    url = f"/services/data/v{version}/sobjects/{sobject.name}/{record_id}"
    return {"type": sobject.name, "url": url}


def _entity_definition(organisation: Organisation) -> SObject:
    """Return the object EntityDefinition, which has a row for each object."""
    names = ("DurableId", "QualifiedApiName", "DeveloperName", "Label", "KeyPrefix", "IsDeleted")
    rows: dict[str, Row] = {
        other.name: {
            "durableid": other.name,
            "qualifiedapiname": other.name,
            "developername": other.name.removesuffix("__c"),
            "label": other.label,
            "keyprefix": other.prefix,
            "isdeleted": False,
        }
        for other in organisation.objects()
    }
    return SObject("EntityDefinition", None, {name.lower(): name for name in names}, rows)


# Columns ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A path that exists, in the organisation's spelling.

    `steps` are the relationships on the path, each with the field that contains the parent's id.
    The type `object` is the field Type of a parent of several possible objects.
    """

    path: Path
    steps: tuple[tuple[str, str], ...]
    name: str
    type: str

    def value(self, organisation: Organisation, row: Row) -> object:
        """Return the field of a row or of its parent, or None if the parent does not exist."""
        owner = None
        for _, id_field in self.steps:
            parent = organisation.find(row.get(id_field))
            if parent is None:
                return None
            owner, row = parent
        return self.value_in(row, owner)

    def value_in(self, row: Row, owner: SObject | None) -> object:
        """Return the field of the row at the end of the path; ids have 18 characters."""
        if self.type == "object" and owner:
            return owner.name
        value = row.get(self.name.lower())
        if self.type == "reference" and isinstance(value, str) and len(value) == 15:
            return to_18(value) or value
        return value


def _bind(organisation: Organisation, sobject: SObject, path: Path, query: str) -> Column:
    """Resolve a path of the query. Raises ApiError with the code INVALID_FIELD.

    A parent of several possible objects has only the fields of the object Name. If the object of a
    parent is not known, any field is accepted.
    """

    def invalid(message: str) -> ApiError:
        return error_at(query, path.position, "INVALID_FIELD", message)

    owner: SObject | None = sobject
    steps: list[tuple[str, str]] = []
    for name in path.names[:-1]:
        custom = name.lower().endswith("__r")
        id_field = (name[:-1] + "c" if custom else name + "Id").lower()
        step = owner.relationship(name) if owner else (name, id_field)
        if step is None:
            raise invalid(_NO_RELATIONSHIP.format(name))
        steps.append(step)
        if owner and possible_parents(name, owner.name):
            owner = _NAME
        else:
            owner = owner and organisation.parent(owner, name)
    name = path.names[-1]
    if owner is None:
        return Column(path, tuple(steps), name, "any")
    found = owner.field_name(name)
    if found is None:
        raise invalid(_NO_COLUMN.format(name, owner.name))
    is_object = owner is _NAME and found == "Type"
    return Column(
        path, tuple(steps), found, "object" if is_object else field_type(organisation, owner, found)
    )


def _record(
    organisation: Organisation,
    sobject: SObject,
    row: Row,
    columns: Sequence[Column],
    version: str,
) -> Record:
    """Return a row as a record: parents are nested, and null if they do not exist."""
    record_id = row.get("id", row.get("durableid"))
    record: Record = {"attributes": attributes(sobject, record_id, version)}
    for column in columns:
        owner, owner_row, owner_record = None, row, record
        for relationship, id_field in column.steps:
            parent = organisation.find(owner_row.get(id_field))
            if parent is None:
                owner_record.setdefault(relationship, None)
                break
            owner, owner_row = parent
            parent_record = {"attributes": attributes(owner, owner_row["id"], version)}
            owner_record = owner_record.setdefault(relationship, parent_record)
        else:
            owner_record[column.name] = column.value_in(owner_row, owner)
    return record


# WHERE and ORDER BY -------------------------------------------------------------------------------

_LITERAL_TYPES = {"boolean": "boolean", "double": "number", "date": "date", "datetime": "dateTime"}
_ORDERING: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _row_test(
    organisation: Organisation, sobject: SObject, condition: Condition | None, query: str
) -> Callable[[Row], bool]:
    """Return a function that tests one row. Raises ApiError for what Salesforce refuses."""
    if condition is None:
        return lambda row: True
    if isinstance(condition, Junction):
        tests = [_row_test(organisation, sobject, each, query) for each in condition.conditions]
        if condition.operator == "NOT":
            return lambda row: not tests[0](row)
        joined = all if condition.operator == "AND" else any
        return lambda row: joined(test(row) for test in tests)
    column = _bind(organisation, sobject, condition.path, query)
    for literal in condition.values:
        _check_literal(column, condition.operator, literal, query)
    test = _value_test(column.type, condition)
    return lambda row: test(column.value(organisation, row))


def _check_literal(column: Column, operator: str, literal: Literal, query: str) -> None:
    """Salesforce compares a field only with a literal of its type."""
    code = "INVALID_FIELD"
    if column.type in ("id", "reference"):
        code = "INVALID_QUERY_FILTER_OPERATOR"
        if operator == "LIKE":
            raise error_at(query, column.path.position, code, "invalid operator on id field")
        if literal.type == "string" and to_18(str(literal.value)) is None:
            message = f"invalid ID field: {literal.value}"
            raise error_at(query, column.path.position, code, message)
    wanted = _LITERAL_TYPES.get(column.type, "string")
    if column.type == "any" or literal.type in ("null", wanted):
        return
    quotes = "should be" if wanted == "string" else "should not be"
    message = (
        f"value of filter criterion for field '{column.name}' must be of type"
        f" {'double' if wanted == 'number' else wanted} and {quotes} enclosed in quotes"
    )
    raise error_at(query, column.path.position, code, message)


def _value_test(field_type: str, comparison: Comparison) -> Callable[[object], bool]:
    operands = [_comparable(field_type, literal.value) for literal in comparison.values]
    if field_type in ("id", "reference") and comparison.operator == "IN":  # may be many
        ids = frozenset(operands)
        return lambda value: _comparable(field_type, value) in ids
    match comparison.operator:
        case "LIKE":
            matches = like_pattern(str(comparison.values[0].value)).fullmatch
            return lambda value: isinstance(value, str) and matches(value) is not None
        case "=" | "IN":
            return lambda value: _comparable(field_type, value) in operands
        case "!=" | "NOT IN":
            return lambda value: _comparable(field_type, value) not in operands
    holds, operand = _ORDERING[comparison.operator], operands[0]

    def ordered(value: object) -> bool:
        actual = _comparable(field_type, value)
        try:
            return actual is not None and operand is not None and holds(actual, operand)
        except TypeError:  # numbers and text in one column: only a hand-written file has that
            return False

    return ordered


def _comparable(field_type: str, value: object) -> object:
    """Return a value in the form that is compared: text ignores case, and empty text is null."""
    if field_type in ("id", "reference"):
        return to_18(value) if isinstance(value, str) and len(value) == 15 else value
    if field_type in ("date", "datetime") and isinstance(value, str | date):
        try:
            moment = datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (value.lower() or None) if isinstance(value, str) else value


def _sorted(
    organisation: Organisation, rows: Sequence[Row], order: Order, column: Column
) -> list[Row]:
    """Return the rows sorted by one key, nulls first."""
    values = {id(row): _comparable(column.type, column.value(organisation, row)) for row in rows}

    def key(row: Row) -> tuple[str, Any]:
        value = values[id(row)]
        return ("number" if isinstance(value, int | float) else type(value).__name__, value)

    nulls = [row for row in rows if values[id(row)] is None]
    others = [row for row in rows if values[id(row)] is not None]
    return nulls + sorted(others, key=key, reverse=order.descending)
