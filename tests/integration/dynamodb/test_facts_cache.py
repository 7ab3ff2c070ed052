"""The facts cache: the same contract for the fake and for DynamoDB."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.errors import DynamoDBError, SalesforceUnavailableError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import NOT_FOUND_SECONDS, CachedFacts, FactsCache, SalesforceResult
from tests.fakes import DOCUMENT, Clock, FakeFacts, plan

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
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
    clock.advance(60)
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, AGENT)
    assert (stored.record_age, stored.agent_age) == (60, 60)


def test_a_clock_that_is_behind_the_writers_makes_nothing_younger_than_new(
    facts: FactsCache, clock: Clock
) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
    clock.advance(-5)
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record_age, stored.agent_age) == (0, 0)


def test_others_are_not_known(facts: FactsCache) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
    assert facts.read(plan(), "003dM00003jU9GxQAK", "JDOE") == CachedFacts()
    assert facts.read(plan(), None, "jdoe").agent == AGENT


def test_failures_are_not_kept(facts: FactsCache) -> None:
    error = SalesforceUnavailableError("reset")
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(error, AGENT))
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, None))
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(error, error))
    stored = facts.read(plan(), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (RECORD, AGENT)


def test_the_object_of_a_custom_prefix_is_remembered(facts: FactsCache, clock: Clock) -> None:
    facts.write(plan(), VEHICLE, "jdoe", SalesforceResult(Record(False, "Vehicle__c"), None))
    clock.advance(24 * 3600)
    assert facts.read(plan(), "a0BdM00003jU9GyQAK", "jdoe").object_name == "Vehicle__c"


@pytest.mark.parametrize(
    "change",
    [
        {"objects": {**DOCUMENT["objects"], "Account": {"kind": "Rating"}}},
        {"objects": {}},
    ],
)
def test_a_record_of_another_shape_is_not_served(facts: FactsCache, change: Any) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
    stored = facts.read(plan(**change), ACCOUNT, "jdoe")
    assert (stored.record, stored.agent) == (None, AGENT)


LEAD = "00QdM00003jU9GxUAK"
SPELLINGS = [("Lead", "DoNotCall"), ("lead", "DoNotCall"), ("LEAD", "donotcall")]


@pytest.mark.parametrize(("name", "field"), SPELLINGS)
def test_a_record_is_served_however_the_plan_spells_its_object(
    facts: FactsCache, name: str, field: str
) -> None:
    before = plan(objects={"Lead": {"do_not_call": "DoNotCall"}})
    opted_out = Record(True, "Lead", {"do_not_call": True})
    facts.write(before, LEAD, "jdoe", SalesforceResult(opted_out, AGENT))
    found = facts.read(plan(objects={name: {"do_not_call": field}}), LEAD, "jdoe").record
    assert found == Record(True, name, {"do_not_call": True})


@pytest.mark.parametrize(("name", "field"), SPELLINGS)
def test_a_record_without_the_opt_out_is_not_served_however_the_plan_spells_its_object(
    facts: FactsCache, name: str, field: str
) -> None:
    facts.write(plan(objects={}), LEAD, "jdoe", SalesforceResult(Record(True, "Lead"), AGENT))
    found = facts.read(plan(objects={name: {"do_not_call": field}}), LEAD, "jdoe")
    assert (found.record, found.agent) == (None, AGENT)


@pytest.mark.parametrize(
    "agents",
    [
        {"match": "FederationIdentifier", "attributes": {"extension": "Extension"}},
        {"match": "CommunityNickname", "attributes": {"extension": "Phone"}},
    ],
)
def test_an_agent_of_another_shape_is_not_served(facts: FactsCache, agents: Any) -> None:
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
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
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(record, agent))
    clock.advance(seconds - 1)
    assert facts.read(plan(), ACCOUNT, "jdoe").record == record
    clock.advance(1)
    assert facts.read(plan(), ACCOUNT, "jdoe") == CachedFacts()


def test_the_agents_login_is_not_in_the_table(table: Any, clock: Clock) -> None:
    facts = DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock)
    facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
    assert "jdoe" not in str(table.boto3.scan(TableName=table.name)["Items"])


def test_what_the_plan_keeps_for_no_time_is_not_written(table: Any, clock: Clock) -> None:
    facts = DynamoDBFacts(table.dynamodb, table.name, "acme.my.salesforce.com", clock)
    nothing_kept = plan(freshness={"record": 0, "agent": 0, "stale_if_error": 0})
    facts.write(nothing_kept, ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT))
    assert table.boto3.scan(TableName=table.name)["Items"] == []


def test_two_organisations_do_not_share_facts(table: Any, clock: Clock) -> None:
    DynamoDBFacts(table.dynamodb, table.name, "one", clock).write(
        plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT)
    )
    other = DynamoDBFacts(table.dynamodb, table.name, "other", clock)
    assert other.read(plan(), ACCOUNT, "jdoe") == CachedFacts()


def unprocessing(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
    """A DynamoDB that is too busy for some of the keys of a batch."""
    return {"Responses": {}, "UnprocessedKeys": RequestItems}


def test_what_is_left_unprocessed_counts_as_not_kept(clock: Clock) -> None:
    client = SimpleNamespace(batch_get_item=unprocessing)
    facts = DynamoDBFacts(client, "table", "org", clock)
    assert facts.read(plan(), ACCOUNT, "jdoe") == CachedFacts()


def test_an_answer_without_responses_does_not_mean_that_a_number_is_not_listed(
    clock: Clock,
) -> None:
    client = SimpleNamespace(batch_get_item=lambda **_: {"ResponseMetadata": {}})
    with pytest.raises(DynamoDBError, match="Facts cannot be read"):
        DynamoDBFacts(client, "table", "org", clock).read(plan(), ACCOUNT, "jdoe", ["list#dnc#1"])


@pytest.mark.parametrize(
    "use",
    [
        lambda facts: facts.read(plan(), ACCOUNT, "jdoe"),
        lambda facts: facts.write(plan(), ACCOUNT, "jdoe", SalesforceResult(RECORD, AGENT)),
    ],
    ids=["read", "write"],
)
def test_a_table_that_fails_is_an_error_of_ours(
    table: Any, use: Callable[[FactsCache], None]
) -> None:
    with pytest.raises(DynamoDBError, match="Facts cannot be"):
        use(DynamoDBFacts(table.dynamodb, "no-such-table", "org"))
