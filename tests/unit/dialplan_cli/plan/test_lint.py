"""Warnings of the validator. Above all: a rule that is called unreachable never decides."""

import itertools
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from click_to_dial.dialplan import evaluate, load
from click_to_dial.model import Facts, Scalar
from dialplan_cli.plan.read import parse_plan
from dialplan_cli.plan.source import PlanFileError
from tests.unit.dialplan_cli.plan.test_read import PLAN, changed, with_emergency_rule


def warnings(text: str) -> list[tuple[str, str]]:
    plan = parse_plan(text)
    return [(each.path, each.message) for each in (*plan.warnings, *plan.offline_warnings)]


OPTED_OUT = (
    "    when: {record.do_not_call: true}\n    refuse: The contact does not want to be called.\n"
)
NOT_MOBILE = "callee.kind: {not: mobile}"


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("AT: hotline-at, ", "", "service_numbers.hotline-at", "nothing signals it"),
        ("mapping: by-country, key: record.country", "agent: extension", "mappings.by-country", ""),
        ("Extension}", "Extension, team: Title}", "agents.attributes.team", "no rule uses"),
        ("DoNotCall}", "DoNotCall, vip: V__c}", "objects.Contact.vip", "no rule uses record.vip"),
        ("objects:\n", "objects:\n  Lead: {kind: Status}\n", "objects.Lead", "no `do_not_call`"),
        ("MailingCountry,", "MailingCountryCode,", "objects.Contact.country", "picklists"),
        ("    default: hotline\n", "", "rules[3].signal", "record.country is missing or has no"),
        ("    otherwise: {signal: hotline}\n", "", "rules[1].signal", "the agent has no extension"),
        ("{not: mobile}", "{present: false, lt: a}", "rules[1].when.callee.kind", "never holds"),
        (NOT_MOBILE, "record.object: Lead", "rules[1].when.record.object", "Lead is not among"),
        (NOT_MOBILE, "callee.country: De", "rules[1].when.callee.country", "no callee is in De"),
        (
            NOT_MOBILE,
            'callee.number: {prefix: "49"}',
            "rules[1].when.callee.number",
            "leading plus",
        ),
        (
            NOT_MOBILE,
            'callee.number: {prefix: "+49 900"}',
            "rules[1].when.callee.number",
            "leading plus and digits",
        ),
        (
            NOT_MOBILE,
            'callee.number: "+49 (0) 89 461495"',
            "rules[1].when.callee.number",
            "leading plus and digits",
        ),
        (OPTED_OUT, "    signal: hotline\n", "rules[1]", "'opted-out' decides all"),
        (OPTED_OUT, "    signal: hotline\n", "rules[3]", "'opted-out' decides all"),
    ],
)
def test_what_is_probably_not_intended_is_warned_of(
    old: str, new: str, path: str, message: str
) -> None:
    found = warnings(with_emergency_rule(changed(old, new)))
    assert [each for each in found if each[0] == path and message in each[1]], found


NO_NUMBER = [
    changed("    when: {record.do_not_call: true}\n", ""),
    changed("    default: hotline\n", ""),
    changed("{record.do_not_call: true}", "{callee.kind: [emergency, premium-rate]}"),
    changed('"431265030"}', '"431265030", regions: [AT]}'),
]


@pytest.mark.parametrize("text", NO_NUMBER)
def test_an_emergency_call_must_find_a_number(text: str) -> None:
    with pytest.raises(PlanFileError, match="an emergency call can end without a number"):
        parse_plan(text)


def test_a_refusal_by_the_callee_alone_is_warned_of() -> None:
    text = with_emergency_rule(changed("{record.do_not_call: true}", "{callee.country: FR}"))
    assert [path for path, message in warnings(text) if "emergency" in message] == ["rules[0].when"]


def test_a_mapping_in_salesforce_may_name_any_service_number() -> None:
    source = "salesforce: {object: Hotline__mdt, key: Country__c, value: Number__c}"
    text = with_emergency_rule(
        changed("entries: {DE: hotline, AT: hotline-at, NO: hotline}", source)
    )
    assert warnings(text) == []
    text = text.replace('"431265030"}', '"431265030", regions: [AT]}')
    ((path, message),) = warnings(text)
    assert path == "rules[3].signal"
    assert message.startswith("the call is refused if hotline-at may not be signalled at that")
    mapping = "signal: {mapping: by-country, key: record.country}"
    assert warnings(text.replace(mapping, f"{mapping}\n    otherwise: {{signal: hotline}}")) == []


TEXTS = ["a", "ab", "abc", "b", "B"]
NUMBERS = [0, 1, 1.0, 2, 2.5]
VALUES: list[Scalar | None] = [*TEXTS, *NUMBERS, True, False, None]
UNKNOWN = object()
ALL_CALLS = list(itertools.product([*VALUES, UNKNOWN], repeat=2))
"""Values of `record.kind` and `agent.team`: None is missing, UNKNOWN could not be asked."""


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


SCALARS = st.sampled_from([value for value in VALUES if value is not None])
OPERANDS = {
    "not": some(SCALARS),
    "prefix": some(st.sampled_from(TEXTS)),
    "matches": some(st.sampled_from(["*", "a*", "?b*", "[ab]", "abc"])),
    **dict.fromkeys(("lt", "lte", "gt", "gte"), st.sampled_from([*NUMBERS, *TEXTS])),
    "present": st.booleans(),
}
OPERATORS = st.lists(
    st.sampled_from(sorted(OPERANDS)), min_size=1, max_size=2, unique=True
).flatmap(lambda names: st.fixed_dictionaries({name: OPERANDS[name] for name in names}))
WHENS = st.dictionaries(
    st.sampled_from(["record.kind", "agent.team"]), some(SCALARS) | OPERATORS, min_size=1
)


EMERGENCY = {"id": "sos", "when": {"callee.kind": "emergency"}, "signal": "hotline"}


def plan_of(whens: list[dict[str, Any]]) -> str:
    rules = [{"id": f"r{n}", "when": when, "refuse": "x"} for n, when in enumerate(whens)]
    return yaml.safe_dump(
        {
            "version": 1,
            "home_region": "DE",
            "objects": {"Contact": {"kind": "Kind__c", "score": "Score__c", "do_not_call": "D__c"}},
            "agents": {"attributes": {"team": "Team__c"}},
            "service_numbers": {"hotline": {"number": "4989461495000"}},
            "rules": [*rules, EMERGENCY, {"id": "last", "refuse": "x"}],
        }
    )


def facts_of(kind: Any, team: Any) -> Facts:
    both = {"record.kind": kind, "agent.team": team}
    known = {name: each for name, each in both.items() if each is not None and each is not UNKNOWN}
    return Facts(known, frozenset(name.split(".")[0] for name in both if both[name] is UNKNOWN))


@settings(max_examples=400)
@given(st.lists(WHENS, min_size=2, max_size=3))
def test_a_rule_that_is_called_unreachable_never_decides(whens: list[dict[str, Any]]) -> None:
    found = parse_plan(plan_of(whens))
    never_decides = {each.path for each in found.warnings if "never decides" in each.message}
    never_holds = {each.path for each in found.warnings if "never holds" in each.message}
    plan = load(found.document)
    paths = {rule.id: f"rules[{index}]" for index, rule in enumerate(plan.rules)}
    for call in ALL_CALLS:
        decision = evaluate(plan, facts_of(*call))
        assert paths[decision.rule] not in never_decides
        if decision.cause == "rule":
            assert not any(path.startswith(paths[decision.rule]) for path in never_holds)


T_9_UTC, T_8_30_NEW_YORK = "2026-01-31T09:00:00Z", "2026-01-31T08:30:00-05:00"


@pytest.mark.parametrize(
    ("earlier", "later", "subsumed"),
    [
        ({"record.kind": "a"}, {"record.kind": "a"}, True),
        ({"record.kind": "a"}, {"record.kind": "a", "agent.team": "b"}, True),
        ({"record.kind": "a", "agent.team": "b"}, {"record.kind": "a"}, False),
        ({"record.kind": ["a", "b"]}, {"record.kind": "b"}, True),
        ({"record.kind": "b"}, {"record.kind": ["a", "b"]}, False),
        ({"record.kind": 1}, {"record.kind": True}, False),
        ({"record.kind": {"prefix": "a"}}, {"record.kind": ["ab", "abc"]}, True),
        ({"record.kind": {"prefix": "a"}}, {"record.kind": {"prefix": "ab"}}, True),
        ({"record.kind": {"not": "a"}}, {"record.kind": {"prefix": "b"}}, True),
        ({"record.kind": {"not": ["a", 1]}}, {"record.kind": {"not": [1, "a", "b"]}}, True),
        ({"record.kind": {"present": True}}, {"record.kind": {"not": "a"}}, True),
        ({"record.kind": {"present": False}}, {"record.kind": {"present": False}}, True),
        ({"record.kind": {"not": "a"}}, {"record.kind": {"present": False}}, False),
        ({"record.score": {"lt": 3}}, {"record.score": {"lt": 2}}, True),
        ({"record.score": {"lt": 3}}, {"record.score": {"lte": 3}}, False),
        ({"record.score": {"lte": 3}}, {"record.score": {"lt": 3}}, True),
        ({"record.score": {"gte": 1}}, {"record.score": {"gt": 1, "lt": 2}}, True),
        ({"record.score": {"gt": 1}}, {"record.score": {"gt": "1"}}, False),
        ({"record.kind": {"gt": "2026-01-31"}}, {"record.kind": {"gt": "2026-02-01"}}, True),
        # At 11:00 only the second holds; the order of points in time depends on their zones.
        ({"record.kind": {"gt": "2026-01-31"}}, {"record.kind": {"gt": "2026-01-31T10:00"}}, False),
        ({"record.kind": {"lte": T_9_UTC}}, {"record.kind": {"lte": T_8_30_NEW_YORK}}, False),
    ],
)
def test_a_rule_is_unreachable_if_an_earlier_one_subsumes_it(
    earlier: dict[str, Any], later: dict[str, Any], subsumed: bool
) -> None:
    found = [path for path, message in warnings(plan_of([earlier, later])) if "decides" in message]
    assert found == (["rules[1]"] if subsumed else [])


@pytest.mark.parametrize(
    "expected",
    [
        {"present": False, "not": "a"},
        {"lt": 1, "gt": 2},
        {"lt": 1, "gte": 1},
        {"lte": "a", "gt": "b"},
        {"lt": 1, "gt": "a"},
        {"prefix": "a", "gt": 1},
    ],
)
def test_a_condition_that_no_value_satisfies_is_warned_of(expected: dict[str, Any]) -> None:
    found = warnings(plan_of([{"record.kind": expected}]))
    assert [path for path, message in found if "never holds" in message] == [
        "rules[0].when.record.kind"
    ]


def test_a_point_in_time_may_be_within_a_day() -> None:
    both = {"gte": "2026-01-31T10:00", "lte": "2026-01-31"}
    assert not [said for _, said in warnings(plan_of([{"record.kind": both}])) if "never" in said]


@pytest.mark.parametrize(
    ("region", "lengths", "warned"),
    [
        ("DE", "3", "110, 112 cannot be extensions"),
        ("DE", "2-4", "110, 112 cannot be extensions"),
        ("US", "3", "112, 911 cannot be extensions"),
        ("DE", "4", None),
    ],
)
def test_emergency_numbers_among_internal_numbers_are_warned_of(
    region: str, lengths: str, warned: str | None
) -> None:
    text = PLAN.replace("home_region: DE", f"home_region: {region}\ninternal_digits: {lengths}")
    found = [message for path, message in warnings(text) if path == "internal_digits"]
    assert [message.partition(":")[0] for message in found] == ([warned] if warned else [])
