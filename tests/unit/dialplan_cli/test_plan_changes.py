"""Two plans are compared by meaning."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dialplan_cli.plan_changes import EntryChange, RuleChange, ValueChange, compare


def rule(name: str, **keys: Any) -> dict[str, Any]:
    return {"id": name, "when": {}, "refuse": "No.", **keys}


def rules_of(*names: str) -> dict[str, Any]:
    return {"rules": [rule(name) for name in names]}


def test_equal_plans_have_no_changes_whatever_the_order_of_keys() -> None:
    before = {"mappings": {"m": {"entries": {"DE": "a", "AT": "b"}, "default": "a"}}}
    after = {"mappings": {"m": {"default": "a", "entries": {"AT": "b", "DE": "a"}}}}
    assert not compare(before, after)


def test_a_rule_that_moves_up_is_the_only_one_that_moved() -> None:
    found = compare(rules_of("a", "b", "c", "d"), rules_of("d", "a", "b", "c"))
    assert found.rules == [RuleChange("d", "moved", 4, 1, moved=True)]


def test_rules_are_added_removed_and_changed() -> None:
    before = {"rules": [rule("a"), rule("b", when={"record.kind": 1}), rule("c")]}
    after = {"rules": [rule("new"), rule("a"), rule("b", when={"record.kind": True})]}
    found = compare(before, after)
    assert found.rules == [
        RuleChange("new", "added", None, 1),
        RuleChange("b", "changed", 2, 3, False, (ValueChange("when.record.kind", 1, True),)),
        RuleChange("c", "removed", 3, None),
    ]


def test_a_rule_may_move_and_change() -> None:
    before = {"rules": [rule("a"), rule("b"), rule("c")]}
    after = {"rules": [rule("c", refuse="Never."), rule("a"), rule("b")]}
    (found,) = compare(before, after).rules
    assert (found.kind, found.moved, found.values) == (
        "changed",
        True,
        (ValueChange("refuse", "No.", "Never."),),
    )


def test_numbers_mappings_lists_and_settings() -> None:
    before = {
        "service_numbers": {"a": {"number": "1", "name": "A"}, "b": {"number": "2", "name": "B"}},
        "mappings": {"m": {"entries": {"DE": "a"}, "default": None}},
        "lists": ["robinson"],
        "freshness": {"record": 0},
    }
    after = {
        "service_numbers": {"a": {"number": "1", "name": "Hotline"}},
        "mappings": {"m": {"entries": {"DE": "a", "AT": "a"}, "default": None}},
        "lists": ["robinson", {"name": "opted-out", "salesforce": []}],
        "freshness": {"record": 60},
        "home_region": "DE",
    }
    found = compare(before, after)
    assert found.entries == [
        EntryChange("service_numbers", "a", "changed", (ValueChange("name", "A", "Hotline"),)),
        EntryChange("service_numbers", "b", "removed"),
        EntryChange("mappings", "m", "changed", (ValueChange("entries.AT", None, "a"),)),
        EntryChange("lists", "opted-out", "added"),
    ]
    assert found.settings == [
        ValueChange("freshness.record", 0, 60),
        ValueChange("home_region", None, "DE"),
    ]


def test_against_no_plan_everything_is_added() -> None:
    found = compare({}, rules_of("a") | {"lists": ["x"]})
    assert [each.kind for each in found.rules] == ["added"]
    assert [each.kind for each in found.entries] == ["added"]


def test_calling_hours_are_compared_as_they_are_written_and_without_the_days_of_holidays() -> None:
    window = {"zone": None, "open": {"0": [[480, 1200]]}, "holidays": {"AT": "2026-01-01"}}
    before = {"hours": {"work": window}, "holidays": {"DE": "2026-01-01"}}
    later = {**window, "holidays": {"AT": "2027-01-01"}}
    assert not compare(before, {"hours": {"work": later}, "holidays": {"DE": "2027-01-01"}})
    longer = {**window, "open": {"0": [[480, 720], [780, 1260]]}}
    (found,) = compare(before, {"hours": {"work": longer}}).entries
    assert found.values == (ValueChange("open.Mon", "08:00-20:00", "08:00-12:00, 13:00-21:00"),)


NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(NAMES, NAMES)
def test_without_moved_added_and_removed_rules_the_order_is_the_same(
    before: list[str], after: list[str]
) -> None:
    changes = compare(rules_of(*before), rules_of(*after)).rules
    by_kind: dict[str, set[str]] = {"added": set(), "removed": set(), "moved": set()}
    for each in changes:
        by_kind[each.kind].add(each.id)
    assert by_kind["added"] == set(after) - set(before)
    assert by_kind["removed"] == set(before) - set(after)
    stayed = set(before) & set(after) - by_kind["moved"]
    assert [each for each in before if each in stayed] == [each for each in after if each in stayed]
    assert bool(changes) == (before != after)
