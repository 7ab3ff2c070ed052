"""Runs a SOQL query against the organisation; refuses what Salesforce refuses."""

from typing import Any

from local_stack.salesforce.columns import Column, Row, bind
from local_stack.salesforce.filters import comparable, row_test
from local_stack.salesforce.org import Org, SObject
from local_stack.salesforce.soql import parse
from local_stack.salesforce.soql_query import Order, Query
from local_stack.salesforce.soql_tokens import error_at
from local_stack.salesforce.wire import ApiError

Record = dict[str, Any]

_NO_OBJECT = (
    "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to"
    " append the '__c' after the entity name. Please reference your WSDL or the describe call for"
    " the appropriate names."
)


def run(org: Org, text: str, version: str) -> list[Record]:
    """The records that the query finds, as they stand in an answer. Raises ApiError."""
    query = parse(text)
    sobject = _object(org, query)
    columns = [bind(org, sobject, path, text) for path in query.fields]
    _refuse_duplicates(columns)
    test = row_test(org, sobject, query.where, text)
    rows = [row for row in sobject.visible_rows() if test(row)]
    for order in reversed(query.order):
        rows = _sorted(org, rows, order, bind(org, sobject, order.path, text))
    end = None if query.limit is None else query.offset + query.limit
    return [_record(org, sobject, row, columns, version) for row in rows[query.offset : end]]


def attributes(sobject: SObject, record_id: object, version: str) -> dict[str, str]:
    """What each record in an answer begins with."""
    url = f"/services/data/v{version}/sobjects/{sobject.name}/{record_id}"
    return {"type": sobject.name, "url": url}


def _object(org: Org, query: Query) -> SObject:
    name = ".".join(query.object_name.names)
    sobject = _entity_definition(org) if name.lower() == "entitydefinition" else org.named(name)
    if sobject is None:
        position = query.object_name.position
        raise error_at(query.text, position, "INVALID_TYPE", _NO_OBJECT.format(name))
    return sobject


def _entity_definition(org: Org) -> SObject:
    """The object that lists all objects; its rows follow from the organisation."""
    names = ("DurableId", "QualifiedApiName", "DeveloperName", "Label", "KeyPrefix", "IsDeleted")
    rows: dict[str, Row] = {
        other.name: {
            "durableid": other.name,
            "qualifiedapiname": other.name,
            "developername": other.name.removesuffix("__c"),
            "label": other.name.removesuffix("__c").replace("_", " "),
            "keyprefix": other.prefix,
            "isdeleted": False,
        }
        for other in org.objects()
    }
    return SObject("EntityDefinition", None, {name.lower(): name for name in names}, rows)


def _refuse_duplicates(columns: list[Column]) -> None:
    seen = set()
    for column in columns:
        spelled = (*(step[0] for step in column.steps), column.name)
        if spelled in seen:
            message = f"duplicate field selected: {'.'.join(spelled)}"
            raise ApiError(400, "INVALID_FIELD", message)
        seen.add(spelled)


def _sorted(org: Org, rows: list[Row], order: Order, column: Column) -> list[Row]:
    """Sorted by one key; text and numbers never meet in a column that Salesforce would export."""
    values = {id(row): comparable(column.kind, column.value(org, row)) for row in rows}
    nulls = [row for row in rows if values[id(row)] is None]
    others = [row for row in rows if values[id(row)] is not None]
    others.sort(key=lambda row: _sort_key(values[id(row)]), reverse=order.descending)
    return others + nulls if order.nulls_last else nulls + others


def _sort_key(value: object) -> tuple[str, Any]:
    number = isinstance(value, int | float)
    return ("number" if number else type(value).__name__, value)


def _record(org: Org, sobject: SObject, row: Row, columns: list[Column], version: str) -> Record:
    record_id = row.get("id", row.get("durableid"))
    record: Record = {"attributes": attributes(sobject, record_id, version)}
    for column in columns:
        _place(org, row, column, record, version)
    return record


def _place(org: Org, row: Row, column: Column, record: Record, version: str) -> None:
    """Writes one column into `record`, below its parents; a parent that is missing is null."""
    parent = None
    for relationship, id_field in column.steps:
        found = org.find(row.get(id_field))
        if found is None:
            record.setdefault(relationship, None)
            return
        parent, row = found
        parent_attributes = attributes(parent, row["id"], version)
        record = record.setdefault(relationship, {"attributes": parent_attributes})
    record[column.name] = column.of_owner(row, parent)
