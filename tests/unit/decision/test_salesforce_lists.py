"""Lists that are read from Salesforce: which entries count for a call, and what is unknown."""

from collections.abc import Sequence

import pytest

from click_to_dial.decision.number_lookups import keys, number_facts
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.model import SalesforceList
from click_to_dial.list_keys import number_key, prefix_key
from click_to_dial.model import Callee, Click
from click_to_dial.ports import StoredItem
from tests.fakes import plan

NOW, NUMBER, OTHER = 1_800_000_000.0, "+4917012345678", "+3317012345678"
KEY = number_key("opted-out", NUMBER, str)
FACT = "callee.listed.opted-out"


def listed(oldest_run: int = 7, is_complete: bool = True, names: str = "opted-out") -> DialPlan:
    rules = [
        {"id": "listed", "when": {"callee.listed": names.split()}, "refuse": "No."},
        {"id": "last", "when": {}, "refuse": "No."},
    ]
    state = {"opted-out": SalesforceList(oldest_run, is_complete)}
    return plan(rules=rules)._replace(salesforce_lists=state)


def fact(the_plan: DialPlan, item: StoredItem | None, callee: Callee | None = None) -> object:
    click = Click(None, callee or Callee("mobile", "DE", NUMBER), "me")
    items = {KEY: item}
    return dict(number_facts(the_plan, click, items, str, NOW)).get(FACT)


@pytest.mark.parametrize(("run", "counts"), [(6, False), (7, True), (8, True), (100, True)])
def test_an_entry_counts_if_one_of_the_last_two_completed_runs_saw_it(
    run: int, counts: bool
) -> None:
    assert fact(listed(), StoredItem("", None, run)) is counts
    assert fact(listed(), StoredItem("", NOW - 1, run)) is counts, "whatever the clock says"


def test_an_entry_that_no_run_wrote_counts_until_it_expires() -> None:
    assert fact(listed(), StoredItem("", None)) is True
    assert fact(listed(), StoredItem("", NOW - 1)) is False


def test_a_list_that_was_not_read_completely_is_unknown_unless_it_has_the_number() -> None:
    plan = listed(0, is_complete=False)
    assert fact(plan, StoredItem("", None, 1)) is True
    click = Click(None, Callee("mobile", "DE", NUMBER), "me")
    assert number_facts(plan, click, {}, str, NOW) == {}
    assert fact(plan, None) is None, "the entry could not be read"


def test_a_short_number_is_on_no_list_even_if_it_is_incomplete() -> None:
    assert fact(listed(0, is_complete=False), None, Callee("internal")) is False


def test_a_hit_on_another_list_of_the_condition_decides() -> None:
    plan = listed(0, is_complete=False, names="opted-out robinson")
    click = Click(None, Callee("mobile", "DE", NUMBER), "me")
    items: dict[str, StoredItem | None] = {
        number_key("robinson", NUMBER, str): StoredItem("", None)
    }
    assert number_facts(plan, click, items, str, NOW) == {f"{FACT}+robinson": True}
    assert number_facts(plan, click, {}, str, NOW) == {}


def test_it_costs_one_key_for_each_reading() -> None:
    plan = listed(names="opted-out robinson")
    click = Click(
        None, Callee("mobile", "DE", NUMBER), "me", other_callee=Callee("mobile", "FR", OTHER)
    )

    def of(name: str) -> Sequence[str]:
        return [key for key in keys(plan, click, str) if key.startswith(f"list#{name}#")]

    assert of("opted-out") == [KEY, number_key("opted-out", OTHER, str)]
    assert prefix_key("robinson", "491") in of("robinson")
