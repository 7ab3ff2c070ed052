"""Items that DynamoDB would refuse as too large are never sent; the rest of a write is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.items import MAX_ITEM_BYTES, check_size, size_of
from click_to_dial.dynamodb.number_lists import DynamoDBAttempts, ListEntry, NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import DynamoDBError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import BlobRef, SalesforceResult, StoredItem
from tests.fakes import DOCUMENT, Clock, plan

ACCOUNT = "001dM00003jU9GxQAK"
LONG = "ü" * (MAX_ITEM_BYTES // 2)
PUBLICATION: Any = {"author": "jane", "comment": "", "replaces": None}


def items(table: Any) -> list[Any]:
    found: list[Any] = table.boto3.scan(TableName=table.name)["Items"]
    return found


def test_a_record_with_long_texts_is_not_cached_but_the_agent_is(table: Any) -> None:
    clock = Clock()
    facts = DynamoDBFacts(table.dynamodb, table.name, "org", clock)
    agent = Agent(True, {"extension": "217"})
    result = SalesforceResult(Record(True, "Account", {"kind": LONG}), agent)
    with pytest.raises(DynamoDBError, match="very long texts") as raised:
        facts.write(plan(), ACCOUNT, "jdoe", result, clock())
    assert raised.value.code == "ItemTooLarge"
    found = facts.read(plan(), ACCOUNT, "jdoe")
    assert (found.record, found.agent) == (None, agent)


def test_no_entry_is_written_if_one_is_too_large(table: Any) -> None:
    entries = [ListEntry(f"list#dnc#{number}", "asked", "jane", None) for number in range(30)]
    with pytest.raises(DynamoDBError, match="shorten its reason or source"):
        NumberLists(table.dynamodb, table.name).write([*entries, entries[0]._replace(reason=LONG)])
    assert items(table) == []


def test_calls_that_need_too_large_an_item_are_not_counted(table: Any) -> None:
    attempts = DynamoDBAttempts(table.dynamodb, table.name)
    with pytest.raises(DynamoDBError, match="no more can be counted"):
        attempts.replace("attempts#1", None, StoredItem(LONG, 1.0))
    assert items(table) == []


@pytest.mark.parametrize("name", ["author", "comment"])
def test_a_publication_with_a_long_text_has_no_effect(table: Any, name: str) -> None:
    store = PlanStore(table.dynamodb, table.name)
    with pytest.raises(DynamoDBError, match="smaller than 400 KB"):
        store.publish(DOCUMENT, "", **{**PUBLICATION, name: LONG})
    assert store.active() is None
    assert store.versions() == []


def test_too_many_mappings_leave_the_active_plan_as_it_is(table: Any) -> None:
    store = PlanStore(table.dynamodb, table.name)
    active = store.publish(DOCUMENT, "", **PUBLICATION)
    with pytest.raises(DynamoDBError, match="smaller than 400 KB"):
        store.switch_mappings(active, {f"mapping-{number}": {} for number in range(4_000)})
    assert store.active() == active


def test_keys_that_are_given_twice_are_sent_once(table: Any) -> None:
    lists = NumberLists(table.dynamodb, table.name)
    lists.write([ListEntry("list#dnc#1", "asked", "jane", None)])
    assert len(lists.read(["list#dnc#1", "list#dnc#1", "list#dnc#2"])) == 1
    assert lists.read([]) == []
    store = PlanStore(table.dynamodb, table.name)
    body = store.publish(DOCUMENT, "", **PUBLICATION).body
    blobs = store._blobs
    assert set(blobs.read([body, body, BlobRef(body.hash, body.chunks)])) == {body.hash}


VALUES = st.recursive(
    st.text().map(lambda text: {"S": text})
    | st.integers(-(10**30), 10**30).map(lambda number: {"N": str(number)})
    | st.binary().map(lambda data: {"B": data}),
    lambda values: st.dictionaries(st.text(min_size=1), values).map(lambda found: {"M": found}),
)


@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_the_size_is_at_least_that_of_all_names_and_texts(item: Any) -> None:
    def parts(attributes: Any) -> Any:
        for name, value in attributes.items():
            yield name.encode()
            ((kind, content),) = value.items()
            if kind == "M":
                yield from parts(content)
            else:
                yield content if kind == "B" else content.encode() if kind == "S" else b""

    assert size_of(item) >= sum(map(len, parts(item)))


def test_the_limit() -> None:
    check_size({"data": {"S": "x" * (MAX_ITEM_BYTES - 4)}}, "")
    with pytest.raises(DynamoDBError):
        check_size({"data": {"S": "x" * (MAX_ITEM_BYTES - 3)}}, "")
