"""`dialplan explain` and the function give the same answer for any valid plan and any call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import SalesforceUnavailableError
from click_to_dial.model import Agent, CalleeKind, Record
from click_to_dial.ports import StoredItem
from dialplan_cli.explain import explain, with_plan
from dialplan_cli.plan.read import parse_plan
from functions.on_click_to_dial import handler
from tests.fakes import Clock, FakeAttempts, FakeFacts, FakePlans, FakeSalesforce

OUTAGE = SalesforceUnavailableError("refused", "The connection was refused.")
CONTEXT = SimpleNamespace(
    function_name="on-click-to-dial",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:on-click-to-dial",
    aws_request_id="request-1",
)

TEXTS = st.sampled_from(["a", "ab", "b", "Customer", "NO", "217", "true", "2026-11-24"])
NUMBERS = st.sampled_from([-1, 0, 1, 1.0, 2.5, 50])
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans())
NAMES = st.sampled_from(["hotline", "hotline-at"])
MAPPINGS = st.sampled_from(["in-salesforce", "by-value"])
COUNTRIES = st.sampled_from(["DE", "AT"])
KINDS = st.sampled_from(get_args(CalleeKind))
ATTRIBUTES = ("kind", "size")
LISTS = st.sampled_from(["dnc", "vip"])


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


def expected(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generate values that a fact can be compared with."""
    comparable = TEXTS | NUMBERS
    operators = {
        "not": one_or_more(values),
        "prefix": one_or_more(TEXTS),
        "matches": one_or_more(st.sampled_from(["a*", "*b", "?", "[a-c]*"])),
        **dict.fromkeys(("lt", "lte", "gt", "gte"), comparable),
        "present": st.booleans(),
    }
    some = st.fixed_dictionaries({}, optional=operators).filter(bool)
    return one_or_more(values) | some


FACTS: Mapping[str, st.SearchStrategy[Any]] = {
    **{f"record.{name}": expected(SCALARS) for name in ATTRIBUTES},
    "record.object": one_or_more(st.sampled_from(["Account", "Contact"])),
    "agent.known": st.booleans(),
    "agent.team": expected(SCALARS),
    "callee.country": one_or_more(COUNTRIES),
    "callee.kind": one_or_more(KINDS),
    "callee.number": st.fixed_dictionaries({"prefix": st.sampled_from(["+49", "+43"])}),
    "callee.on_record": st.booleans(),
    "hours.day": st.booleans(),
    "hours.weekdays": st.booleans(),
    "callee.listed": one_or_more(LISTS) | st.fixed_dictionaries({"not": one_or_more(LISTS)}),
    "callee.attempts": st.fixed_dictionaries(
        {
            "within": st.sampled_from(["60s", "30d"]),
            "by": st.sampled_from(["anyone", "others"]),
            "gte": st.integers(0, 4),
        }
    ),
}
KEYS = st.sampled_from(
    ["record.kind", "record.kind", "agent.team", "callee.country", "agent.known"]
)
REFUSALS = st.fixed_dictionaries({"refuse": st.sampled_from(["No.", "Not now."])})
PLAIN = st.fixed_dictionaries({"signal": NAMES})


LOOKED_UP = st.fixed_dictionaries({"mapping": MAPPINGS, "key": KEYS})
OF_AGENT = st.fixed_dictionaries(
    {"agent": st.just("team")}, optional={"prefix": TEXTS, "name": TEXTS}
)


def outcomes(otherwise: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generate outcomes of rules. Most of them are numbers that must be looked up."""
    further = {"otherwise": otherwise}
    looked_up, of_agent = (
        st.fixed_dictionaries({"signal": signal}, optional=further)
        for signal in (LOOKED_UP, OF_AGENT)
    )
    return st.one_of(looked_up, looked_up, looked_up, of_agent, PLAIN, REFUSALS)


OUTCOMES = outcomes(outcomes(PLAIN))
OF_THE_TABLE = ["callee.listed", "callee.attempts"]
SOME_FACTS = st.lists(
    st.sampled_from(sorted(FACTS)) | st.sampled_from(OF_THE_TABLE),
    min_size=1,
    max_size=2,
    unique=True,
)
WHENS = SOME_FACTS.flatmap(  # with more conditions, few rules match
    lambda names: st.fixed_dictionaries({name: FACTS[name] for name in names})
)
FIELDS = st.fixed_dictionaries({}, optional={name: st.just(f"{name}__c") for name in ATTRIBUTES})


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Generate published documents of valid plans."""
    whens = draw(st.lists(WHENS, max_size=4))
    rules = [
        {"id": f"r{index}", **({"when": when} if when else {}), **draw(OUTCOMES)}
        for index, when in enumerate([*whens, None])
    ]
    rules.insert(0, {"id": "sos", "when": {"callee.kind": "emergency"}, "signal": "hotline"})
    source = {"object": "H__mdt", "key": "K__c", "value": "V__c"}
    both = {name: f"{name}__c" for name in ATTRIBUTES}
    plan = {
        "version": 1,
        "home_region": draw(COUNTRIES),
        "without_record": draw(st.sampled_from(["allow", "refuse"])),
        "service_numbers": {
            "hotline": {"number": "4989461495000"},
            "hotline-at": {"number": "431265030"},
        },
        "mappings": {
            "by-value": {"entries": draw(st.dictionaries(TEXTS, NAMES, min_size=1))},
            "in-salesforce": {"salesforce": source, "default": draw(NAMES)},
        },
        "objects": {"Account": {**both, "numbers": ["Phone"]}, "Contact": draw(FIELDS)},
        "agents": {"attributes": {"team": "Team__c"}},
        "lists": ["dnc", "vip"],
        "hours": {
            "day": {"zone": "callee", "open": {"Mon-Sun": "08:00-20:00"}},
            "weekdays": {"zone": "home", "open": {"Mon-Fri": "00:00-24:00"}, "holidays": "callee"},
        },
        "rules": rules,
        "outage": draw(OUTCOMES),
        "freshness": draw(
            st.fixed_dictionaries({}, optional={"record": st.sampled_from(["0s", "1h"])})
        ),
    }
    return parse_plan(json.dumps(plan)).document


def attributes(*names: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, SCALARS))


PHONES = st.lists(st.sampled_from(["+49 89 12345678", "0900 123456", "217", "Anna"]), max_size=2)
KNOWN = st.fixed_dictionaries({"kind": TEXTS}, optional={"size": SCALARS})
RECORDS = st.one_of(
    st.builds(Record, st.just(True), st.just("Account"), KNOWN, numbers=PHONES.map(tuple)),
    st.builds(Record, st.just(True), st.just("Account"), attributes(*ATTRIBUTES)),
    st.just(Record(False, "Account")),
    st.just(OUTAGE),
)
AGENTS = st.one_of(
    st.builds(Agent, st.just(True), attributes("team")), st.just(Agent(False)), st.just(OUTAGE)
)
ACCOUNT = "0010C0000000001QAA"
CALLS = st.one_of(
    st.just((ACCOUNT, "+498912345678", "jdoe")),
    st.tuples(
        st.sampled_from([ACCOUNT, ACCOUNT[:15], ""]),
        st.sampled_from(
            ["+498912345678", " 4312650300", "+491712345678", "112", "217", "0900123456"]
        ),
        st.just("jdoe"),
    ),
    st.tuples(
        st.sampled_from([ACCOUNT, "0010C0000000001QAB"]),
        st.sampled_from(["+498912345678", "", "abc", "+1"]),
        st.sampled_from(["jdoe", ""]),
    ),
)


@dataclass(frozen=True)
class Surroundings:
    """The surroundings of a call. Each service made from them has its own state."""

    record: Any
    agent: Any
    now: float
    items: Mapping[str, StoredItem]
    table_fails: bool

    def service(self, plan: DialPlan) -> ClickToDial:
        clock = Clock(self.now)
        facts = FakeFacts(clock)
        facts.items, facts.broken = dict(self.items), self.table_fails
        return ClickToDial(
            plans=FakePlans(plan),
            cache=facts,
            salesforce=FakeSalesforce(self.record, self.agent),
            breaker=CircuitBreaker(),
            attempts=FakeAttempts(facts.items),
            pseudonym=str,
            time_budget=60.0,
            clock=clock,
        )


@st.composite
def surroundings(draw: st.DrawFn) -> Surroundings:
    """Generate a time, entries of lists and earlier calls."""
    now = datetime.fromisoformat(draw(MOMENTS)).timestamp()
    items = {}
    for number in NUMBERS_CALLED:
        keys = [f"list#dnc#{number}", f"list#vip#{number}", f"list#dnc#prefix#{number[1:6]}"]
        for key in draw(st.lists(st.sampled_from(keys), max_size=2)):
            items[key] = StoredItem("{}", draw(st.sampled_from([None, now, now + 1])))
        calls = st.tuples(st.sampled_from([now - 3600, now - 30, now - 5]), AGENT_UIDS)
        if earlier := draw(st.lists(calls, max_size=5)):
            items[f"attempts#{number}"] = StoredItem(json.dumps(sorted(earlier)), None)
    return Surroundings(
        draw(RECORDS), draw(AGENTS), now, items, draw(st.sampled_from([False, False, True]))
    )


NUMBERS_CALLED = ("+498912345678", "+4312650300", "+491712345678")
MOMENTS = st.sampled_from(
    [
        "2026-03-29T02:59:59+01:00",
        "2026-10-25T19:59:59+01:00",
        "2026-11-24T12:00:00+01:00",
        "2026-12-25T12:00:00+01:00",
    ]
)
AGENT_UIDS = st.sampled_from(["jdoe", "other"])


def answer(decider: ClickToDial, call: tuple[str, str, str]) -> tuple[int, Any]:
    """Return the status and body that jtel gets from the function."""
    names = ("SalesForceID", "CallerID", "AgentUID")
    event = {
        "httpMethod": "GET",
        "resource": "/jtelACD/onClickToDial",
        "multiValueQueryStringParameters": {
            name: [value] for name, value in zip(names, call, strict=True)
        },
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handler, "click_to_dial", lambda: decider)
        response = handler.lambda_handler(event, CONTEXT)
    return response["statusCode"], json.loads(response["body"])


@settings(max_examples=200, deadline=None)
@given(documents(), st.dictionaries(TEXTS, NAMES, min_size=3), surroundings(), CALLS)
def test_explain_and_the_function_give_the_same_answer(
    document: Any, entries: Any, around: Surroundings, call: tuple[str, str, str]
) -> None:
    from_salesforce = {"in-salesforce": entries}
    published = load(json.loads(json.dumps(document)), from_salesforce, version=7)
    status, body = answer(around.service(published), call)

    unused = around.service(load(document))
    explained = explain(with_plan(unused, load(document, from_salesforce)), *call)
    assert (explained.status, explained.body) == (status, body)

    assert status in (200, 400, 403, 404)
    decided = explained.report.decision if explained.report else None
    assert (decided is not None) == (status in (200, 403))
    if decided is not None:
        *before, last = explained.trace
        rule, result, *_ = last
        assert rule == decided.rule
        assert {each[1] for each in before} <= {"failed", "no-number"}
        assert result in ("decided", "unknown")
        assert "rule" not in body or body["rule"] == rule
