"""Rules of DynamoDB that moto does not enforce, so that tests find a request that AWS would refuse.

Sources, in https://docs.aws.amazon.com/amazondynamodb/latest/: APIReference (each operation),
developerguide/Constraints.html (limits). dynamodb_expressions.py has those of expressions.
The keys of the table are the texts `pk` and `sk`, as in template.yaml.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from local_stack import dynamodb_expressions
from local_stack.dynamodb_expressions import EXPRESSIONS, condition_of, paths_of, tokens_of

KEY_BYTES = {"pk": 2048, "sk": 1024}
"""The key attributes, and the maximum length of their values in UTF-8."""
MAX_ITEM_BYTES = 400 * 1024
MAX_TRANSACTION_BYTES = 4 * 1024**2
MAX_DEPTH = 32
MAX_NAME_BYTES = 65_535
MAX_DIGITS = 38
MAX_READS = MAX_ACTIONS = 100
MAX_WRITES = 25

LEGACY = {
    "AttributeUpdates",
    "AttributesToGet",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
}
RETURN_VALUES = {
    "PutItem": {"NONE", "ALL_OLD"},
    "DeleteItem": {"NONE", "ALL_OLD"},
    "UpdateItem": {"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"},
}
OPTIONS = {
    "ReturnConsumedCapacity": {"INDEXES", "TOTAL", "NONE"},
    "ReturnItemCollectionMetrics": {"SIZE", "NONE"},
    "ReturnValuesOnConditionCheckFailure": {"ALL_OLD", "NONE"},
}
"""Parameters of several operations, with their values."""
SORT_KEY_OPERATORS = {"<", "<=", ">", ">=", "BETWEEN", "begins_with"}
"""Operators of a query for its sort key, besides equality."""
MAX_SEGMENTS = 1_000_000
WRITES = {"Put", "Delete", "Update", "ConditionCheck"}

_NUMBER = re.compile(r"[+-]?(?P<digits>\d+\.?\d*|\.\d+)(?:[eE](?P<exponent>[+-]?\d+))?", re.ASCII)
_TABLE_NAME = re.compile(r"[\w.-]{3,255}", re.ASCII)

Request = Mapping[str, Any]


def violation(operation: str, request: Request) -> str | None:
    """Return the first reason for which DynamoDB would refuse a request, or None."""
    return next(_violations(operation, request), None)


def _violations(operation: str, request: Request) -> Iterator[str]:
    yield from _options(request)
    if operation == "BatchGetItem":
        yield from _batch_get(request)
    elif operation == "BatchWriteItem":
        yield from _batch_write(request)
    elif operation == "TransactWriteItems":
        yield from _transaction(request)
    elif operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"):
        yield from _single(operation, request)


def _options(request: Request) -> Iterator[str]:
    """Check the parameters that requests and their parts have in common."""
    if LEGACY & request.keys() and any(name in request for name in EXPRESSIONS):
        yield "Can not use both expression and non-expression parameters in the same request"
    for name, accepted in OPTIONS.items():
        if request.get(name, "NONE") not in accepted:
            yield f"{name} must be one of {', '.join(sorted(accepted))}"
    if not _TABLE_NAME.fullmatch(str(request.get("TableName", "any"))):
        yield "TableName must have 3 to 255 letters, digits, dots, hyphens or underscores"


# Operations ---------------------------------------------------------------------------------------


def _single(operation: str, request: Request) -> Iterator[str]:
    yield from _expressions(request)
    if operation in RETURN_VALUES:
        wanted = request.get("ReturnValues", "NONE")
        if wanted not in RETURN_VALUES[operation]:
            yield f"ReturnValues of {operation} cannot be {wanted}"
    if operation in ("Query", "Scan"):
        yield from _pages(operation, request)
    else:
        item = request.get("Item")
        yield from _key(request.get("Key", {})) if item is None else _item(item)


def _pages(operation: str, request: Request) -> Iterator[str]:
    if request.get("Limit", 1) < 1:
        yield "Limit must be at least 1"
    if "ExclusiveStartKey" in request:
        yield from _key(request["ExclusiveStartKey"])
    segment, segments = request.get("Segment"), request.get("TotalSegments")
    if (segment is None) != (segments is None) or not 0 <= (segment or 0) < (segments or 1):
        yield "Segment must be less than TotalSegments, and one needs the other"
    if (segments or 1) > MAX_SEGMENTS:
        yield f"TotalSegments must be at most {MAX_SEGMENTS}"
    if request.get("Select") == "COUNT" and "ProjectionExpression" in request:
        yield "Select COUNT excludes a ProjectionExpression"
    if operation == "Scan":
        return
    names = request.get("ExpressionAttributeNames", {})
    yield from _key_condition(request, names)
    filtered = paths_of(tokens_of(request.get("FilterExpression", "")), names)
    if any(path[0] in KEY_BYTES for path in filtered):
        yield "Filter Expression can only contain non-primary key attributes"


def _key_condition(request: Request, names: Mapping[str, str]) -> Iterator[str]:
    """Check that a query names one partition, and at most one range of its sort keys."""
    if not request.get("KeyConditionExpression"):
        yield "A Query needs a KeyConditionExpression"
        return
    values = request.get("ExpressionAttributeValues", {})
    conditions = [
        (names.get(operands[0], operands[0]) if operands else "", operator, operands[1:])
        for operator, operands in condition_of("KeyConditionExpression", request)
        if operator != "AND"
    ]
    if sorted(name for name, _, _ in conditions) not in (["pk"], ["pk", "sk"]):
        yield "Query key condition not supported: it needs pk, and can have sk"
    for name, operator, operands in conditions:
        if operator != "=" and (name != "sk" or operator not in SORT_KEY_OPERATORS):
            yield f"Query key condition not supported: {operator} of {name}"
        for operand in operands:
            yield from _key_values({name: values.get(operand, {"S": "any"})})
        start = request.get("ExclusiveStartKey", {}).get(name)
        if operator == "=" and start not in (None, values.get(operands[0])):
            yield "The provided starting key is outside query boundaries"


def _batch_get(request: Request) -> Iterator[str]:
    tables = request.get("RequestItems", {})
    keys = [key for table in tables.values() for key in table.get("Keys", ())]
    if not tables or any(not table.get("Keys") for table in tables.values()):
        yield "RequestItems and Keys must not be empty"
    if len(keys) > MAX_READS:
        yield f"Too many items requested for the BatchGetItem call: {len(keys)}"
    if _has_duplicates(keys):
        yield "Provided list of item keys contains duplicates"
    for key in keys:
        yield from _key(key)
    for table in tables.values():
        yield from _options(table)
        yield from _expressions(table)


def _batch_write(request: Request) -> Iterator[str]:
    tables = request.get("RequestItems", {})
    if not tables or not all(tables.values()):
        yield "The batch write request list for a table cannot be empty"
    writes = [write for table in tables.values() for write in table]
    if len(writes) > MAX_WRITES:
        yield f"Too many items requested for the BatchWriteItem call: {len(writes)}"
    keys = []
    for write in writes:
        if len(write) != 1 or not write.keys() <= {"PutRequest", "DeleteRequest"}:
            yield "A write request must be either a PutRequest or a DeleteRequest"
            continue
        ((kind, content),) = write.items()
        attributes = content["Item" if kind == "PutRequest" else "Key"]
        yield from _item(attributes) if kind == "PutRequest" else _key(attributes)
        keys.append(_key_of(attributes))
    if _has_duplicates(keys):
        yield "Provided list of item keys contains duplicates"


def _transaction(request: Request) -> Iterator[str]:
    actions = request.get("TransactItems", [])
    if not 1 <= len(actions) <= MAX_ACTIONS:
        yield f"A transaction has 1 to {MAX_ACTIONS} actions, not {len(actions)}"
    if not 1 <= len(request.get("ClientRequestToken", "x")) <= 36:
        yield "ClientRequestToken must have 1 to 36 characters"
    targets = []
    for action in actions:
        if len(action) != 1 or not action.keys() <= WRITES:
            yield "TransactItems can only contain one of Check, Put, Update or Delete"
            continue
        ((kind, content),) = action.items()
        yield from _options(content)
        yield from _item(content["Item"]) if kind == "Put" else _key(content.get("Key", {}))
        yield from _expressions(content)
        if kind == "ConditionCheck" and "ConditionExpression" not in content:
            yield "A ConditionCheck needs a ConditionExpression"
        if kind == "Update" and "UpdateExpression" not in content:
            yield "An Update in a transaction needs an UpdateExpression"
        targets.append([content.get("TableName"), _key_of(content.get("Item") or content["Key"])])
    if _has_duplicates(targets):
        yield "Transaction request cannot include multiple operations on one item"
    if sum(_size(each.get("Put", {}).get("Item", {})) for each in actions) > MAX_TRANSACTION_BYTES:
        yield "A transaction cannot write more than 4 MB"


# Items --------------------------------------------------------------------------------------------


def _key(key: Mapping[str, Any]) -> Iterator[str]:
    if key.keys() != KEY_BYTES.keys():
        yield "The provided key element does not match the schema"
    yield from _key_values(key)


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    if missing := KEY_BYTES.keys() - item.keys():
        yield f"Missing the key {', '.join(sorted(missing))} in the item"
    yield from _key_values(item)
    yield from _value({"M": item}, 0)
    if _size(item) > MAX_ITEM_BYTES:
        yield "Item size has exceeded the maximum allowed size"


def _key_values(attributes: Mapping[str, Any]) -> Iterator[str]:
    for name, most in KEY_BYTES.items():
        value = attributes.get(name, {"S": "any"})
        if list(value) != ["S"] or not isinstance(value["S"], str):
            yield f"Type mismatch for key {name}: expected S"
        elif not 0 < len(_utf8(value["S"])) <= most:
            yield f"The value of key {name} must have 1 to {most} bytes"


def _value(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Check an attribute value and all values in it."""
    if len(value) != 1:
        yield "Supplied AttributeValue must contain exactly one of the supported datatypes"
        return
    ((kind, content),) = value.items()
    if depth > MAX_DEPTH:
        yield "Nesting Levels have exceeded supported limits"
    elif kind == "M":
        for name, each in content.items():
            if not 0 < len(_utf8(name)) <= MAX_NAME_BYTES:
                yield f"An attribute name must have 1 to {MAX_NAME_BYTES} bytes"
            yield from _value(each, depth + 1)
    elif kind == "L":
        for each in content:
            yield from _value(each, depth + 1)
    else:
        yield from _simple_value(kind, content)


def _simple_value(kind: str, content: Any) -> Iterator[str]:
    if kind not in ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"):
        yield f"{kind} is not a datatype"
    if kind == "NULL" and content is not True:
        yield "Null attribute value types must have the value of true"
    if kind in ("SS", "NS", "BS") and not content:
        yield "An string set, number set or binary set may not be empty"
    for each in {"N": [content], "NS": content}.get(kind, ()):
        yield from _number(each)
    if kind in ("SS", "BS") and _has_duplicates(content):
        yield "Input collection contains duplicates"
    if kind == "NS" and _has_duplicates(map(Fraction, content)):  # 1 and 1.0 are the same
        yield "Input collection contains duplicates"


def _number(text: Any) -> Iterator[str]:
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        yield "A value provided cannot be converted into a number"
        return
    whole, _, fraction = found["digits"].partition(".")
    digits = (whole + fraction).strip("0")
    if len(digits) > MAX_DIGITS:
        yield f"Attempting to store more than {MAX_DIGITS} significant digits in a Number"
    leading = (whole + fraction).lstrip("0")
    magnitude = len(leading) - len(fraction) - 1 + int(found["exponent"] or 0)
    if digits and not -130 <= magnitude <= 125:
        yield "The number is outside of the range 1E-130 to 9.9E+125"


def _size(item: Mapping[str, Any]) -> int:
    """Return about how many bytes count for an item: its names and values, without numbers."""
    return sum(len(_utf8(name)) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + _size(content)
    if kind == "L":
        return 3 + sum(map(_value_size, content))
    if kind == "B":  # bytes, or base64
        return len(content) if isinstance(content, bytes) else len(content) * 3 // 4
    return len(_utf8(content)) if kind == "S" else 1


def _expressions(request: Request) -> Iterator[str]:
    for value in request.get("ExpressionAttributeValues", {}).values():
        yield from _value(value, 0)
    yield from dynamodb_expressions.violations(request)


def _key_of(attributes: Mapping[str, Any]) -> list[Any]:
    return [attributes.get(name) for name in KEY_BYTES]


def _has_duplicates(values: Iterable[Any]) -> bool:
    counts = Counter(json.dumps(value, sort_keys=True, default=repr) for value in values)
    return any(count > 1 for count in counts.values())


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
