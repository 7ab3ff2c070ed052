"""Lists and limits on DynamoDB: exact under concurrency, unknown if the table fails."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from click_to_dial.aws import AwsClient
from click_to_dial.decision import fact_sources as gathering
from click_to_dial.decision import service
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.number_lookups import MAX_LISTS, attempts_key
from click_to_dial.decision.service import ClickToDial, Request
from click_to_dial.dialplan import DialPlan
from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.number_lists import SORT_KEY, DynamoDBAttempts
from click_to_dial.errors import DynamoDBError
from click_to_dial.list_keys import number_key, prefix_key
from click_to_dial.model import Decision
from click_to_dial.ports import StoredItem
from click_to_dial.pseudonym import keyed
from tests.fakes import ChangedClient, Clock, FakePlans, FakeSalesforce, plan
from tests.integration.repeated import send_twice

RECORD, NUMBER, DAY = "001dM00003jU9GxQAK", "+4917012345678", 86400
PSEUDONYM = keyed("a key")
ALLOW = {"id": "allow", "when": {}, "signal": {"number": "hotline"}}


def rule(name: str, fact: str, expected: Any) -> dict[str, Any]:
    return {"id": name, "when": {fact: expected}, "refuse": name}


def attempts(by: str = "anyone", count: int = 4, within: int = 30 * DAY) -> dict[str, Any]:
    return {"gte": count, "within": within, "by": by}


LISTED = plan(rules=[rule("listed", "callee.listed", ["dnc", "robinson"]), ALLOW])
LIMITED = plan(rules=[rule("limit", "callee.attempts", attempts()), ALLOW])
OTHERS = plan(rules=[rule("busy", "callee.attempts", attempts("others", 1, 60)), ALLOW])


class System:
    """The service on the template's table; the clock stands still."""

    def __init__(self, table: Any) -> None:
        self.table, self.clock = table, Clock()
        self.attempts: Any = DynamoDBAttempts(table.dynamodb, table.name)
        self.facts: Any = DynamoDBFacts(table.dynamodb, table.name, "acme", self.clock)

    def put(self, key: str, expires_at: float | None = None) -> None:
        item = {"pk": {"S": key}, "sk": {"S": SORT_KEY}, "data": {"S": "{}"}}
        if expires_at is not None:
            item["expires_at"] = {"N": str(expires_at)}
        self.table.boto3.put_item(TableName=self.table.name, Item=item)

    def dial(self, the_plan: DialPlan, number: str = NUMBER, agent: str = "jdoe") -> Decision:
        click_to_dial = ClickToDial(
            plans=FakePlans(the_plan),
            cache=self.facts,
            salesforce=FakeSalesforce(),
            breaker=CircuitBreaker(),
            attempts=self.attempts,
            pseudonym=PSEUDONYM,
            time_budget=60,
            clock=self.clock,
        )
        decision = click_to_dial.decide(Request(RECORD, number, agent)).decision
        assert decision is not None
        return decision


@pytest.fixture
def system(table: Any, monkeypatch: pytest.MonkeyPatch) -> System:
    for module, patience in (
        (gathering, "CACHE_READ_SECONDS"),
        (gathering, "CACHE_WRITE_SECONDS"),
        (service, "COUNT_SECONDS"),
    ):
        monkeypatch.setattr(module, patience, 60.0)  # fifty clicks share one slow moto
    return System(table)


def test_a_number_is_listed_until_its_entry_expires(system: System) -> None:
    assert system.dial(LISTED).rule == "allow"
    system.put(number_key("robinson", NUMBER, PSEUDONYM), system.clock() + 60)
    assert system.dial(LISTED).rule == "listed"
    assert system.dial(LISTED, "+4917012345679").rule == "allow"
    system.clock.advance(59)
    assert system.dial(LISTED).rule == "listed"
    system.clock.advance(1)  # DynamoDB has not deleted it yet
    assert system.dial(LISTED).rule == "allow"


def test_a_prefix_lists_all_numbers_that_begin_with_it(system: System) -> None:
    system.put(prefix_key("dnc", "49170"))
    assert system.dial(LISTED).rule == "listed"
    assert system.dial(LISTED, "+4917112345678").rule == "allow"
    assert system.dial(LISTED, "112").rule == "allow"


def test_not_means_on_none_of_the_lists(system: System) -> None:
    unlisted = plan(rules=[rule("unlisted", "callee.listed", {"not": ["dnc", "robinson"]}), ALLOW])
    assert system.dial(unlisted).rule == "unlisted"
    assert system.dial(unlisted, "217").rule == "unlisted"
    assert system.dial(unlisted, "112").rule == "allow"  # lists do not refuse emergency calls
    system.put(number_key("dnc", NUMBER, PSEUDONYM))
    assert system.dial(unlisted).rule == "allow"


def test_the_table_does_not_hold_a_listed_or_called_number(system: System, table: Any) -> None:
    system.dial(LIMITED)
    system.put(number_key("dnc", NUMBER, PSEUDONYM))
    stored = str(table.boto3.scan(TableName=table.name)["Items"])
    assert attempts_key(NUMBER, PSEUDONYM) in stored
    assert NUMBER[1:] not in stored
    assert "jdoe" not in stored


def forgetful(client: AwsClient) -> AwsClient:
    """Throttled DynamoDB that leaves the entries, or nothing, unprocessed."""

    def batch_get_item(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        answer = client.batch_get_item(RequestItems=RequestItems)
        ((name, wanted),) = RequestItems.items()
        entries = [key for key in wanted["Keys"] if key["sk"]["S"] == SORT_KEY]
        return {**answer, "UnprocessedKeys": {name: {"Keys": entries[:1]}}}

    return ChangedClient(client, batch_get_item=batch_get_item)


@pytest.mark.parametrize("the_plan", [LISTED, LIMITED])
def test_items_that_dynamodb_leaves_unprocessed_are_unknown(
    system: System, table: Any, the_plan: DialPlan
) -> None:
    system.facts = DynamoDBFacts(forgetful(table.dynamodb), table.name, "acme", system.clock)
    assert system.dial(the_plan).cause == "outage"
    assert system.dial(the_plan, "112").rule == "allow"


def test_the_fourth_call_is_the_last_in_thirty_days(system: System) -> None:
    for _ in range(4):
        assert system.dial(LIMITED).rule == "allow"
        system.clock.advance(DAY)
    assert system.dial(LIMITED).rule == "limit"
    assert system.dial(LIMITED, "+4917012345679").rule == "allow"
    system.clock.advance(26 * DAY - 1)
    assert system.dial(LIMITED).rule == "limit"
    system.clock.advance(1)  # the first call is thirty days ago
    assert system.dial(LIMITED).rule == "allow"
    assert system.dial(LIMITED, agent="other").rule == "limit"


def test_a_number_with_thousands_of_calls_can_still_be_counted(system: System) -> None:
    often = {"lt": 1, "within": 365 * DAY, "by": "anyone"}
    seldom = {"id": "first", "when": {"callee.attempts": often}, "signal": {"number": "hotline"}}
    the_plan = plan(rules=[seldom, ALLOW])
    now = system.clock()
    calls = [(now - 20 * index - 20, PSEUDONYM(f"agent-{index}")) for index in range(7300)]
    key = {"pk": {"S": attempts_key(NUMBER, PSEUDONYM)}, "sk": {"S": SORT_KEY}}
    item = {**key, "data": {"S": json.dumps(calls)}}  # about as long as DynamoDB allows
    system.table.boto3.put_item(TableName=system.table.name, Item=item)
    for agent in range(50):
        assert system.dial(the_plan, agent=f"agent-{agent}").rule == "allow"
        system.clock.advance(20)
    found = system.table.boto3.get_item(TableName=system.table.name, Key=key)["Item"]
    assert len(found["data"]["S"]) < 500


def test_spellings_of_one_login_are_one_agent(system: System) -> None:
    for agent in ("zoë", "ZOË", "Zoe\u0308"):
        assert system.dial(OTHERS, agent=agent).rule == "allow"
    assert system.dial(OTHERS, agent="zoe").rule == "busy"


def test_an_agent_who_asks_again_within_seconds_is_counted_once(system: System) -> None:
    for _ in range(4):
        for _ in range(3):
            assert system.dial(LIMITED).rule == "allow"
            system.clock.advance(3)
        system.clock.advance(60)
    assert system.dial(LIMITED).rule == "limit"


def test_a_call_that_is_refused_after_the_limit_is_not_counted(system: System) -> None:
    limit = rule("limit", "callee.attempts", attempts(count=1))
    closed = plan(rules=[limit, rule("closed", "record.kind", "Customer"), ALLOW])
    assert [system.dial(closed).rule for _ in range(3)] == ["closed"] * 3
    opened = plan(rules=[limit, ALLOW])
    assert [system.dial(opened, agent=agent).rule for agent in "ab"] == ["allow", "limit"]


def test_another_agent_is_calling_this_number_right_now(system: System) -> None:
    assert system.dial(OTHERS, agent="first").rule == "allow"
    assert system.dial(OTHERS, agent="second").rule == "busy"
    system.clock.advance(30)
    assert system.dial(OTHERS, agent="first").rule == "allow"
    system.clock.advance(59)
    assert system.dial(OTHERS, agent="second").rule == "busy"
    system.clock.advance(1)
    assert system.dial(OTHERS, agent="second").rule == "allow"


@pytest.mark.parametrize(("the_plan", "allowed"), [(LIMITED, 4), (OTHERS, 1)])
def test_the_limit_is_exact_for_fifty_simultaneous_clicks(
    system: System, the_plan: DialPlan, allowed: int
) -> None:
    with ThreadPoolExecutor(50) as agents:
        rules = agents.map(lambda n: system.dial(the_plan, agent=f"agent-{n}").rule, range(50))
        assert Counter(rules)["allow"] == allowed


def test_fifty_clicks_of_one_agent_count_as_one_call(system: System) -> None:
    for agent in ("a", "b", "c"):
        system.dial(LIMITED, agent=agent)
    with ThreadPoolExecutor(50) as clicks:
        rules = clicks.map(lambda _: system.dial(LIMITED).rule, range(50))
        assert Counter(rules) == {"allow": 50}
    assert system.dial(LIMITED, agent="e").rule == "limit"


def test_a_call_whose_first_response_was_lost_is_counted_once_and_allowed(
    system: System, table: Any
) -> None:
    send_twice(table.dynamodb, "UpdateItem")
    rules = [system.dial(LIMITED, agent=f"agent-{index}").rule for index in range(6)]
    assert rules == ["allow"] * 4 + ["limit"] * 2


def test_a_call_is_not_allowed_if_its_count_was_not_written(system: System, table: Any) -> None:
    empty = ChangedClient(table.dynamodb, update_item=lambda **_: {})
    after = StoredItem("[]", 1_900_000_000.0)
    with pytest.raises(DynamoDBError):
        DynamoDBAttempts(empty, table.name).replace("attempts#x", None, after)
    assert DynamoDBAttempts(table.dynamodb, table.name).replace("attempts#x", None, after)


class Broken:
    """Attempts that must be neither read nor written."""

    def read(self, key: str) -> StoredItem | None:
        raise AssertionError(key)

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        raise AssertionError(key)


def test_a_call_is_counted_only_if_a_limit_was_checked(system: System) -> None:
    system.attempts = Broken()
    customers = {
        "id": "customers",
        "when": {"record.kind": "Customer"},
        "signal": {"number": "hotline"},
    }
    consumers = rule("limit", "callee.attempts", attempts())
    consumers["when"]["record.kind"] = "Consumer"
    first = plan(rules=[customers, rule("limit", "callee.attempts", attempts()), ALLOW])
    others = plan(rules=[consumers, ALLOW])
    assert system.dial(first).rule == "customers"
    assert system.dial(others).rule == "allow"


def test_a_call_that_cannot_be_counted_is_not_allowed(system: System, table: Any) -> None:
    system.attempts = DynamoDBAttempts(table.dynamodb, "no-such-table")
    assert system.dial(LIMITED).cause == "outage"
    assert system.dial(LIMITED, "112").rule == "allow"


@pytest.mark.parametrize("listed", ["+431265030", "+49431265030"])
def test_both_readings_of_an_ambiguous_number_are_looked_up_in_all_lists(
    system: System, listed: str
) -> None:
    names = [f"list{index}" for index in range(MAX_LISTS)]  # more than 100 keys
    the_plan = plan(rules=[rule("listed", "callee.listed", names), ALLOW])
    assert system.dial(the_plan, "431265030").rule == "allow"
    system.put(number_key(names[-1], listed, PSEUDONYM))
    assert system.dial(the_plan, "431265030").rule == "listed"


@pytest.mark.parametrize("listed", ["+499001234567", "+4990012345678"])
def test_a_number_with_surplus_digits_is_looked_up_with_and_without(
    system: System, listed: str
) -> None:
    assert system.dial(LISTED, "+4990012345678").rule == "allow"
    system.put(number_key("dnc", listed, PSEUDONYM))
    assert system.dial(LISTED, "+4990012345678").rule == "listed"


def test_an_ambiguous_call_is_counted_for_the_number_that_is_dialled(system: System) -> None:
    limited = plan(rules=[rule("limit", "callee.attempts", attempts(count=1)), ALLOW])
    assert system.dial(limited, "431265030").rule == "allow"
    system.clock.advance(60)
    assert system.dial(limited, "+49431265030").rule == "allow"
    assert system.dial(limited, "+431265030").rule == "limit"
