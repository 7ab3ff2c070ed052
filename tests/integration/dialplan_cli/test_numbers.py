"""`dialplan number`: everything that is stored about a number, and nothing else, can be deleted."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from click_to_dial.dynamodb.plan_store import PlanStore
from tests.fakes import DOCUMENT
from tests.integration.dialplan_command import Dialplan

NUMBER, OTHER = "+4917012345678", "+4917012345679"


@pytest.fixture(autouse=True)
def running(environment: Mapping[str, str]) -> None:
    """Start the local system for each test."""


@pytest.fixture
def stored(dialplan: Dialplan, table: Any) -> str:
    """Store entries, calls and a copy of a record about two numbers; return the hash of NUMBER."""
    for name in ("dnc", "forgotten_list"):
        dialplan("list", "add", NUMBER, "--list", name, "--reason", "Asked", "--source", "jane")
    dialplan("list", "add", OTHER, "--list", "dnc")
    dialplan("list", "add", "+49170*", "--list", "vip")
    dialplan("list", "add", "+4917022*", "--list", "vip")
    hashes = [dialplan.json("number", each)["readings"][0]["hash"] for each in (NUMBER, OTHER)]
    calls = json.dumps([[1_800_000_000, "agent"], [1_800_000_060, "agent"]])
    for each in hashes:
        put(table, f"attempts#{each}", "entry", calls)
        copy = json.dumps({"values": {}, "numbers": [each]})
        put(table, f"record#host#003{each}", "facts", copy)
    return str(hashes[0])


def put(table: Any, key: str, sort_key: str, data: str) -> None:
    item = {"pk": {"S": key}, "sk": {"S": sort_key}, "data": {"S": data}}
    item["expires_at"] = {"N": "1800003600"}
    table.boto3.put_item(TableName=table.name, Item=item)


def keys(table: Any) -> set[str]:
    return {item["pk"]["S"] for item in table.boto3.scan(TableName=table.name)["Items"]}


def test_everything_about_a_number_is_shown(dialplan: Dialplan, stored: str) -> None:
    found = dialplan.json("number", NUMBER)
    assert found["readings"] == [{"number": NUMBER, "hash": stored}]
    assert sorted(each["name"] for each in found["lists"]) == ["dnc", "forgotten_list"]
    assert {each["entry"]["reason"] for each in found["lists"]} == {"Asked"}
    prefixes = [each["entry"]["hash_of_number_or_prefix"] for each in found["prefixes"]]
    assert prefixes == ["+49170*"]
    by_kind = {each["kind"]: each for each in found["others"]}
    assert by_kind["calls"] == {
        "kind": "calls",
        "count": 2,
        "newest": "2027-01-15T08:01:00+00:00",
        "expires_at": "2027-01-15T09:00:00+00:00",
    }
    assert by_kind["copy"]["expires_at"] == "2027-01-15T09:00:00+00:00"
    assert len(found["others"]) == 2
    assert dialplan("number", NUMBER) == 0
    assert "2 calls, the last at 2027-01-15 08:01" in dialplan.out
    assert "list vip, prefix +49170*" in dialplan.out
    assert stored in dialplan.out


def test_a_number_is_forgotten(dialplan: Dialplan, stored: str, table: Any) -> None:
    before = keys(table)
    result = dialplan.json("number", NUMBER, "--forget", "--yes", "--author", "joe")
    assert result["forgotten"] == 4
    assert before - keys(table) == {
        f"list#dnc#{stored}",
        f"list#forgotten_list#{stored}",
        f"attempts#{stored}",
        f"record#host#003{stored}",
    }
    found = dialplan.json("number", NUMBER)
    assert (found["lists"], found["others"], len(found["prefixes"])) == ([], [], 1)
    changes = dialplan.json("list", "history")["changes"]
    forgotten = [each for each in changes if each["action"] == "forget"]
    assert {(each["name"], each["author"], each["removed"]) for each in forgotten} == {
        ("dnc", "joe", 1),
        ("forgotten_list", "joe", 1),
    }
    recorded = [
        str(item)
        for item in table.boto3.scan(TableName=table.name)["Items"]
        if item["pk"]["S"] == "list-changes"
    ]
    assert not any(stored in each or NUMBER[1:] in each for each in recorded)


def test_it_asks_before_it_forgets(
    dialplan: Dialplan, stored: str, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys(table)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert dialplan("number", NUMBER, "--forget") == 1
    assert "It will no longer be on the list" in dialplan.err
    assert keys(table) == before


def test_an_ambiguous_number_is_not_forgotten(
    dialplan: Dialplan, store: PlanStore, table: Any
) -> None:
    """Its other reading may be somebody else, who does not want to be called."""
    store.publish(DOCUMENT, "", author="test", comment="", replaces=None)
    dialplan("list", "add", "+49431265030", "--list", "dnc")
    before = keys(table)
    assert dialplan("number", "431265030", "--forget", "--yes") == 1
    assert "can be +431265030 or +49431265030" in dialplan.err
    assert "list dnc, +49431265030" in dialplan.out
    assert keys(table) == before
    assert dialplan("number", "+49431265030", "--forget", "--yes") == 0
    assert "Deleted 1 item." in dialplan.out


def test_surplus_digits_do_not_make_a_number_ambiguous(dialplan: Dialplan, stored: str) -> None:
    assert dialplan.json("number", f"{NUMBER}9", "--forget", "--yes")["forgotten"] == 4


def test_nothing_is_stored_about_an_unknown_number(dialplan: Dialplan) -> None:
    assert dialplan("number", "+4930123456", "--forget") == 0
    assert "Nothing is stored about this number." in dialplan.out
    assert dialplan("number", "0170 12345678") == 1
    assert "does not begin with a plus and the country code. No dial plan is pub" in dialplan.err


def test_calls_in_an_unknown_form_are_shown_and_deleted(
    dialplan: Dialplan, stored: str, table: Any
) -> None:
    put(table, f"attempts#{stored}", "entry", "[[1]]")
    calls = [each for each in dialplan.json("number", NUMBER)["others"] if each["kind"] == "calls"]
    assert (calls[0]["count"], calls[0]["newest"]) == (None, None)
    dialplan("number", NUMBER, "--forget", "--yes")
    assert f"attempts#{stored}" not in keys(table)
