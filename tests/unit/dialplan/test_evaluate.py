"""Evaluation: conditions, outcomes, outage, trace."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.dialplan import evaluate, load
from click_to_dial.dialplan.conditions import condition
from click_to_dial.errors import UnreadableDialPlanError
from click_to_dial.model import Decision, Facts, ServiceNumber
from tests.fakes import DOCUMENT, plan

HOTLINE = ServiceNumber("4989461495000", "Customer hotline")
AUSTRIA = ServiceNumber("431265030", "Hotline Austria")
scalars = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())


@pytest.mark.parametrize(
    ("expected", "value", "holds"),
    [
        ("Customer", "Customer", True),
        ("Customer", "customer", False),
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (5, 5.0, True),
        ("5", 5, False),
        (["Supplier", "Vendor"], "Vendor", True),
        (["Supplier", "Vendor"], "Customer", False),
        ({"not": "Customer"}, "Vendor", True),
        ({"not": "Customer"}, "Customer", False),
        ({"not": ["Supplier", "Vendor"]}, "Vendor", False),
        ({"not": ["Supplier", "Vendor"]}, "Customer", True),
        ({"prefix": "+4989"}, "+498912345", True),
        ({"prefix": ["+43", "+41"]}, "+4112345", True),
        ({"prefix": "+49"}, "+43", False),
        ({"prefix": "1"}, 12, False),
        ({"matches": "*@acme.com"}, "jo@acme.com", True),
        ({"matches": "B?r*"}, "Bärlin", True),
        ({"matches": ["A*", "B*"]}, "Cx", False),
        ({"matches": "a.c"}, "abc", False),
        ({"lt": 10}, 9.5, True),
        ({"lt": 10}, 10, False),
        ({"lte": 10}, 10, True),
        ({"gt": 10}, 11, True),
        ({"gte": 10}, 9, False),
        ({"gte": "2026-01-01"}, "2026-11-24", True),
        ({"gte": 1}, "2", False),
        ({"gte": 0}, True, False),
        ({"gte": 5, "lt": 10}, 7, True),
        ({"gte": 5, "lt": 10}, 10, False),
        ({"present": True}, "", True),
        ({"present": False}, "x", False),
    ],
)
def test_a_condition_compares_one_fact(expected: Any, value: Any, holds: bool) -> None:
    assert condition("record.x", expected).holds(Facts({"record.x": value})) is holds


@pytest.mark.parametrize(
    "expected",
    [
        "x",
        ["x"],
        {"not": "x"},
        {"not": ["x"]},
        {"prefix": ""},
        {"matches": "*"},
        {"lt": 1},
        {"present": True},
        {"present": False, "not": "x"},
    ],
)
def test_a_missing_fact_satisfies_no_comparison(expected: Any) -> None:
    assert condition("record.x", expected).holds(Facts({})) is False


def test_only_present_false_matches_a_missing_fact() -> None:
    assert condition("record.x", {"present": False}).holds(Facts({})) is True


@given(st.one_of(scalars, st.lists(scalars, min_size=1), st.builds(lambda v: {"not": v}, scalars)))
def test_a_condition_on_an_unknown_fact_is_unknown(expected: Any) -> None:
    assert condition("record.x", expected).holds(Facts({}, frozenset({"record"}))) is None


@given(scalars, scalars)
def test_not_is_the_opposite_of_equality(expected: Any, value: Any) -> None:
    facts = Facts({"record.x": value})
    same = condition("record.x", expected).holds(facts)
    assert condition("record.x", {"not": expected}).holds(facts) is not same


def test_the_first_rule_that_matches_decides() -> None:
    facts = Facts({"record.kind": "Customer", "record.do_not_call": True})
    assert evaluate(plan(), facts) == Decision(
        "opted-out", reason="The contact does not want to be called."
    )


@pytest.mark.parametrize(
    ("values", "rule", "number"),
    [
        ({"record.kind": "Customer", "record.country": "AT"}, "customers", AUSTRIA),
        ({"record.kind": "Customer", "record.country": "FR"}, "customers", HOTLINE),
        ({"record.kind": "Customer"}, "customers", HOTLINE),
        (
            {"record.kind": "Vendor", "agent.extension": "217"},
            "suppliers",
            ServiceNumber("498946149217", "Direct line"),
        ),
        ({"record.kind": "Vendor"}, "suppliers", HOTLINE),
        ({"record.kind": "Vendor", "agent.extension": "  "}, "suppliers", HOTLINE),
        ({}, "everyone-else", HOTLINE),
    ],
)
def test_the_signalled_number(values: dict[str, Any], rule: str, number: ServiceNumber) -> None:
    assert evaluate(plan(), Facts(values)) == Decision(rule, number)


def rules(*outcomes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": f"rule-{n}", "when": {}, **outcome} for n, outcome in enumerate(outcomes)]


def test_a_rule_without_a_number_refuses_and_does_not_fall_through() -> None:
    by_brand = {"signal": {"mapping": "by-brand", "key": "record.brand"}}
    decision = evaluate(plan(rules=rules(by_brand, {"signal": {"number": "hotline"}})), Facts({}))
    assert (decision.rule, decision.service_number, decision.cause) == (
        "rule-0",
        None,
        "unresolved",
    )


def test_otherwise_can_be_nested() -> None:
    by_brand = {"mapping": "by-brand", "key": "record.brand"}
    extension = {"agent": "extension", "prefix": "", "name": ""}
    outcome = {
        "signal": by_brand,
        "otherwise": {"signal": extension, "otherwise": {"refuse": "No number."}},
    }
    decision = evaluate(plan(rules=rules(outcome)), Facts({}))
    assert decision == Decision("rule-0", reason="No number.")


def test_the_name_of_an_agent_number_is_the_number_by_default() -> None:
    signal = {"signal": {"agent": "extension", "prefix": "", "name": ""}}
    decision = evaluate(plan(rules=rules(signal)), Facts({"agent.extension": "217"}))
    assert decision.service_number == ServiceNumber("217", "217")


def test_mappings_are_keyed_by_text() -> None:
    mappings = {"m": {"entries": {"true": "hotline", "7": "hotline-at"}, "default": None}}
    by_x = rules({"signal": {"mapping": "m", "key": "record.x"}})
    the_plan = plan(mappings=mappings, rules=by_x)
    assert evaluate(the_plan, Facts({"record.x": True})).service_number == HOTLINE
    assert evaluate(the_plan, Facts({"record.x": 7.0})).service_number == AUSTRIA


def test_a_mapping_kept_in_salesforce_is_loaded_from_its_entries() -> None:
    mappings = {"m": {"salesforce": {"object": "M__mdt"}, "default": "hotline"}}
    by_x = rules({"signal": {"mapping": "m", "key": "record.x"}})
    document = {**DOCUMENT, "mappings": mappings, "rules": by_x}
    the_plan = load(document, {"m": {"a": "hotline-at", "b": "gone"}})
    assert evaluate(the_plan, Facts({"record.x": "a"})).service_number == AUSTRIA
    assert evaluate(the_plan, Facts({"record.x": "b"})).service_number == HOTLINE


def test_rules_that_need_no_unknown_fact_decide_in_an_outage() -> None:
    emergency = {
        "id": "emergency",
        "when": {"callee.kind": "emergency"},
        "refuse": "Dial yourself.",
    }
    the_plan = plan(rules=[emergency, *DOCUMENT["rules"]])
    unknown = frozenset({"record", "agent"})
    assert evaluate(the_plan, Facts({"callee.kind": "emergency"}, unknown)).rule == "emergency"
    decision = evaluate(the_plan, Facts({"callee.kind": "mobile"}, unknown))
    assert (decision.cause, decision.rule) == ("outage", "opted-out")
    assert decision.reason.startswith("Salesforce cannot be reached")


def test_a_rule_does_not_match_if_one_condition_fails_and_another_is_unknown() -> None:
    when = {"record.kind": "Customer", "callee.kind": "mobile"}
    the_plan = plan(
        rules=[{"id": "a", "when": when, "refuse": "no"}, *rules({"signal": {"number": "hotline"}})]
    )
    facts = Facts({"callee.kind": "fixed-line"}, frozenset({"record"}))
    assert evaluate(the_plan, facts) == Decision("rule-0", HOTLINE)


def test_the_outage_decides_if_the_number_needs_an_unknown_fact() -> None:
    facts = Facts({"record.kind": "Vendor", "record.do_not_call": False}, frozenset({"agent"}))
    decision = evaluate(plan(), facts)
    assert decision.cause == "outage"
    assert decision.trace[-1] == ("suppliers", "unknown", None, None)


def test_an_outage_may_signal_a_number() -> None:
    the_plan = plan(outage={"signal": {"number": "hotline"}})
    decision = evaluate(the_plan, Facts({}, frozenset({"record"})))
    assert decision == Decision("opted-out", HOTLINE, cause="outage")


def test_the_trace_names_the_condition_that_failed() -> None:
    assert evaluate(plan(), Facts({"record.kind": "Customer"})).trace == (
        ("opted-out", "failed", "record.do_not_call", True),
        ("suppliers", "failed", "record.kind", ["Supplier", "Vendor"]),
        ("customers", "decided", None, None),
    )


@given(
    st.dictionaries(
        st.sampled_from(["record.kind", "record.do_not_call", "record.country", "agent.extension"]),
        scalars,
    ),
    st.frozensets(st.sampled_from(["record", "agent"])),
)
def test_the_trace_ends_with_the_rule_that_decided(
    values: dict[str, Any], unknown: frozenset[str]
) -> None:
    decision = evaluate(plan(), Facts(values, unknown))
    *before, last = decision.trace
    assert last[0] == decision.rule
    assert last[1] == ("unknown" if decision.cause == "outage" else "decided")
    assert {each[1] for each in before} <= {"failed"}
    rules = [rule.id for rule in plan().rules]
    assert [each[0] for each in decision.trace] == rules[: len(decision.trace)]


@pytest.mark.parametrize(
    "change",
    [
        {"rules": rules({"signal": {"number": "nobody"}})},
        {"rules": [{"id": "a", "when": {"record.x": {"newer": 1}}, "refuse": "no"}]},
        {"freshness": {"record": 0, "newer": 1}},
        {"service_numbers": None},
    ],
)
def test_a_plan_of_another_version_is_not_loaded_at_all(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableDialPlanError, match="another version of click-to-dial"):
        load({**DOCUMENT, **change})
