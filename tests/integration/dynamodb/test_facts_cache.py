"""The facts cache: the same contract for the fake and for DynamoDB."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial, Request
from click_to_dial.dynamodb.facts_cache import OBJECT_NAME_SECONDS, DynamoDBFacts
from click_to_dial.dynamodb.number_lists import ListEntry, NumberLists
from click_to_dial.errors import DynamoDBError, SalesforceUnavailableError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import NOT_FOUND_SECONDS, CachedFacts, FactsCache, SalesforceResult
from click_to_dial.pseudonym import keyed
from tests.fakes import (
    DOCUMENT,
    ChangedClient,
    Clock,
    FakeAttempts,
    FakeFacts,
    FakePlans,
    FakeSalesforce,
    plan,
)

ACCOUNT, VEHICLE = "001dM00003jU9GxQAK", "a0BdM00003jU9GxQAK"
RECORD = Record(True, "Account", {"kind": "Kunde für Süd", "employees": 7.5, "vip": True})
AGENT = Agent(True, {"extension": "217"})


@pytest.fixture(params=["fake", "DynamoDB"])
def facts(request: pytest.FixtureRequest, clock: Clock, table: Any) -> FactsCache:
    if request.param == "fake":
        return FakeFacts(clock)
    return DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_was_written_is_read_with_its_age(facts: FactsCache, clock: Clock) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    clock.advance(60)
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, AGENT)
    assert (stored.record_age, stored.agent_age) == (60, 60)


def test_a_clock_that_is_behind_the_writers_makes_nothing_younger_than_new(
    facts: FactsCache, clock: Clock
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    clock.advance(-5)
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, AGENT)
    assert (stored.record_age, stored.agent_age) == (0, 0)


def test_facts_of_a_clock_that_is_ahead_are_absent_and_replaced(
    facts: FactsCache, clock: Clock
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    clock.advance(-6)
    assert facts.read(plan(), ACCOUNT, "jdoe") == CachedFacts()
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    assert facts.read(plan(), ACCOUNT, "jdoe").record == RECORD


def test_a_late_answer_does_not_replace_one_that_was_asked_for_later(
    facts: FactsCache, clock: Clock
) -> None:
    before = clock()
    clock.advance(1)
    opted_out = RECORD._replace(attributes={"do_not_call": True})
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(opted_out, Agent(False)), clock())
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), before)
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (opted_out, Agent(False))
    assert (stored.record_age, stored.agent_age) == (0, 0)


def test_facts_are_as_old_as_the_request_for_them(facts: FactsCache, clock: Clock) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock() - 2)
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record_age, stored.agent_age) == (2, 2)


def test_a_record_is_not_kept_longer_than_its_consent_is_valid(
    facts: FactsCache, clock: Clock
) -> None:
    opted_in = RECORD._replace(attributes={"consent": "opted-in"}, valid_until=clock() + 60)
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(opted_in, AGENT), clock())
    clock.advance(59)
    stored = facts.read(plan(), ACCOUNT, "jdoe").record
    assert stored is not None
    assert stored.attributes == opted_in.attributes
    clock.advance(1)
    stored_facts = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored_facts.record, stored_facts.agent) == (None, AGENT)


def test_others_are_not_known(facts: FactsCache, clock: Clock) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    assert facts.read(plan(), "003dM00003jU9GxQAK", "jdo") == CachedFacts()
    assert facts.read(plan(), None, "jdoe").agent == AGENT


def test_an_agent_is_known_in_every_spelling_of_the_login(facts: FactsCache, clock: Clock) -> None:
    facts.write(plan(), ACCOUNT, "zoë", SalesforceResult(RECORD, AGENT), clock())
    for spelling in ("ZOË", "Zoe\u0308"):
        assert facts.read(plan(), None, spelling).agent == AGENT
    with_case = plan(agents={**DOCUMENT["agents"], "case_sensitive": True})
    facts.write(with_case, None, "jdoe", SalesforceResult(None, AGENT), clock())
    assert facts.read(with_case, None, "JDOE").agent is None


def test_a_sandbox_writes_the_object_of_a_key_prefix_once(table: Any, clock: Clock) -> None:
    vehicle = SalesforceResult(Record(True, "Vehicle__c"), None)
    sandboxes = [
        DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock) for _ in "abc"
    ]
    key = {"pk": {"S": "object#acme.my.salesforce.com#a0B"}, "sk": {"S": "facts"}}

    def written_at() -> float:
        item = table.dynamodb.get_item(TableName=table.name, Key=key)["Item"]
        return float(item["read_at"]["N"])

    started = clock()
    sandboxes[0].write(plan(), VEHICLE, "jdoe", vehicle, clock())
    assert sandboxes[1].read(plan(), VEHICLE, "jdoe").object_name == "Vehicle__c"
    clock.advance(60)
    sandboxes[0].write(plan(), VEHICLE, "jdoe", vehicle, clock())
    sandboxes[1].write(plan(), VEHICLE, "jdoe", vehicle, clock())
    assert written_at() == started
    sandboxes[2].write(plan(), VEHICLE, "jdoe", vehicle, clock())
    assert written_at() == started + 60
    renamed = vehicle._replace(record=Record(True, "Car__c"))
    sandboxes[0].write(plan(), VEHICLE, "jdoe", renamed, clock())
    assert sandboxes[1].read(plan(), VEHICLE, "jdoe").object_name == "Car__c"


def test_the_object_of_a_key_prefix_is_written_again_if_its_item_is_lost(
    table: Any, clock: Clock
) -> None:
    """The item expires, or somebody deletes or damages it."""
    facts = DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock)
    vehicle = SalesforceResult(Record(True, "Vehicle__c"), None)
    facts.write(plan(), VEHICLE, "jdoe", vehicle, clock())
    assert facts.read(plan(), VEHICLE, "jdoe").object_name == "Vehicle__c"
    clock.advance(OBJECT_NAME_SECONDS)
    assert facts.read(plan(), VEHICLE, "jdoe").object_name is None
    facts.write(plan(), VEHICLE, "jdoe", vehicle, clock())
    assert facts.read(plan(), VEHICLE, "jdoe").object_name == "Vehicle__c"


def test_failures_are_not_kept(facts: FactsCache, clock: Clock) -> None:
    error = SalesforceUnavailableError("reset")
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(error, AGENT), clock())
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, None), clock())
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(error, error), clock())
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, AGENT)


def test_the_object_of_a_custom_prefix_is_remembered(facts: FactsCache, clock: Clock) -> None:
    facts.write(
        plan(), VEHICLE, "jdoe", SalesforceResult(Record(False, "Vehicle__c"), None), clock()
    )
    clock.advance(24 * 3600)
    assert facts.read(plan(), "a0BdM00003jU9GyQAK", "jdoe").object_name == "Vehicle__c"


@pytest.mark.parametrize(
    "change",
    [
        {"objects": {**DOCUMENT["objects"], "Account": {"kind": "Rating"}}},
        {"objects": {}},
    ],
)
def test_a_record_of_another_shape_is_not_served(
    facts: FactsCache, clock: Clock, change: Any
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    stored = facts.read(plan(**change), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (None, AGENT)


LEAD = "00QdM00003jU9GxUAK"
SPELLINGS = [("Lead", "DoNotCall"), ("lead", "DoNotCall"), ("LEAD", "donotcall")]


@pytest.mark.parametrize(("name", "field"), SPELLINGS)
def test_a_record_is_served_however_the_plan_spells_its_object(
    facts: FactsCache, clock: Clock, name: str, field: str
) -> None:
    before = plan(objects={"Lead": {"do_not_call": "DoNotCall"}})
    opted_out = Record(True, "Lead", {"do_not_call": True})
    facts.write(before, LEAD, "jdoe", SalesforceResult(opted_out, AGENT), clock())
    found = facts.read(plan(objects={name: {"do_not_call": field}}), LEAD, "jdoe").record
    assert found == Record(True, name, {"do_not_call": True})


@pytest.mark.parametrize(("name", "field"), SPELLINGS)
def test_a_record_without_the_opt_out_is_not_served_however_the_plan_spells_its_object(
    facts: FactsCache, clock: Clock, name: str, field: str
) -> None:
    facts.write(
        plan(objects={}), LEAD, "jdoe", SalesforceResult(Record(True, "Lead"), AGENT), clock()
    )
    found = facts.read(plan(objects={name: {"do_not_call": field}}), LEAD, "jdoe")
    assert (found.record, found.agent) == (None, AGENT)


NUMBERS = {"Account": ["Phone", "Fax"]}


def test_numbers_of_a_record_are_read_as_they_were_written(facts: FactsCache, clock: Clock) -> None:
    record = RECORD._replace(numbers=("2f1d", "a07c"))
    facts.write(plan(numbers=NUMBERS), ACCOUNT, "jdoe", SalesforceResult(record, None), clock())
    assert facts.read(plan(numbers=NUMBERS), ACCOUNT, "jdoe").record == record


@pytest.mark.parametrize(
    "change",
    [
        {"numbers": {}},
        {"numbers": {"Account": ["Phone"]}},
        {"numbers": NUMBERS, "home_region": "AT"},
        {"numbers": NUMBERS, "plain_numbers": "national"},
        {"numbers": NUMBERS, "internal_digits": [3, 4]},
    ],
)
def test_numbers_that_the_plan_reads_differently_are_not_served(
    facts: FactsCache, clock: Clock, change: Any
) -> None:
    record = RECORD._replace(numbers=("2f1d", "a07c"))
    facts.write(plan(numbers=NUMBERS), ACCOUNT, "jdoe", SalesforceResult(record, AGENT), clock())
    stored = facts.read(plan(**change), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (None, AGENT)


def test_how_numbers_are_read_does_not_matter_to_records_without(
    facts: FactsCache, clock: Clock
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    assert facts.read(plan(home_region="AT"), ACCOUNT, "jdoe").record == RECORD


@pytest.mark.parametrize(
    "agents",
    [
        {"match": "FederationIdentifier", "attributes": {"extension": "Extension"}},
        {"match": "CommunityNickname", "attributes": {"extension": "Phone"}},
    ],
)
def test_an_agent_of_another_shape_is_not_served(
    facts: FactsCache, clock: Clock, agents: Any
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    stored = facts.read(plan(agents=agents), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, None)


@pytest.mark.parametrize(
    ("record", "agent", "seconds"),
    [
        (RECORD, AGENT, 28800),
        (Record(False, "Account"), Agent(False), NOT_FOUND_SECONDS),
    ],
)
def test_facts_end_though_dynamodb_deletes_late(
    facts: FactsCache, clock: Clock, record: Record, agent: Agent, seconds: int
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(record, agent), clock())
    clock.advance(seconds - 1)
    assert facts.read(plan(), ACCOUNT, "jdoe").record == record
    clock.advance(1)
    assert facts.read(plan(), ACCOUNT, "jdoe") == CachedFacts()


def test_the_agents_login_is_not_in_the_table(table: Any, clock: Clock) -> None:
    facts = DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock)
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    assert "jdoe" not in str(table.boto3.scan(TableName=table.name)["Items"])


def test_phone_numbers_of_the_record_are_in_the_table_as_keyed_hashes(
    table: Any, clock: Clock
) -> None:
    record = RECORD._replace(numbers=("+49 (89) 461495-000", "089 461495001"))
    service = ClickToDial(
        plans=FakePlans(plan(numbers=NUMBERS)),
        cache=DynamoDBFacts(table.dynamodb, table.name, "org", clock),
        salesforce=FakeSalesforce(record),
        breaker=CircuitBreaker(),
        attempts=FakeAttempts({}),
        pseudonym=keyed("key"),
        time_budget=60.0,
        clock=clock,
    )
    service.decide(Request(ACCOUNT, "+4989461495000", "jdoe"))
    stored = str(table.boto3.scan(TableName=table.name)["Items"])
    assert keyed("key")("+4989461495000") in stored
    assert keyed("key")("+4989461495001") in stored
    assert "461495" not in stored


def test_what_the_plan_keeps_for_no_time_is_not_written(table: Any, clock: Clock) -> None:
    facts = DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock)
    nothing_kept = plan(freshness={"record": 0, "agent": 0, "stale_if_error": 0})
    facts.write(nothing_kept, ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    assert table.boto3.scan(TableName=table.name)["Items"] == []


def test_two_organisations_do_not_share_facts(table: Any, clock: Clock) -> None:
    DynamoDBFacts(table.dynamodb, table.name, "one", clock).write(
        plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock()
    )
    other = DynamoDBFacts(table.dynamodb, table.name, "other", clock)
    assert other.read(plan(), ACCOUNT, "jdoe") == CachedFacts()


class Busy:
    """A DynamoDB that leaves some keys of a batch unprocessed, up to `times` times."""

    def __init__(self, client: Any, times: int, fails: bool = False) -> None:
        self.client, self.times, self.fails, self.calls = client, times, fails, 0

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        self.calls += 1
        if self.calls > self.times:
            return self.client.batch_get_item(RequestItems=RequestItems)
        if self.fails and self.calls > 1:
            raise ReadTimeoutError(endpoint_url="")
        ((table, request),) = RequestItems.items()
        now, later = request["Keys"][::2], request["Keys"][1::2]
        answer = self.client.batch_get_item(RequestItems={table: {"Keys": now}})
        return {**answer, "UnprocessedKeys": {table: {"Keys": later}} if later else {}}


def listed(table: Any) -> list[str]:
    """Write the entries of eight lists and return their keys."""
    keys = [f"list#{name}#1" for name in "abcdefgh"]
    NumberLists(table.dynamodb, table.name).write(ListEntry(key, "", "", None) for key in keys)
    return keys


def test_unprocessed_keys_are_requested_again_once(table: Any, clock: Clock) -> None:
    busy, keys = Busy(table.dynamodb, times=1), listed(table)
    facts = DynamoDBFacts(busy, table.name, "org", clock)
    DynamoDBFacts(table.dynamodb, table.name, "org", clock).write(
        plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock()
    )
    found = facts.read(plan(), ACCOUNT, "jdoe", [*keys, "list#i#1"])
    assert (found.record, found.agent, found.failure) == (RECORD, AGENT, None)
    assert (set(found.items), busy.calls) == (set(keys), 2)


@pytest.mark.parametrize("fails", [False, True])
def test_keys_that_are_left_unprocessed_are_unknown_and_the_others_are_known(
    table: Any, clock: Clock, fails: bool
) -> None:
    busy, keys = Busy(table.dynamodb, times=2, fails=fails), listed(table)
    facts = DynamoDBFacts(busy, table.name, "org", clock)
    found = facts.read(plan(), ACCOUNT, "jdoe", [*keys, "list#i#1"])
    assert isinstance(found.failure, DynamoDBError)
    known = {key for key, item in found.items.items() if item is not None}
    unknown = {key for key, item in found.items.items() if item is None}
    assert known < set(keys)
    assert len(known) >= 4
    assert unknown | known >= set(keys)
    assert busy.calls == 2


def test_one_failed_batch_leaves_the_items_of_the_other_known(table: Any, clock: Clock) -> None:
    """More than 100 keys take two batches."""
    (key, *_), others = listed(table), [f"list#z#{index}" for index in range(120)]

    def batch_get_item(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        keys = RequestItems[table.name]["Keys"]
        if len(keys) < 100:
            raise ReadTimeoutError(endpoint_url="")
        return table.dynamodb.batch_get_item(RequestItems=RequestItems)

    client = ChangedClient(table.dynamodb, batch_get_item=batch_get_item)
    found = DynamoDBFacts(client, table.name, "org", clock).read(
        plan(), ACCOUNT, "jdoe", [key, *others]
    )
    assert found.items[key] is not None
    assert list(found.items.values()).count(None) == 23
    assert isinstance(found.failure, DynamoDBError)


def test_one_item_that_cannot_be_written_is_reported_and_the_other_is_kept(
    table: Any, clock: Clock
) -> None:
    def update_item(**request: Any) -> Any:
        if request["Key"]["pk"]["S"].startswith("agent#"):
            raise ReadTimeoutError(endpoint_url="")
        return table.dynamodb.update_item(**request)

    client = ChangedClient(table.dynamodb, update_item=update_item)
    facts = DynamoDBFacts(client, table.name, "org", clock)
    with pytest.raises(DynamoDBError, match="Facts cannot be written"):
        facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, None)


def test_an_item_of_another_form_is_replaced(table: Any, clock: Clock) -> None:
    facts = DynamoDBFacts(table.dynamodb, table.name, "org", clock)
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    for item in table.boto3.scan(TableName=table.name)["Items"]:
        table.boto3.put_item(TableName=table.name, Item={**item, "read_at": {"S": "today"}})
    assert facts.read(plan(), ACCOUNT, "jdoe").record is None
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), clock())
    assert facts.read(plan(), ACCOUNT, "jdoe").record == RECORD


@pytest.mark.parametrize("response", [{}, {"Responses": {}}, {"Responses": {"other": []}}])
def test_an_answer_without_responses_does_not_mean_that_a_number_is_not_listed(
    clock: Clock, response: Any
) -> None:
    client = SimpleNamespace(batch_get_item=lambda **_: response)
    with pytest.raises(DynamoDBError, match="Facts cannot be read"):
        DynamoDBFacts(client, "table", "org", clock).read(plan(), ACCOUNT, "jdoe", ["list#dnc#1"])


@pytest.mark.parametrize(
    "use",
    [
        lambda facts: facts.read(plan(), ACCOUNT, "jdoe"),
        lambda facts: facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT), 1.0),
    ],
    ids=["read", "write"],
)
def test_a_table_that_fails_is_an_error_of_ours(
    table: Any, use: Callable[[FactsCache], None]
) -> None:
    with pytest.raises(DynamoDBError, match="Facts cannot be"):
        use(DynamoDBFacts(table.dynamodb, "no-such-table", "org"))
