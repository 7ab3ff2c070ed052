"""callee.on_record: the called number is one of the record's numbers, however it is written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.decision.number_lookups import hash_numbers
from click_to_dial.decision.service import ClickToDial, Report, Request
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import SalesforceUnavailableError
from click_to_dial.model import Record
from click_to_dial.pseudonym import keyed
from tests.fakes import Clock, FakeFacts, FakeSalesforce, plan
from tests.unit.decision.test_service import service

ACCOUNT = "001dM00003jU9GxQAK"
RULES: list[Any] = [
    {"id": "other", "when": {"callee.on_record": False}, "refuse": "Not this record's number."},
    {"id": "own", "when": {"callee.on_record": True}, "signal": {"number": "hotline"}},
    {"id": "missing", "when": {}, "signal": {"number": "hotline-at"}},
]


def the_plan(**changes: Any) -> DialPlan:
    return plan(rules=RULES, numbers={"Account": ["Phone", "Fax"]}, **changes)


def decide(
    called: str, fields: tuple[str, ...], with_plan: DialPlan, cache: FakeFacts | None = None
) -> Report:
    record = Record(True, "Account", {}, numbers=fields)
    decider: ClickToDial = service(FakeSalesforce(record), cache, with_plan)
    return decider.decide(Request(ACCOUNT, called, "jdoe"))


def rule(report: Report) -> str:
    assert report.decision is not None
    return report.decision.rule


@pytest.mark.parametrize(
    ("called", "fields", "expected"),
    [
        ("+4989461495", ("+49 (89) 461495",), "own"),
        ("089461495", ("none", "", "+4989461495"), "own"),
        ("+4989461495", ("089 / 461 495",), "own"),
        ("4989461495", ("0049 89 461495",), "own"),
        ("+4989461495", (), "other"),
        ("+4989461495", ("+4989461496",), "other"),
        ("+4989461495", ("089 461495 or 089 461496",), "other"),
        ("+4989461495", ("ask Anna", "\u00a0", "+"), "other"),
        ("217", ("217",), "own"),
        ("217", ("+49217",), "other"),
        ("218", ("217",), "other"),
        ("+49900123456799", ("+49 900 1234567",), "own"),  # networks ignore surplus digits
        ("+49 900 1234567".replace(" ", ""), ("+49900123456799",), "own"),
    ],
)
def test_the_spelling_of_a_number_does_not_matter(
    called: str, fields: tuple[str, ...], expected: str
) -> None:
    assert rule(decide(called, fields, the_plan())) == expected


@pytest.mark.parametrize("field", ["+43 1 265030", "+49 4312 65030"])
def test_each_reading_of_an_ambiguous_number_counts(field: str) -> None:
    report = decide("431265030", (field,), the_plan())
    assert report.click.other_callee is not None
    assert rule(report) == "own"
    assert rule(decide("431265030", ("+43 1 265031",), the_plan())) == "other"


SUBSCRIBERS = [("49", "89461495"), ("49", "1701234567"), ("43", "1265030"), ("41", "446681800")]


@st.composite
def spelt(draw: st.DrawFn) -> tuple[str, str]:
    """Generate a number's identity, and one of its spellings that have only one reading."""
    country, national = draw(st.sampled_from(SUBSCRIBERS))
    prefixes = ["+", "00"] + (["0"] if country == "49" else [])
    prefix = draw(st.sampled_from(prefixes))
    digits = national if prefix == "0" else country + national
    separators = draw(st.lists(st.sampled_from(["", " ", "-", "/", "."]), min_size=15, max_size=15))
    spread = "".join(digit + separators[at] for at, digit in enumerate(digits))
    return country + national, prefix + spread


@given(spelt(), st.lists(spelt() | st.just(("", "unknown")), max_size=3))
def test_a_number_is_on_the_record_if_a_field_has_the_same_number(
    called: tuple[str, str], fields: list[tuple[str, str]]
) -> None:
    cleaned = "".join(each for each in called[1] if each in "+0123456789")
    report = decide(cleaned, tuple(text for _, text in fields), the_plan())
    assert rule(report) == ("own" if called[0] in [each for each, _ in fields] else "other")


def test_it_is_missing_without_numbers_and_without_a_record() -> None:
    no_numbers = plan(rules=RULES)
    assert rule(decide("+4989461495", (), no_numbers)) == "missing"
    without_record = service(None, None, the_plan(without_record="allow"))
    assert rule(without_record.decide(Request(None, "+4989461495", "jdoe"))) == "missing"


def test_it_is_unknown_if_the_record_is() -> None:
    down = FakeSalesforce(error=SalesforceUnavailableError("reset"))
    report = service(down, None, the_plan()).decide(Request(ACCOUNT, "+4989461495", "jdoe"))
    assert report.decision is not None
    assert (report.decision.rule, report.decision.cause) == ("other", "outage")


def test_an_emergency_call_is_not_refused_by_it() -> None:
    assert rule(decide("112", ("+4989461495",), the_plan())) == "missing"
    assert rule(decide("112", ("112",), the_plan())) == "own"


@pytest.mark.parametrize("age", [10, 7200], ids=["fresh", "stale"])
@pytest.mark.parametrize(("called", "expected"), [("+4989461495", "own"), ("+431265030", "other")])
def test_cached_numbers_decide_like_those_of_salesforce(
    age: float, called: str, expected: str
) -> None:
    cache = FakeFacts(Clock())
    cached = the_plan(freshness={"record": 60, "agent": 60, "stale_if_error": 28800})
    decide("+4989461495", ("089 461495",), cached, cache)
    stored = cache.read(cached, ACCOUNT, "jdoe").record
    assert stored is not None
    assert stored.numbers == ("+4989461495",)  # the tests' pseudonym returns the number itself
    cache.clock.advance(age)
    down = FakeSalesforce(error=SalesforceUnavailableError("reset"))
    report = service(down, cache, cached).decide(Request(ACCOUNT, called, "jdoe"))
    assert rule(report) == expected


def test_the_numbers_themselves_do_not_leave_the_answer_of_salesforce() -> None:
    hashes = hash_numbers(["+49 89 461495", "217"], the_plan().numbering, keyed("key"))
    assert len(hashes) == 2
    assert all(len(each) == 32 and "461495" not in each for each in hashes)
    report = decide("+4989461495", ("+49 (89) 461495",), the_plan())
    assert report.gathered.record is not None
    assert report.gathered.record.numbers == ("+4989461495",)
