"""Requests that AWS refuses and moto alone would carry out: the local DynamoDB refuses them, too.

On dynalite (`make test-dynalite`) they show that the rules are not only ours.
"""

import os
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from click_to_dial.aws import AwsClient
from local_stack.dynamodb_rules import MAX_ITEM_BYTES
from tests.integration.conftest import Table

KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
OTHER_KEY = {"pk": {"S": "a"}, "sk": {"S": "c"}}
UNKNOWN_TO_DYNALITE = {
    "a choice of 101 values",
    "an expression that is too long",
    "an item of two-byte characters",
    "an order of truth values",
    "more than 32 levels",
    "more than 300 operators",
    "more than a million segments",
    "values that a deletion cannot return",
    "values that a failed condition cannot return",
    "BatchWriteItem with two writes in one",
    "TransactWriteItems with a long token",
    "TransactWriteItems with values that it cannot return",
    "TransactWriteItems without a condition to check",
}
"""Kinds that dynalite, or the proxy before it, does not check."""


IF_EXISTS = {"ConditionExpression": "attribute_exists(pk)"}


def values(**values: Any) -> Mapping[str, Any]:
    return {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}}


def put(**attributes: Any) -> Mapping[str, Any]:
    return {"Item": {**KEY, **attributes}}


def update(expression: str, **placeholders: Any) -> Mapping[str, Any]:
    request = {"Key": KEY, "UpdateExpression": expression}
    return {**request, **values(**placeholders)} if placeholders else request


def nested(depth: int) -> Mapping[str, Any]:
    return {"L": [nested(depth - 1)]} if depth else {"S": "x"}


def puts(*items: Mapping[str, Any]) -> list[Any]:
    return [{"PutRequest": {"Item": item}} for item in items]


def keys(count: int) -> list[Any]:
    return [{"pk": {"S": "a"}, "sk": {"S": str(number)}} for number in range(count)]


def condition(expression: str, **placeholders: Any) -> tuple[str, Mapping[str, Any]]:
    request = {**put(), "ConditionExpression": expression}
    return "PutItem", {**request, **values(**placeholders)} if placeholders else request


def query(expression: str, **placeholders: Any) -> tuple[str, Mapping[str, Any]]:
    return "Query", {"KeyConditionExpression": expression, **values(**placeholders)}


ONE, TWO, TEXT = {"N": "1"}, {"N": "2"}, {"S": "x"}
SINGLE: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "an empty partition key": ("PutItem", {"Item": {"pk": {"S": ""}, "sk": {"S": "b"}}}),
    "an empty sort key": ("GetItem", {"Key": {"pk": {"S": "a"}, "sk": {"S": ""}}}),
    "a partition key that is too long": ("GetItem", {"Key": {**KEY, "pk": {"S": "x" * 2049}}}),
    "a sort key that is too long": ("PutItem", {"Item": {**KEY, "sk": {"S": "x" * 1025}}}),
    "a key of another type": ("GetItem", {"Key": {**KEY, "pk": {"N": "1"}}}),
    "a key without a part": ("GetItem", {"Key": {"pk": {"S": "a"}}}),
    "a key with another attribute": ("DeleteItem", {"Key": {**KEY, "data": {"S": "x"}}}),
    "an item without a key": ("PutItem", {"Item": {"pk": {"S": "a"}}}),
    "an item that is too large": ("PutItem", put(data={"S": "x" * MAX_ITEM_BYTES})),
    "an item of two-byte characters": ("PutItem", put(data={"S": "ü" * (MAX_ITEM_BYTES // 2)})),
    "an attribute of two types": ("PutItem", put(data={"S": "x", "N": "1"})),
    "an attribute without a type": ("PutItem", put(data={})),
    "an empty number": ("PutItem", put(data={"N": ""})),
    "a number that is none": ("PutItem", put(data={"N": "nan"})),
    "a number with 39 digits": ("PutItem", put(data={"N": "1" * 39})),
    "a number that is too large": ("PutItem", put(data={"N": "1e126"})),
    "a number that is too small": ("PutItem", put(data={"N": "1e-131"})),
    "an empty set": ("PutItem", put(data={"SS": []})),
    "a set with duplicates": ("PutItem", put(data={"SS": ["x", "x"]})),
    "a set of equal numbers": ("PutItem", put(data={"NS": ["1", "1.0"]})),
    "a NULL that is false": ("PutItem", put(data={"NULL": False})),
    "more than 32 levels": ("PutItem", put(data=nested(34))),
    "an unused value": ("PutItem", {**put(), **IF_EXISTS, **values(x=ONE)}),
    "an unused name": (
        "GetItem",
        {"Key": KEY, "ProjectionExpression": "pk", "ExpressionAttributeNames": {"#x": "y"}},
    ),
    "an undefined value": ("UpdateItem", update("SET a = :x")),
    "an undefined name": ("GetItem", {"Key": KEY, "ProjectionExpression": "#x"}),
    "no names": (
        "GetItem",
        {"Key": KEY, "ProjectionExpression": "pk", "ExpressionAttributeNames": {}},
    ),
    "no values": ("UpdateItem", {**update("REMOVE a"), "ExpressionAttributeValues": {}}),
    "values without an expression": ("PutItem", {**put(), **values(x=ONE)}),
    "an empty expression": ("PutItem", {**put(), "ConditionExpression": ""}),
    "a reserved word in a condition": (
        "PutItem",
        {**put(), "ConditionExpression": "attribute_exists(token)"},
    ),
    "a reserved word in an update": ("UpdateItem", update("SET data = :x", x=ONE)),
    "a reserved word in a projection": ("GetItem", {"Key": KEY, "ProjectionExpression": "hash"}),
    "a name that begins with a digit": ("UpdateItem", update("SET 1a = :x", x=ONE)),
    "duplicate paths in a projection": ("GetItem", {"Key": KEY, "ProjectionExpression": "a, a"}),
    "duplicate paths in an update": ("UpdateItem", update("SET a = :x REMOVE a", x=ONE)),
    "overlapping paths in an update": ("UpdateItem", update("SET a = :x, a.b = :x", x=ONE)),
    "two sections of one kind": ("UpdateItem", update("SET a = :x SET b = :x", x=ONE)),
    "an update of a key": ("UpdateItem", update("SET sk = :x", x={"S": "c"})),
    "a projection with a comma at its end": (
        "GetItem",
        {"Key": KEY, "ProjectionExpression": "a, "},
    ),
    "a projection of a function": ("GetItem", {"Key": KEY, "ProjectionExpression": "size(a)"}),
    "an empty name of an attribute": (
        "PutItem",
        {
            **condition("attribute_exists(#x)")[1],
            "ExpressionAttributeNames": {"#x": ""},
        },
    ),
    "a condition that ends with AND": condition("attribute_exists(a) AND"),
    "a condition with an open parenthesis": condition("(attribute_exists(a)"),
    "a condition without an operator": condition("a b"),
    "a condition that is an attribute": condition("a"),
    "a condition that is a number": condition("size(a)"),
    "an unknown operator": condition("a == :x", x=ONE),
    "a function of updates in a condition": condition("if_not_exists(a, :x) = :x", x=ONE),
    "a function with too many operands": condition("attribute_exists(a, b)"),
    "a function with too few operands": condition("begins_with(a)"),
    "the existence of a value": condition("attribute_exists(:x)", x=ONE),
    "the beginning of a number": condition("begins_with(a, :x)", x=ONE),
    "a comparison of an attribute with itself": condition("a = a"),
    "a function of the same operands": condition("begins_with(a, a)"),
    "an order of truth values": condition("a < :x", x={"BOOL": True}),
    "an unknown type": condition("attribute_type(a, :x)", x={"S": "STRING"}),
    "a range that ends before it begins": condition("a BETWEEN :x AND :y", x=TWO, y=ONE),
    "a range of two types": condition("a BETWEEN :x AND :y", x=ONE, y=TEXT),
    "a choice of nothing": condition("a IN ()"),
    "a choice of 101 values": condition(
        f"a IN ({', '.join(f':x{n}' for n in range(101))})",
        **{f"x{n}": {"N": str(n)} for n in range(101)},
    ),
    "more than 300 operators": condition(" OR ".join(["a=:x"] * 151), x=ONE),
    "an expression that is too long": (
        "PutItem",
        {**put(), "ConditionExpression": " OR ".join(["attribute_exists(pk)"] * 200)},
    ),
    "expressions and older parameters": (
        "PutItem",
        {**put(), **IF_EXISTS, "Expected": {"a": {"Exists": False}}},
    ),
    "values that a put cannot return": ("PutItem", {**put(), "ReturnValues": "ALL_NEW"}),
    "values that a deletion cannot return": (
        "DeleteItem",
        {"Key": KEY, "ReturnValues": "UPDATED_OLD"},
    ),
    "values that a failed condition cannot return": (
        "PutItem",
        {**put(), **IF_EXISTS, "ReturnValuesOnConditionCheckFailure": "ALL_NEW"},
    ),
    "unknown metrics of a collection": (
        "PutItem",
        {**put(), "ReturnItemCollectionMetrics": "ALL"},
    ),
    "a limit of 0": ("Scan", {"Limit": 0}),
    "a segment beyond the last": ("Scan", {"Segment": 2, "TotalSegments": 2}),
    "a segment before the first": ("Scan", {"Segment": -1, "TotalSegments": 2}),
    "more than a million segments": ("Scan", {"Segment": 0, "TotalSegments": 1_000_001}),
    "a segment of no scan": ("Scan", {"Segment": 1}),
    "a query without its key": (
        "Query",
        {"KeyConditionExpression": "sk = :x", **values(x={"S": "b"})},
    ),
    "a query by a part of its key": (
        "Query",
        {"KeyConditionExpression": "begins_with(pk, :x)", **values(x={"S": "a"})},
    ),
    "a query of two partitions": query("pk = :x OR pk = :y", x=TEXT, y=TEXT),
    "a query of one partition twice": query("pk = :x AND pk = :y", x=TEXT, y=TEXT),
    "a query with a negation": query("pk = :x AND NOT sk = :y", x=TEXT, y=TEXT),
    "a query of all sort keys except one": query("pk = :x AND sk <> :y", x=TEXT, y=TEXT),
    "a query with a value without a type": query("pk = :x AND sk < :y", x=TEXT, y={}),
    "a query with a range that is no number": query(
        "pk = :x AND sk BETWEEN :y AND :z", x=TEXT, y={"N": "a"}, z=ONE
    ),
    "a query of two ranges": query("pk = :x AND sk > :y AND sk < :z", x=TEXT, y=TEXT, z=TEXT),
    "a query of a partition that is a number": query("pk = :x", x=ONE),
    "a query of a sort key that is a number": query("pk = :x AND sk = :y", x=TEXT, y=ONE),
    "a query that begins in another partition": (
        "Query",
        {**query("pk = :x", x=TEXT)[1], "ExclusiveStartKey": KEY},
    ),
    "a query with a filter on the key": (
        "Query",
        {
            "KeyConditionExpression": "pk = :x",
            "FilterExpression": "sk = :x",
            **values(x={"S": "a"}),
        },
    ),
    "a page that begins at no key": ("Scan", {"ExclusiveStartKey": {"pk": {"S": "a"}}}),
    "an empty name of a table": ("GetItem", {"Key": KEY, "TableName": ""}),
}
"""Requests for one item or one page, without the name of the table."""

BATCHES: Mapping[str, tuple[str, Any]] = {
    "BatchGetItem without keys": ("BatchGetItem", {"Keys": []}),
    "BatchGetItem with 101 keys": ("BatchGetItem", {"Keys": keys(101)}),
    "BatchGetItem with a key twice": ("BatchGetItem", {"Keys": [KEY, OTHER_KEY, KEY]}),
    "BatchGetItem with an empty key": ("BatchGetItem", {"Keys": [{**KEY, "pk": {"S": ""}}]}),
    "BatchGetItem with expressions and older parameters": (
        "BatchGetItem",
        {"Keys": [KEY], "ProjectionExpression": "a", "AttributesToGet": ["a"]},
    ),
    "BatchWriteItem without writes": ("BatchWriteItem", []),
    "BatchWriteItem with 26 writes": ("BatchWriteItem", puts(*keys(26))),
    "BatchWriteItem with an item twice": ("BatchWriteItem", puts(KEY, OTHER_KEY, KEY)),
    "BatchWriteItem that writes and deletes": (
        "BatchWriteItem",
        [*puts(KEY), {"DeleteRequest": {"Key": KEY}}],
    ),
    "BatchWriteItem with a large item": (
        "BatchWriteItem",
        puts({**KEY, "data": {"S": "x" * MAX_ITEM_BYTES}}),
    ),
    "BatchWriteItem with two writes in one": (
        "BatchWriteItem",
        [{"PutRequest": {"Item": KEY}, "DeleteRequest": {"Key": OTHER_KEY}}],
    ),
}
TRANSACTIONS: Mapping[str, list[tuple[str, Mapping[str, Any]]]] = {
    "TransactWriteItems without an action": [],
    "TransactWriteItems with 101 actions": [("Put", {"Item": key}) for key in keys(101)],
    "TransactWriteItems with an item twice": [("Put", put()), ("Delete", {"Key": KEY})],
    "TransactWriteItems without a condition to check": [("ConditionCheck", {"Key": KEY})],
    "TransactWriteItems with a wrong condition": [
        ("Put", condition("begins_with(a, :x)", x=ONE)[1])
    ],
    "TransactWriteItems with values that it cannot return": [
        ("Put", {**put(), "ReturnValuesOnConditionCheckFailure": "UPDATED_NEW"})
    ],
    "TransactWriteItems with a short name of a table": [("Put", {**put(), "TableName": "a"})],
    "TransactWriteItems with a large item": [("Put", put(data={"S": "x" * MAX_ITEM_BYTES}))],
}


def is_refused(client: AwsClient, operation: str, request: Mapping[str, Any]) -> bool:
    """Send a request; return True if DynamoDB calls it invalid."""
    try:
        client._make_api_call(operation, request)  # the name as in DynamoDB's documentation
    except ClientError as error:
        return error.response["Error"]["Code"] in ("ValidationException", "SerializationException")
    return False


def expected(name: str) -> bool:
    return not ("DYNAMODB_OF_TESTS" in os.environ and name in UNKNOWN_TO_DYNALITE)


@pytest.mark.parametrize("name", SINGLE)
def test_a_request_for_an_item_or_a_page(table: Table, name: str) -> None:
    operation, request = SINGLE[name]
    request = {"TableName": table.name, **request}
    assert is_refused(table.dynamodb, operation, request) == expected(name)


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch(table: Table, name: str) -> None:
    operation, content = BATCHES[name]
    request = {"RequestItems": {table.name: content}}
    assert is_refused(table.dynamodb, operation, request) == expected(name)


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_a_transaction(table: Table, name: str) -> None:
    actions = [{kind: {"TableName": table.name, **each}} for kind, each in TRANSACTIONS[name]]
    request = {"TransactItems": actions}
    assert is_refused(table.dynamodb, "TransactWriteItems", request) == expected(name)


def test_a_transaction_with_a_long_token(table: Table) -> None:
    action = {"Put": {"TableName": table.name, **put()}}
    request = {"TransactItems": [action], "ClientRequestToken": "x" * 37}
    refused = is_refused(table.dynamodb, "TransactWriteItems", request)
    assert refused == expected("TransactWriteItems with a long token")


def test_what_dynamodb_accepts_is_not_refused(table: Table) -> None:
    accepted: list[tuple[str, Mapping[str, Any]]] = [
        ("PutItem", put(data={"S": "x" * 400_000}, empty={"S": ""})),
        ("PutItem", put(number={"N": "1" * 38}, small={"N": "-1e-130"}, deep=nested(30))),
        ("PutItem", {"Item": {"pk": {"S": "x" * 2048}, "sk": {"S": "y" * 1024}}}),
        (
            "UpdateItem",
            update(
                "SET a = if_not_exists(b, :x), c = :x + :x REMOVE d, e DELETE s :s",
                x=ONE,
                s={"SS": ["x"]},
            ),
        ),
        ("Scan", {"FilterExpression": "begins_with(pk, :x)", **values(x={"S": "a"}), "Limit": 1}),
        (
            "GetItem",
            {
                "Key": KEY,
                "ProjectionExpression": "pk, #a.b[0], a.c",
                "ExpressionAttributeNames": {"#a": "a"},
            },
        ),
        condition(
            "NOT (a = :x AND attribute_exists(b.c[1])) OR size(a) BETWEEN :x AND :y"
            " OR a IN (:x, b) or begins_with(a, :z) AND attribute_type(a, :z) OR contains(a, :x)",
            x=ONE,
            y=TWO,
            z={"S": "S"},
        ),
        query("pk = :x", x=TEXT),
        query("pk = :x AND sk BETWEEN :y AND :z", x=TEXT, y={"S": "a"}, z={"S": "b"}),
        ("Query", {**query("pk = :x", x={"S": "a"})[1], "ExclusiveStartKey": KEY}),
    ]
    for operation, request in accepted:
        assert not is_refused(table.dynamodb, operation, {"TableName": table.name, **request})
