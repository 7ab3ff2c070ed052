"""Published plans in which any value has another form: they are not loaded, or they decide."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from click_to_dial.decision import api
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial, Request
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import BadParameterError, SalesforceError, UnreadableDialPlanError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import SalesforceRequest, SalesforceResult
from click_to_dial.salesforce.queries import agent_query, consent_query, record_query
from tests.fakes import DOCUMENT, Clock, FakeAttempts, FakeFacts, FakePlans, FakeSalesforce

CONTACT = "003dM00003jU9GxQAK"
RECORD = Record(
    True,
    "Contact",
    {"kind": "Customer", "callback": "+49 89 461495-000"},
    numbers=("+49 89 461495", "+49 170 12345678"),
)
CONDITIONS = {
    "record.kind": ["Customer"],
    "callee.number": {"prefix": "+49", "not": "x"},
    "record.size": {"gte": 5},
    "record.owner": {"same_as": "agent.id"},
    "record.since": {"lt": "2026-01-01"},
    "record.until": {"gt": "2026-01-01T10:00:00+01:00"},
    "record.tags": {"includes": ["A"]},
    "record.name": {"matches": "a*"},
}
PLAN: dict[str, Any] = {
    **DOCUMENT,
    "home_zone": "Europe/Berlin",
    "internal_digits": [2, 4],
    "plain_numbers": "international",
    "service_numbers": {
        "hotline": {
            "number": "4989461495000",
            "name": "Hotline",
            "valid_from": 0,
            "valid_to": 9_000_000_000,
            "regions": ["DE", "AT"],
        },
        "hotline-at": {"number": "431265030", "name": "Hotline Austria"},
    },
    "hours": {
        "callee": {
            "zone": None,
            "open": {"0": [[600, 780]], "5": [[0, 1440]]},
            "holidays": {"DE-BY": ["2026-01-06"]},
            "holidays_of_callee": True,
        },
        "home": {"zone": "Europe/Berlin", "open": {"4": [[0, 1440]]}, "holidays": {}},
    },
    "holidays": {"DE": "2026-01-01 2026-12-25", "AT": "2026-01-01"},
    "objects": {**DOCUMENT["objects"], "Contact": {"kind": "Type", "consent": "IndividualId"}},
    "numbers": {"Contact": ["Phone", "MobilePhone"]},
    "rules": [
        {"id": "theirs", "when": {"callee.on_record": False}, "refuse": "Not theirs."},
        {"id": "listed", "when": {"callee.listed": ["dnc"]}, "refuse": "Listed."},
        {
            "id": "limit",
            "when": {"callee.attempts": {"gte": 3, "within": 86400, "by": "others"}},
            "refuse": "Often.",
        },
        {
            "id": "closed",
            "when": {"hours.callee": False, "hours.home": False},
            "refuse": "Closed until {opens}.",
        },
        {
            "id": "sets",
            "when": [CONDITIONS, {"agent.known": True, "callee.kind": "mobile"}],
            "signal": {"mapping": "by-country", "key": "callee.country"},
            "otherwise": "next",
        },
        {
            "id": "numbers",
            "when": {"record.kind": "Customer"},
            "signal": {"record": "callback"},
            "otherwise": {
                "signal": {"agent": "extension", "prefix": "49", "name": ""},
                "otherwise": "next",
            },
        },
        *DOCUMENT["rules"],
    ],
    "outage": [
        {"when": {"record.object": "Lead"}, "refuse": "No."},
        {"when": {}, "signal": {"number": "hotline"}},
    ],
    "freshness": {"record": 60, "agent": 3600, "stale_if_error": 28800},
}
OTHER_FORMS: list[Any] = [None, 7, True, "x", "", [], {}, ["x"], [[]], {"x": {}}]


def paths(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value in a document."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in children:
        yield (*at, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*at, key))


def put(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of a document with another value at a path."""
    if not path:
        return value
    changed = dict(node) if isinstance(node, dict) else list(node)
    changed[path[0]] = put(node[path[0]], path[1:], value)
    return changed


def decide_everything(the_plan: DialPlan) -> None:
    """Make decisions with fresh, stale and no facts, and all queries."""
    cache, salesforce = FakeFacts(Clock()), FakeSalesforce(record=RECORD, agent=Agent(True))
    attempts = FakeAttempts(cache.items)
    decided = ClickToDial(
        FakePlans(the_plan), cache, salesforce, CircuitBreaker(), attempts, str, 2.5, cache.clock
    )
    for number in ("+4989461495", "431265030"):
        api.answer(decided.decide(Request(CONTACT, number, "jdoe")))
    result = SalesforceResult(RECORD, Agent(True, {"extension": "217"}))
    cache.write(the_plan, CONTACT, "jdoe", result, cache.clock())
    salesforce.error = SalesforceError("read-timeout")
    for seconds in (1, 7200):
        cache.clock.advance(seconds)
        api.answer(decided.decide(Request(CONTACT, "+4917012345678", "jdoe")))
    api.answer(decided.decide(Request(CONTACT, "112", "")))
    request = SalesforceRequest(CONTACT, "jdoe")
    record_query(the_plan, request, "Contact")
    agent_query(the_plan, request)
    consent_query(the_plan, "Contact")


def test_the_plan_decides() -> None:
    decide_everything(load(PLAN))


@pytest.mark.parametrize("path", list(paths(PLAN)), ids=lambda path: ".".join(map(str, path)))
def test_a_value_of_another_form_is_noticed_when_the_plan_is_loaded(path: tuple[Any, ...]) -> None:
    for value in OTHER_FORMS:
        with suppress(UnreadableDialPlanError, BadParameterError, SalesforceError):
            decide_everything(load(put(PLAN, path, value)))
