"""The calls to a number: which are kept, and what a wrong clock may do to them."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.decision.number_lookups import (
    MAX_CLOCK_ERROR_SECONDS,
    REPEAT_SECONDS,
    attempts_key,
    calls_of,
    newest_calls,
    number_facts,
    with_call,
)
from click_to_dial.dialplan import DialPlan
from click_to_dial.model import Callee, Click
from click_to_dial.ports import StoredItem
from tests.fakes import DOCUMENT, plan

NOW, NUMBER, WITHIN = 1_800_000_000.0, "+4917012345678", 600
Calls = list[tuple[float, str]]


def limited(by: str = "anyone", within: int = WITHIN, **operators: Any) -> DialPlan:
    when = {"callee.attempts": {**operators, "within": within, "by": by}}
    last = {"id": "last", "when": {}, "refuse": "No."}
    return plan(rules=[{"id": "limit", "when": when, "refuse": "No."}, last])


def attempts(the_plan: DialPlan, calls: Calls, agent: str = "me", now: float = NOW) -> Any:
    click = Click(None, Callee("mobile", "DE", NUMBER), agent)
    items = {attempts_key(NUMBER, str): StoredItem(json.dumps(calls))}
    (count,) = number_facts(the_plan, click, items, str, now).values()
    return count


CALLS = st.lists(st.tuples(st.integers(0, 30).map(float), st.sampled_from("abcdef")), max_size=60)


@given(CALLS, CALLS, st.integers(0, 5))
def test_counts_stay_right_up_to_what_is_enough(first: Calls, later: Calls, enough: int) -> None:
    all_calls = first + [(at + 31, by) for at, by in later]
    kept = newest_calls(
        [*newest_calls(first, enough), *((at + 31, by) for at, by in later)], enough
    )
    for since in range(62):
        for agent in "abcdefg":
            before, after = (
                sum(at >= since and by != agent for at, by in calls) for calls in (all_calls, kept)
            )
            assert min(before, enough) == min(after, enough)
    agents = [by for _, by in kept]
    assert len(set(agents)) <= enough + 1
    assert max(map(agents.count, agents), default=0) <= enough + 1
    assert kept == sorted(kept)


@pytest.mark.parametrize(
    ("operators", "enough"),
    [({"gte": 4}, 4), ({"lt": 4}, 4), ({"gt": 4}, 5), ({"lte": 4}, 5), ({"gte": 2, "lt": 9}, 9)],
)
def test_a_number_is_called_often_but_its_item_stays_small(
    operators: dict[str, Any], enough: int
) -> None:
    the_plan = limited(within=365 * 86400, **operators)
    earlier = [(NOW - 100_000 + 20 * index, f"agent{index % 70}") for index in range(5000)]
    item = with_call(the_plan, earlier, "me", NOW)
    assert item is not None
    kept = json.loads(item.data)
    assert kept[-1] == [NOW, "me"]
    assert len(kept) <= 2 * enough + 1
    assert attempts(the_plan, kept, "other") >= enough


def test_the_largest_of_several_bounds_counts() -> None:
    rules = [
        {"id": str(count), "when": {"callee.attempts": each}, "refuse": "No."}
        for count in (2, 7, 3)
        for each in [{"gte": count, "within": WITHIN, "by": "anyone"}]
    ]
    the_plan = plan(rules=[*rules, DOCUMENT["rules"][-1]])
    calls = [(NOW - 20.0 * index, "other") for index in range(1, 20)]
    item = with_call(the_plan, calls, "me", NOW)
    assert item is not None
    assert attempts(the_plan, json.loads(item.data), now=NOW + 11) >= 7


def test_a_sandbox_whose_clock_is_ahead_removes_no_call() -> None:
    the_plan = limited(gte=2)
    for ahead in (605.0, MAX_CLOCK_ERROR_SECONDS - WITHIN):
        item = with_call(the_plan, [(NOW, "first"), (NOW, "second")], "third", NOW + ahead)
        assert item is not None
        assert item.expires_at is not None
        assert item.expires_at > NOW + WITHIN
        assert attempts(the_plan, json.loads(item.data), now=NOW + 1) == 3


def test_a_sandbox_whose_clock_is_behind_keeps_the_item_for_the_others() -> None:
    item = with_call(limited(gte=2), [(NOW, "first")], "second", NOW - 21600)
    assert item is not None
    assert item.expires_at is not None
    assert item.expires_at > NOW + WITHIN


def test_a_call_dated_ahead_counts_as_made_now() -> None:
    the_plan = limited(gte=2)
    assert attempts(the_plan, [(NOW + 21600, "other")]) == 1
    # It is no repeated click: the same agent could dial the number without limit until then.
    assert attempts(the_plan, [(NOW + 21600, "me")]) == 1
    assert attempts(the_plan, [(NOW + 4, "me")]) == 0
    assert with_call(the_plan, [(NOW + 21600, "me")], "me", NOW) is not None


def test_a_call_dated_years_ahead_does_not_count_for_years() -> None:
    the_plan = limited(gte=2)
    item = with_call(the_plan, [(NOW + 1e9, "other")], "me", NOW)
    assert item is not None
    later = NOW + MAX_CLOCK_ERROR_SECONDS + WITHIN
    assert attempts(the_plan, json.loads(item.data), now=later) == 0


def test_calls_written_by_the_previous_version_are_read() -> None:
    item = StoredItem('[[1800000000.123, "0123456789abcdef"]]', NOW)
    assert calls_of(item) == [(1800000000.123, "0123456789abcdef")]


@pytest.mark.parametrize("spelling", ["ZOË", "zoë", unicodedata.normalize("NFD", "Zoë")])
def test_spellings_of_one_login_are_one_agent(spelling: str) -> None:
    the_plan = limited("others", gte=1)
    calls = [(NOW - REPEAT_SECONDS, the_plan.agent_key("Zoë"))]
    assert attempts(the_plan, calls, spelling) == 0
    assert attempts(the_plan, calls, "Zoe") == 1


def test_case_matters_if_salesforce_says_so() -> None:
    document = {**DOCUMENT["agents"], "case_sensitive": True}
    the_plan = plan(agents=document)
    assert the_plan.agent_key("Zoë") != the_plan.agent_key("ZOË")
    assert the_plan.agent_key("Zoë") == the_plan.agent_key(unicodedata.normalize("NFD", "Zoë"))
