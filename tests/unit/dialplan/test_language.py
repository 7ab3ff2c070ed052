"""Sets of conditions, comparisons of facts, `otherwise: next`, outage rules, emergency calls."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.dialplan import evaluate, load
from click_to_dial.dialplan.conditions import condition
from click_to_dial.model import Facts, Scalar
from tests.fakes import DOCUMENT, plan

HOTLINE = {"signal": {"number": "hotline"}}
NO = {"refuse": "No."}
SOS: dict[str, Scalar] = {"callee.kind": "emergency"}


def rules(*given: dict[str, Any], last: dict[str, Any] = HOTLINE, outage: Any = NO) -> Any:
    numbered = [{"id": f"r{index}", **rule} for index, rule in enumerate(given)]
    return plan(rules=[*numbered, {"id": "last", "when": {}, **last}], outage=outage)


# An oracle of the documented semantics of conditions: Kleene's logic over three values.

GROUPS = ("record", "agent")
NAMES = [*(f"{group}.{name}" for group in GROUPS for name in ("a", "b")), "callee.on_record"]
VALUES: list[Scalar] = ["x", "y", 1, True]


def operators() -> st.SearchStrategy[Any]:
    values = st.sampled_from(VALUES)
    return st.one_of(
        values,
        st.builds(lambda value: {"not": value}, values),
        st.builds(lambda fact: {"same_as": fact}, st.sampled_from(NAMES)),
        st.builds(lambda fact: {"differs_from": fact}, st.sampled_from(NAMES)),
        st.sampled_from([{"present": True}, {"present": False}]),
    )


SETS = st.dictionaries(st.sampled_from(NAMES), operators(), min_size=1, max_size=3)
WHENS = SETS | st.lists(SETS, min_size=1, max_size=3)


def group(name: str) -> str:
    """Return the group that may be unknown: numbers of the record are unknown with the record."""
    return "record" if name == "callee.on_record" else name.split(".")[0]


def expected_of_one(fact: str, expected: Any, facts: Facts) -> bool | None:
    def state(name: str) -> Any:
        if name in facts.values:
            return (type(facts.values[name]), facts.values[name])
        return "unknown" if group(name) in facts.unknown else "missing"

    mine = state(fact)
    if isinstance(expected, dict):
        ((operator, operand),) = expected.items()
        if operator in ("same_as", "differs_from"):
            theirs = state(operand)
            if "missing" in (mine, theirs):
                return False
            if "unknown" in (mine, theirs):
                return None
            return bool((mine == theirs) == (operator == "same_as"))
        if mine == "unknown":
            return None
        if operator == "present":
            return bool((mine != "missing") == operand)
        return bool(mine not in ("missing", (type(operand), operand)))
    return None if mine == "unknown" else bool(mine == (type(expected), expected))


def expected_of_all(when: Any, facts: Facts) -> bool | None:
    sets = when if isinstance(when, list) else [when]
    results = []
    for each in sets:
        found = [expected_of_one(fact, expected, facts) for fact, expected in each.items()]
        results.append(False if False in found else None if None in found else True)
    return True if True in results else None if None in results else False


@given(
    WHENS,
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)),
    st.sets(st.sampled_from(GROUPS)),
)
def test_a_rule_matches_as_documented(when: Any, values: Any, unknown: set[str]) -> None:
    known = {name: value for name, value in values.items() if group(name) not in unknown}
    facts = Facts(known, frozenset(unknown))
    decision = evaluate(rules({"when": when, **NO}), facts)
    matches = expected_of_all(when, facts)
    if matches is None:
        assert (decision.cause, decision.rule) == ("outage", "r0")
    else:
        assert (decision.cause, decision.rule) == ("rule", "r0" if matches else "last")


@pytest.mark.parametrize(
    ("expected", "value", "holds"),
    [
        ({"includes": "B"}, "A;B", True),
        ({"includes": ["C", "B"]}, "A;B", True),
        ({"includes": "AB"}, "A;B", False),
        ({"excludes": "B"}, "A;B", False),
        ({"excludes": ["C", "D"]}, "A;B", True),
        ({"excludes": "C"}, None, False),
        ({"includes": "C"}, None, False),
        ({"gte": "2026-11-01"}, "2026-10-31T22:59:59.000+0000", False),
        ({"gte": "2026-11-01"}, "2026-10-31T23:00:00.000+0000", True),
        ({"lte": "2026-11-01"}, "2026-11-01T22:59:59.000+0000", True),
        ({"lt": "2026-11-01"}, "2026-10-31", True),
        ({"lt": "2026-11-01T12:00"}, "2026-11-01T10:59:00.000+0000", True),
        ({"lt": "2026-11-01T12:00"}, "2026-11-01T11:00:00.000+0000", False),
        ({"gt": "a"}, "b", True),
    ],
)
def test_picklists_and_points_in_time(expected: Any, value: Any, holds: bool) -> None:
    values = {} if value is None else {"record.x": value}
    assert condition("record.x", expected, "Europe/Berlin").holds(Facts(values)) is holds


def test_the_next_rule_follows_if_there_is_no_number() -> None:
    agent = {"signal": {"agent": "extension", "prefix": "", "name": ""}, "otherwise": "next"}
    the_plan = rules({"when": {}, **agent})
    found = evaluate(the_plan, Facts({}))
    assert (found.rule, found.trace[0][:2]) == ("last", ("r0", "no-number"))
    assert evaluate(the_plan, Facts({"agent.extension": "4711"})).rule == "r0"
    unknown = evaluate(the_plan, Facts({}, frozenset(("agent",))))
    assert (unknown.rule, unknown.cause) == ("r0", "outage")


@pytest.mark.parametrize(
    ("stored", "signalled"),
    [
        ("4989461495000", "4989461495000"),
        ("+49 (89) 461495-000", "4989461495000"),
        ("089 461495000", "4989461495000"),
        ("+4930123456", None),
        ("none", None),
        (True, None),
        (None, None),
    ],
)
def test_a_number_in_the_record_must_be_a_service_number(stored: Any, signalled: Any) -> None:
    the_plan = rules({"when": {}, "signal": {"record": "callback"}, "otherwise": NO})
    values = {} if stored is None else {"record.callback": stored}
    number = evaluate(the_plan, Facts(values)).service_number
    assert (number and number.number) == signalled


def test_the_first_available_number_of_several_that_match() -> None:
    numbers = {
        "old": {"number": "4989461495000", "name": "Old", "valid_to": 100},
        "new": {"number": "+49 89 461495000", "name": "New", "valid_from": 100},
    }
    document = {
        **DOCUMENT,
        "service_numbers": {**DOCUMENT["service_numbers"], **numbers},
        "rules": [{"id": "r", "when": {}, "signal": {"record": "callback"}}],
    }
    document["service_numbers"].pop("hotline", None)
    document |= {"mappings": {}, "outage": NO}
    the_plan = load(document)
    names = []
    for now in (99.0, 100.0):
        facts = Facts({"record.callback": "089461495000"}, now=now)
        number = evaluate(the_plan, facts).service_number
        names.append(number and number.name)
    assert names == ["Old", "New"]


OUTAGE = [
    {"when": {"record.object": "Lead"}, "refuse": "Lead."},
    {"when": {"callee.listed": ["robinson"]}, "refuse": "Listed."},
    {"when": {"record.kind": "Customer"}, "refuse": "Missing facts satisfy nothing."},
    {"when": {"callee.on_record": True}, "refuse": "Missing in an outage, even if it is known."},
    HOTLINE,
]


@pytest.mark.parametrize(
    ("clicked", "values", "unknown", "reason"),
    [
        ("Lead", {}, {"record"}, "Lead."),
        ("Contact", {"callee.listed.robinson": True}, {"record"}, "Listed."),
        ("Contact", {"callee.listed.robinson": False}, {"record"}, ""),
        ("Contact", {"callee.listed.robinson": False, "callee.on_record": True}, {"record"}, ""),
        (None, {"callee.listed.robinson": False}, {"record"}, ""),
        ("Contact", {}, {"record", "callee.listed", "callee.attempts"}, None),
    ],
)
def test_outage_rules(clicked: str | None, values: Any, unknown: set[str], reason: Any) -> None:
    the_plan = rules({"when": {"record.kind": "Press"}, **NO}, outage=OUTAGE)
    found = evaluate(the_plan, Facts(values, frozenset(unknown), 0.0, clicked))
    assert (found.rule, found.cause) == ("r0", "outage")
    if reason is None:
        assert found.service_number is None
    else:
        assert found.reason == reason
        assert (found.service_number is None) == bool(reason)


REFUSED_FOR_WANT_OF_FACTS: list[Any] = [
    {"record.do_not_call": True},
    {"record.kind": {"present": False}},
    {"agent.known": False},
    {"hours.day": False},
    {"callee.on_record": False},
    {"callee.listed": ["robinson"]},
    {"callee.attempts": {"gte": 0, "within": 60, "by": "anyone"}},
    {"callee.kind": ["emergency"], "agent.team": {"differs_from": "record.team"}},
    [{"agent.known": False}, {"record.kind": {"present": False}}],
]


@pytest.mark.parametrize("when", REFUSED_FOR_WANT_OF_FACTS, ids=str)
@pytest.mark.parametrize("known", [True, False])
def test_an_emergency_call_is_not_refused_for_want_of_facts(when: Any, known: bool) -> None:
    values: dict[str, Scalar] = {
        **SOS,
        "record.do_not_call": True,
        "agent.known": False,
        "hours.day": False,
        "callee.on_record": False,
        "callee.listed.robinson": True,
        "callee.attempts.60s.anyone": 9,
    }
    facts = Facts(values if known else SOS)
    assert evaluate(rules({"when": when, **NO}), facts).service_number is not None


def test_an_emergency_call_is_refused_by_facts_about_the_callee_alone() -> None:
    the_plan = rules({"when": [{"callee.country": "DE"}, {"agent.known": False}], **NO})
    facts = Facts({**SOS, "callee.country": "DE"})
    assert evaluate(the_plan, facts).service_number is None
    assert evaluate(the_plan, Facts(SOS)).service_number is not None


@pytest.mark.parametrize("otherwise", [{}, {"otherwise": NO}, {"otherwise": "next"}])
def test_an_emergency_call_without_a_number_goes_on(otherwise: Any) -> None:
    agent = {"signal": {"agent": "extension", "prefix": "", "name": ""}, **otherwise}
    assert evaluate(rules({"when": SOS, **agent}), Facts(SOS)).service_number is not None


def test_a_document_of_the_previous_version_loads() -> None:
    assert evaluate(load(DOCUMENT), Facts({"callee.kind": "mobile"})).trace
