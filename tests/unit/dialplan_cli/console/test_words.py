"""A dial plan in words, in both languages."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from click_to_dial.dialplan.conditions import condition
from dialplan_cli.console.language import text
from dialplan_cli.console.words import Words, age, duration
from dialplan_cli.plan.read import parse_plan

PLAN = """
version: 1
home_region: DE
service_numbers:
  hotline: {number: "498999998100", name: Hotline}
  soon: # not yet valid
    number: "431265030"
    name: Soon
    valid_from: 2026-12-01
    valid_to: 2026-12-31
    regions: [AT, CH]
mappings: {by-country: {entries: {AT: soon}, default: hotline}}
objects:
  Contact: {kind: Account.Type, blocked: DoNotCall, owner: OwnerId, numbers: [Phone]}
  Lead: {kind: Status}
agents: {match: CommunityNickname, attributes: {extension: Extension}}
lists: [dnc, robinson]
rules:
  - {id: emergency, when: {callee.kind: emergency}, signal: hotline}
  - id: either
    when: [{record.blocked: true}, {callee.listed: [dnc, robinson]}]
    refuse: No calls.
  - id: mapped
    when: {callee.country: [AT, CH]}
    signal: {mapping: by-country, key: callee.country}
    otherwise: {signal: {agent: extension, prefix: "49899"}, otherwise: next}
  - {id: another, when: {callee.on_record: false}, refuse: Not here.}
  - {id: others, signal: soon, otherwise: {signal: hotline}}
outage:
  - {when: {record.object: Lead}, refuse: Not now.}
  - {signal: hotline}
"""
NOVEMBER = 1795824000  # 2026-11-28


@pytest.fixture
def english() -> Iterator[Words]:
    with Flask("test").test_request_context(headers={"Accept-Language": "en"}):
        yield words()


@pytest.fixture
def german() -> Iterator[Words]:
    with Flask("test").test_request_context(headers={"Accept-Language": "de-AT,de;q=0.9"}):
        yield words()


def words() -> Words:
    return Words(parse_plan(PLAN).document, "Europe/Berlin", NOVEMBER)


@pytest.mark.parametrize(
    ("fact", "expected", "said"),
    [
        ("callee.kind", "mobile", "the number is a mobile number"),
        ("callee.country", ["AT", "CH"], "the country of the number is Austria or Switzerland"),
        ("callee.number", {"prefix": "+43"}, "the number begins with “+43”"),
        ("record.kind", {"not": ["A", "B"]}, "“kind” of the record is not “A” or “B”"),
        ("record.size", {"gte": 5, "lt": 9}, "“size” of the record is at least 5 and "
         "“size” of the record is less than 9"),
        ("record.blocked", True, "the person does not want to be called"),
        ("record.kind", {"present": False}, "“kind” of the record is missing"),
        ("record.owner", {"same_as": "agent.id"}, "“owner” of the record is the same as the agent"),
        ("agent.known", False, "the agent is not known in Salesforce"),
        ("hours.evening", False, "the calling hours “evening” are closed"),
        ("callee.listed", "dnc", "the number is on the list dnc"),
        ("callee.listed", {"not": ["dnc", "robinson"]},
         "the number is not on the list dnc or robinson"),
        ("callee.attempts", {"gte": 4, "within": 2592000, "by": "others"},
         "the number was called by other agents at least 4 times within 30 days"),
        ("record.kind", {"newer_than": 3}, "“kind” of the record: newer_than 3"),
        ("weather.sunny", "much", "weather.sunny is much"),
    ],
)  # fmt: skip
def test_conditions(english: Words, fact: str, expected: Any, said: str) -> None:
    assert english.condition(fact, expected) == said


@pytest.mark.parametrize(
    ("fact", "expected", "said"),
    [
        ("callee.kind", "mobile", "die Nummer eine Mobilnummer ist"),
        ("callee.country", "AT", "das Land der Nummer Österreich ist"),
        ("record.blocked", True, "die Person nicht angerufen werden möchte"),
        ("callee.attempts", {"gte": 1, "within": 60, "by": "others"},
         "die Nummer innerhalb von 1 Minute mindestens 1-mal von anderen Agenten angerufen wurde"),
    ],
)  # fmt: skip
def test_conditions_in_german(german: Words, fact: str, expected: Any, said: str) -> None:
    assert german.condition(fact, expected) == said


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ("callee.listed", ["dnc", "robinson"]),
        ("callee.listed", {"not": "dnc"}),
        ("callee.attempts", {"gte": 4, "within": 86400, "by": "anyone"}),
    ],
)
def test_a_condition_of_a_trace_has_the_words_of_the_plan(
    english: Words, fact: str, expected: Any
) -> None:
    traced = condition(fact, expected)
    assert english.condition(traced.fact, traced.expected) == english.condition(fact, expected)


def test_rules(english: Words) -> None:
    emergency, either, mapped, another, others = english.rules()
    assert emergency.emergency
    assert not emergency.needs_salesforce
    assert either.sets == (
        ("the person does not want to be called",),
        ("the number is on the list dnc or robinson",),
    )
    assert (either.outcome.kind, either.outcome.words) == ("refuse", "No calls.")
    assert either.needs_salesforce
    assert mapped.outcome.mapping == "by-country"
    assert [number.key for number in mapped.outcome.numbers] == ["hotline"]
    agents = mapped.outcome.otherwise
    assert agents is not None
    assert (
        agents.words == "The agent’s own number, from “extension” of the agent, with 49899 in front"
    )
    assert agents.otherwise is not None
    assert agents.otherwise.kind == "next"
    assert another.needs_salesforce
    assert others.sets == ((),)
    assert not others.needs_salesforce


def test_all_conditions_of_a_rule(english: Words) -> None:
    assert english.conditions("either") == (
        "the person does not want to be called or the number is on the list dnc or robinson"
    )
    assert english.conditions("others") == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [(1234567.5, "1234567.5"), (2500000.0, "2500000"), (0.1, "0.1"), (7, "7")],
)
def test_an_amount_has_all_its_digits(english: Words, value: float, said: str) -> None:
    assert english.value("record.amount", value) == said


def test_a_service_number_with_its_country_and_validity(english: Words) -> None:
    number = english.number("soon")
    assert number.written == "+43 1 265030"
    assert number.country == "Austria"
    assert number.validity == "valid from 2026-12-01 to 2026-12-31"
    assert number.regions == "only for Austria and Switzerland"
    assert not number.available
    assert english.number("hotline").available


def test_the_rules_of_the_outage(english: Words) -> None:
    lead, all_others = english.outage()
    assert lead.sets == (("the clicked object is “Lead”",),)
    assert all_others.outcome.numbers[0].name == "Hotline"


def test_durations_and_ages(english: Words) -> None:
    assert duration(5400) == "90 minutes"
    assert duration(0) == "0 seconds"
    assert age(5400) == "1 hour"
    assert age(0.4) == "0 seconds"


def test_the_age_of_a_copy_in_german(german: Words) -> None:
    days = age(3 * 86400)
    assert text("rules.copy_age", age=days) == "vor 3 Tagen gelesen"
    assert text("try_call.from_cached", age=days) == "Kopie, vor 3 Tagen gelesen"
