"""Rules of DynamoDB that moto does not enforce, so that tests find a request that AWS would refuse.

Sources, in https://docs.aws.amazon.com/amazondynamodb/latest/: APIReference (each operation),
developerguide/Constraints.html (limits), Expressions.html and ReservedWords.html (expressions).
The keys of the table are the texts `pk` and `sk`, as in template.yaml.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

KEY_BYTES = {"pk": 2048, "sk": 1024}
"""The key attributes, and the maximum length of their values in UTF-8."""
MAX_ITEM_BYTES = 400 * 1024
MAX_TRANSACTION_BYTES = 4 * 1024**2
MAX_EXPRESSION_BYTES = 4 * 1024
MAX_DEPTH = 32
MAX_NAME_BYTES = 65_535
MAX_DIGITS = 38
MAX_READS = MAX_ACTIONS = 100
MAX_WRITES = 25

EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
LEGACY = {
    "AttributeUpdates",
    "AttributesToGet",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
}
SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
RETURN_VALUES = {
    "PutItem": {"NONE", "ALL_OLD"},
    "DeleteItem": {"NONE", "ALL_OLD"},
    "UpdateItem": {"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"},
}
WRITES = {"Put", "Delete", "Update", "ConditionCheck"}

_NUMBER = re.compile(r"[+-]?(?P<digits>\d+\.?\d*|\.\d+)(?:[eE](?P<exponent>[+-]?\d+))?", re.ASCII)
_TABLE_NAME = re.compile(r"[\w.-]{3,255}", re.ASCII)
_TOKEN = re.compile(r"\s*([#:]?\w+(?:\.[#\w]+|\[\d+\])*|<>|<=|>=|[=<>(),+-]|\S)", re.ASCII)
_PATH = re.compile(r"(?:#\w+|[A-Za-z_]\w*)(?:\.(?:#\w+|[A-Za-z_]\w*)|\[\d+\])*", re.ASCII)
_WORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", *SECTIONS}

Request = Mapping[str, Any]


def violation(operation: str, request: Request) -> str | None:
    """Return the first reason for which DynamoDB would refuse a request, or None."""
    return next(_violations(operation, request), None)


def _violations(operation: str, request: Request) -> Iterator[str]:
    if LEGACY & request.keys() and any(name in request for name in EXPRESSIONS):
        yield "Can not use both expression and non-expression parameters in the same request"
    if operation == "BatchGetItem":
        yield from _batch_get(request)
    elif operation == "BatchWriteItem":
        yield from _batch_write(request)
    elif operation == "TransactWriteItems":
        yield from _transaction(request)
    elif operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"):
        yield from _single(operation, request)


# Operations ---------------------------------------------------------------------------------------


def _single(operation: str, request: Request) -> Iterator[str]:
    if not _TABLE_NAME.fullmatch(str(request.get("TableName", ""))):
        yield "TableName must have 3 to 255 letters, digits, dots, hyphens or underscores"
    if operation in RETURN_VALUES:
        wanted = request.get("ReturnValues", "NONE")
        if wanted not in RETURN_VALUES[operation]:
            yield f"ReturnValues of {operation} cannot be {wanted}"
    if operation in ("Query", "Scan"):
        yield from _pages(operation, request)
    else:
        item = request.get("Item")
        yield from _key(request.get("Key", {})) if item is None else _item(item)
    yield from _expressions(request)


def _pages(operation: str, request: Request) -> Iterator[str]:
    if request.get("Limit", 1) < 1:
        yield "Limit must be at least 1"
    if "ExclusiveStartKey" in request:
        yield from _key(request["ExclusiveStartKey"])
    segment, segments = request.get("Segment"), request.get("TotalSegments")
    if (segment is None) != (segments is None) or (segment or 0) >= (segments or 1):
        yield "Segment must be less than TotalSegments, and one needs the other"
    if request.get("Select") == "COUNT" and "ProjectionExpression" in request:
        yield "Select COUNT excludes a ProjectionExpression"
    if operation == "Scan":
        return
    names = request.get("ExpressionAttributeNames", {})
    condition = _tokens(request.get("KeyConditionExpression", ""))
    if not condition:
        yield "A Query needs a KeyConditionExpression"
    if not any(
        names.get(path, path) == "pk" and operator == "=" for path, operator in pairwise(condition)
    ):
        yield "Query condition missed key schema element: pk"
    filtered = _paths(_tokens(request.get("FilterExpression", "")), names)
    if any(path[0] in KEY_BYTES for path in filtered):
        yield "Filter Expression can only contain non-primary key attributes"


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
    if kind in ("SS", "NS", "BS"):
        if not content:
            yield "An string set, number set or binary set may not be empty"
        if _has_duplicates(content):
            yield "Input collection contains duplicates"
    for each in {"N": [content], "NS": content}.get(kind, ()):
        yield from _number(each)


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


# Expressions --------------------------------------------------------------------------------------


def _expressions(request: Request) -> Iterator[str]:
    texts = {name: request[name] for name in EXPRESSIONS if name in request}
    placeholders: dict[str, Any] = {}
    for parameter in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        given = request.get(parameter)
        if given is not None and (not given or not texts):
            yield f"{parameter} must not be empty, and needs an expression"
        placeholders |= given or {}
    for value in request.get("ExpressionAttributeValues", {}).values():
        yield from _value(value, 0)
    used: set[str] = set()
    for name, text in texts.items():
        used |= set(re.findall(r"[#:]\w+", text, re.ASCII))
        yield from _expression(name, text, request.get("ExpressionAttributeNames", {}))
    if unused := placeholders.keys() - used:
        yield f"Value provided in ExpressionAttributeNames or -Values unused: {sorted(unused)}"
    if missing := used - placeholders.keys():
        yield f"An expression attribute name or value is not defined: {sorted(missing)}"


def _expression(parameter: str, text: str, names: Mapping[str, str]) -> Iterator[str]:
    tokens = _tokens(text)
    if not tokens:
        yield f"Invalid {parameter}: The expression can not be empty"
    if len(_utf8(text)) > MAX_EXPRESSION_BYTES:
        yield f"Invalid {parameter}: Expression size has exceeded the maximum allowed size"
    yield from _words(parameter, tokens)
    if parameter == "UpdateExpression":
        yield from _update(tokens, names)
    if parameter == "ProjectionExpression":
        yield from _overlaps(_paths(tokens, names))


def _words(parameter: str, tokens: list[str]) -> Iterator[str]:
    """Check the words that are attribute names: reserved ones need a placeholder."""
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token[0] in ":=<>(),+-" or token.upper() in _WORDS or following == "(":
            continue
        if not _PATH.fullmatch(token):
            yield f"Invalid {parameter}: Syntax error; token: {token}"
        for part in re.findall(r"[#\w]+", token, re.ASCII):
            if part.upper() in _reserved_words():
                yield f"Invalid {parameter}: Attribute name is a reserved keyword: {part}"


def _update(tokens: list[str], names: Mapping[str, str]) -> Iterator[str]:
    sections = [(at, token.upper()) for at, token in enumerate(tokens) if token.upper() in SECTIONS]
    if not sections or sections[0][0] != 0:
        yield "Invalid UpdateExpression: it must begin with SET, REMOVE, ADD or DELETE"
    if _has_duplicates([name for _, name in sections]):
        yield "Invalid UpdateExpression: The section can only be used once"
    changed: list[tuple[str, ...]] = []
    for (start, name), end in zip(
        sections, [*(at for at, _ in sections[1:]), len(tokens)], strict=True
    ):
        content = tokens[start + 1 : end]
        if not content:
            yield f"Invalid UpdateExpression: the section {name} is empty"
        depth, is_first = 0, True
        for token in content:
            if is_first:
                changed += _paths([token], names)
            depth += (token == "(") - (token == ")")
            is_first = token == "," and depth == 0
    if any(path[0] in KEY_BYTES for path in changed):
        yield "Cannot update an attribute that is part of the key"
    yield from _overlaps(changed)


def _overlaps(paths: Iterable[tuple[str, ...]]) -> Iterator[str]:
    ordered = sorted(paths)
    for first, second in pairwise(ordered):
        if second[: len(first)] == first:
            yield f"Two document paths overlap with each other: {first}, {second}"


def _tokens(expression: str) -> list[str]:
    return _TOKEN.findall(expression)


def _paths(tokens: Iterable[str], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the document paths among the tokens, with their placeholders replaced."""
    return [
        tuple(names.get(part, part) for part in re.findall(r"[#\w]+", token, re.ASCII))
        for token in tokens
        if _PATH.fullmatch(token) and token.upper() not in _WORDS
    ]


@cache
def _reserved_words() -> frozenset[str]:
    return frozenset(ReservedKeywords.get_reserved_keywords())


def _key_of(attributes: Mapping[str, Any]) -> list[Any]:
    return [attributes.get(name) for name in KEY_BYTES]


def _has_duplicates(values: Iterable[Any]) -> bool:
    counts = Counter(json.dumps(value, sort_keys=True, default=repr) for value in values)
    return any(count > 1 for count in counts.values())


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
