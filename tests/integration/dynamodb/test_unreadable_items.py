"""Items that another version, or somebody else, wrote in a form that this version does not know."""

import json
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.decision.number_lookups import attempts_key
from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.number_lists import SORT_KEY
from click_to_dial.dynamodb.plan_items import ACTIVE_KEY, to_active
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.dynamodb.verified_tokens import VerifiedTokens
from click_to_dial.errors import (
    DynamoDBError,
    PlanConflictError,
    UnreadableDialPlanError,
    UnreadableItemError,
)
from click_to_dial.list_keys import number_key
from click_to_dial.model import Agent, Record
from click_to_dial.ports import SalesforceResult
from tests.fakes import DOCUMENT, ChangedClient, Clock, plan
from tests.integration.decision.test_number_lookups import (
    LIMITED,
    LISTED,
    NUMBER,
    PSEUDONYM,
    System,
)

ACCOUNT = "001dM00003jU9GxQAK"
RESULT = SalesforceResult(Record(True, "Account", {"kind": "x"}), Agent(True, {"extension": "7"}))


@pytest.mark.parametrize("key", ["revision", "version", "hash", "chunks", "mappings"])
def test_the_plan_that_is_held_outlasts_an_active_item_without_a_key(table: Any, key: str) -> None:
    store, clock = PlanStore(table.dynamodb, table.name), Clock()
    store.publish(DOCUMENT, "", author="", comment="", replaces=None)
    current = CurrentPlan(store, clock)
    held = current.get(Deadline(5))
    item = table.boto3.get_item(TableName=table.name, Key=ACTIVE_KEY)["Item"]
    table.boto3.put_item(
        TableName=table.name, Item={name: item[name] for name in item if name != key}
    )
    clock.advance(30)
    assert current.get(Deadline(5)) is held
    assert isinstance(current.failure, UnreadableDialPlanError)
    with pytest.raises(UnreadableDialPlanError, match="another version"):
        CurrentPlan(store).get(Deadline(5))


@pytest.mark.parametrize("key", ["revision", "version", "hash", "chunks", "mappings"])
def test_an_unreadable_plan_can_be_replaced(table: Any, key: str) -> None:
    store, clock = PlanStore(table.dynamodb, table.name), Clock()
    store.publish(DOCUMENT, "", author="", comment="", replaces=None)
    current = CurrentPlan(store, clock)
    current.get(Deadline(5))
    item = table.boto3.get_item(TableName=table.name, Key=ACTIVE_KEY)["Item"]
    table.boto3.put_item(TableName=table.name, Item={**item, key: {"BOOL": True}})
    with pytest.raises(UnreadableDialPlanError):
        store.publish(DOCUMENT, "", author="", comment="", replaces=1)
    published = store.publish(DOCUMENT, "", author="jane", comment="", replaces=None)
    assert store.active() == published
    clock.advance(30)
    assert current.get(Deadline(5)).version == 2
    with pytest.raises(PlanConflictError):
        store.publish(DOCUMENT, "", author="", comment="", replaces=None)


def test_a_plan_is_not_published_over_an_unreadable_one_that_somebody_replaces(table: Any) -> None:
    store = PlanStore(table.dynamodb, table.name)
    store.publish(DOCUMENT, "", author="", comment="", replaces=None)
    item = table.boto3.get_item(TableName=table.name, Key=ACTIVE_KEY)["Item"]
    rest = {name: item[name] for name in ("pk", "sk")}
    table.boto3.put_item(TableName=table.name, Item=rest)

    def transact_write_items(**request: Any) -> Any:
        table.boto3.put_item(TableName=table.name, Item=item)
        return table.dynamodb.transact_write_items(**request)

    client = ChangedClient(table.dynamodb, transact_write_items=transact_write_items)
    with pytest.raises(PlanConflictError):
        PlanStore(client, table.name).publish(DOCUMENT, "", author="", comment="", replaces=None)
    assert store.active() == to_active(item)


def test_an_empty_answer_of_dynamodb_is_an_error_of_ours(table: Any) -> None:
    store = PlanStore(table.dynamodb, table.name)
    active = store.publish(DOCUMENT, "", author="", comment="", replaces=None)
    client = ChangedClient(table.dynamodb, batch_get_item=lambda **_: {})
    with pytest.raises(DynamoDBError):
        PlanStore(client, table.name).load(active)
    with pytest.raises(DynamoDBError):
        DynamoDBFacts(client, table.name, "org").read(plan(), ACCOUNT, "jdoe")


@pytest.mark.parametrize(
    "data",
    [
        {"S": "<html>"},
        {"S": "[" * 100_000},
        {"S": "[1]"},
        {"S": "{}"},
        {"S": "null"},
        {"N": "1"},
        {"S": json.dumps({"found": 1, "known": "yes", "object": [], "shape": "", "values": {}})},
        {"S": json.dumps({"found": True, "known": True, "object": None, "shape": ""})},
        {"S": json.dumps({"found": True, "known": True, "object": "A", "values": {"a": []}})},
    ],
)
def test_unreadable_facts_are_absent_and_reported(table: Any, data: Any) -> None:
    clock = Clock()
    facts = DynamoDBFacts(table.dynamodb, table.name, "org", clock)
    facts.write(plan(), ACCOUNT, "jdoe", RESULT, 1_800_000_000.0)
    for item in table.boto3.scan(TableName=table.name)["Items"]:
        table.boto3.put_item(TableName=table.name, Item={**item, "data": data})
    found = facts.read(plan(), ACCOUNT, "jdoe")
    assert (found.record, found.agent, found.items) == (None, None, {})
    assert isinstance(found.failure, UnreadableItemError)


@pytest.mark.parametrize("key", ["data", "read_at", "expires_at"])
def test_facts_without_a_key_are_absent_and_reported(table: Any, key: str) -> None:
    facts = DynamoDBFacts(table.dynamodb, table.name, "org", Clock())
    facts.write(plan(), ACCOUNT, "jdoe", RESULT, 1_800_000_000.0)
    for item in table.boto3.scan(TableName=table.name)["Items"]:
        rest = {name: item[name] for name in item if name != key}
        table.boto3.put_item(TableName=table.name, Item=rest)
    found = facts.read(plan(), ACCOUNT, "jdoe")
    assert (found.record, found.agent) == (None, None)
    assert isinstance(found.failure, UnreadableItemError)


@pytest.mark.parametrize(
    "data",
    [
        *("[[1]]", "", "{}", '[["a", "b"]]', "7", "[[1, 2, 3]]", "[[1, null]]", '[[true, "b"]]'),
        *('[[NaN, "b"]]', '[[-Infinity, "b"]]', '[[-1, "b"]]', f'[[{"9" * 400}, "b"]]'),
    ],
)
def test_unreadable_attempts_are_unknown(table: Any, data: str) -> None:
    system = System(table)
    key = {"pk": {"S": attempts_key(NUMBER, PSEUDONYM)}, "sk": {"S": SORT_KEY}}
    table.boto3.put_item(TableName=table.name, Item={**key, "data": {"S": data}})
    assert system.dial(LIMITED).cause == "outage"
    assert system.dial(LIMITED, "+4917012345679").rule == "allow"
    assert system.dial(LIMITED, "112").rule == "allow"


def test_a_number_with_an_unreadable_entry_is_listed(table: Any) -> None:
    key = {"pk": {"S": number_key("dnc", NUMBER, PSEUDONYM)}, "sk": {"S": SORT_KEY}}
    table.boto3.put_item(TableName=table.name, Item={**key, "expires_at": {"S": "soon"}})
    assert System(table).dial(LISTED).rule == "listed"


def test_a_verification_that_is_unreadable_or_dated_ahead_does_not_count(table: Any) -> None:
    clock = Clock()
    tokens = VerifiedTokens(table.dynamodb, table.name, "scope", 3600, clock)
    tokens.keep("token", "user")
    clock.advance(-5)
    assert tokens.user_of("token") == "user"
    clock.advance(-1)
    assert tokens.user_of("token") is None
    clock.advance(6)
    (item,) = table.boto3.scan(TableName=table.name)["Items"]
    for change in ({"user_id": {"N": "1"}}, {"confirmed_at": {"S": "today"}}):
        table.boto3.put_item(TableName=table.name, Item={**item, **change})
        with pytest.raises(UnreadableItemError):
            tokens.user_of("token")
    assert tokens.user_of("another token") is None


def test_a_rejected_token_is_not_verified_by_an_answer_that_is_written_later(table: Any) -> None:
    clock = Clock()
    tokens = VerifiedTokens(table.dynamodb, table.name, "scope", 3600, clock)
    tokens.keep("token", "user")
    tokens.forget("token")
    assert tokens.user_of("token") is None
    tokens.keep("token", "user")  # the answer is from before the rejection
    assert tokens.user_of("token") is None
    tokens.keep("another", "user")
    assert tokens.user_of("another") == "user"
