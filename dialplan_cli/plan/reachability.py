"""Which conditions can never hold, and which hold whenever another does.

Sound, not complete: what is called impossible or implied always is, but some of it goes unnoticed.
"""

from collections.abc import Mapping
from typing import Any

from click_to_dial.dialplan.conditions import Condition, Test, condition
from dialplan_cli.plan.facts import listed

Conditions = Mapping[str, Condition]
Operators = Mapping[str, Any]
_ORDERS = ("lt", "lte", "gt", "gte")


def conditions(when: Mapping[str, Any]) -> Conditions:
    """The conditions of a rule, by their facts."""
    return {fact: condition(fact, expected) for fact, expected in when.items()}


def covers(earlier: Conditions, later: Conditions) -> bool:
    """Whether `earlier` holds wherever `later` does, so that a rule with `later` is never reached.

    Every condition of `earlier` must follow from the condition of `later` on the same fact. That
    holds for unknown facts too: both conditions then are unknown.
    """
    return all(fact in later and _implies(later[fact], earlier[fact]) for fact in earlier)


def is_impossible(expected: Any) -> bool:
    """Whether no value of the fact, nor its being missing, meets the condition."""
    if not isinstance(expected, dict):
        return False
    if expected.get("present") is False:
        return len(expected) > 1
    bounds = {isinstance(value, str) for name, value in expected.items() if name in _ORDERS}
    is_text = {"prefix", "matches"} & expected.keys()
    if len(bounds) == 2 or (is_text and bounds == {False}):
        return True
    return _is_empty(expected)


def _is_empty(expected: Operators) -> bool:
    """Whether the lower bound is above the upper one."""
    return any(
        expected[low] > expected[high] or (expected[low] == expected[high] and strict)
        for low, high, strict in (
            ("gt", "lt", True),
            ("gt", "lte", True),
            ("gte", "lt", True),
            ("gte", "lte", False),
        )
        if low in expected and high in expected
    )


def _implies(later: Condition, earlier: Condition) -> bool:
    met, wanted = later.expected, earlier.expected
    if not isinstance(met, Mapping):
        return all(earlier.test(value) for value in listed(met))
    if not isinstance(wanted, Mapping):
        return False
    if later.if_missing:
        return earlier.if_missing
    return all(
        _operator_implied(met, later.test, name, operand) for name, operand in wanted.items()
    )


def _operator_implied(later: Operators, test: Test, name: str, operand: Any) -> bool:
    """Whether each value that meets all of `later`, which is what `test` tests, meets this too."""
    if name == "present":
        return operand is True
    if name == "not":
        return not any(test(value) for value in listed(operand))
    if name == "prefix":
        prefixes = tuple(listed(operand))
        return "prefix" in later and all(p.startswith(prefixes) for p in listed(later["prefix"]))
    if name == "matches":
        return "matches" in later and set(listed(later["matches"])) <= set(listed(operand))
    return any(
        _bound_implied(later[side], name, operand, touching=side != name and not name.endswith("e"))
        for side in (name[:2], name[:2] + "e")
        if side in later
    )


def _bound_implied(inner: Any, name: str, outer: Any, *, touching: bool) -> bool:
    """Whether the bound `inner` keeps within `outer`; where `touching`, it may not be equal."""
    if isinstance(inner, str) != isinstance(outer, str):
        return False
    if inner == outer:
        return not touching
    return bool(inner < outer if name.startswith("lt") else inner > outer)
