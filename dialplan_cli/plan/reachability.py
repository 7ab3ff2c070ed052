"""Logic of conditions: which can never hold, and which hold whenever another one does.

It is sound but not complete: a condition that is called impossible or implied always is, but some
of them are not found.
"""

from collections.abc import Mapping
from typing import Any

from click_to_dial.dialplan.conditions import Condition, Test, condition
from dialplan_cli.plan.source import as_list, condition_sets
from dialplan_cli.plan.types import is_date, is_time

Conditions = Mapping[str, Condition]
Operators = Mapping[str, Any]

_CONTRADICTIONS = (  # lower bound, upper bound, whether equal bounds contradict too
    ("gt", "lt", True),
    ("gt", "lte", True),
    ("gte", "lt", True),
    ("gte", "lte", False),
)


def conditions(rule: Mapping[str, Any]) -> list[Conditions]:
    """Return the sets of conditions of a published rule, by their facts."""
    return [
        {fact: condition(fact, expected) for fact, expected in when.items()}
        for _, when in condition_sets(rule)
    ]


def subsumes(earlier: Conditions, later: Conditions) -> bool:
    """Tell whether `earlier` holds whenever `later` does, so that its rule is never reached.

    Every condition of `earlier` must follow from the condition of `later` on the same fact. This
    is right for unknown facts too, because both conditions are unknown then.
    """
    return all(fact in later and implies(later[fact], earlier[fact]) for fact in earlier)


def is_impossible(expected: Any) -> bool:
    """Tell whether neither a value of the fact nor a missing fact satisfies the condition."""
    if not isinstance(expected, dict):
        return False
    if expected.get("present") is False:
        return len(expected) > 1
    if "includes" in expected and "excludes" in expected:
        return set(as_list(expected["includes"])) <= set(as_list(expected["excludes"]))
    bounds = {name: expected[name] for name in ("lt", "lte", "gt", "gte") if name in expected}
    are_texts = {isinstance(bound, str) for bound in bounds.values()}
    needs_text = bool({"prefix", "matches"} & expected.keys())
    if len(are_texts) == 2 or (needs_text and are_texts == {False}):
        return True
    if not _have_one_order(*bounds.values()):
        return False
    return any(
        bounds[low] > bounds[high] or (strict and bounds[low] == bounds[high])
        for low, high, strict in _CONTRADICTIONS
        if low in bounds and high in bounds
    )


def implies(later: Condition, earlier: Condition) -> bool:
    """Tell whether each value that satisfies `later` satisfies `earlier`."""
    if not isinstance(later.expected, Mapping):
        return all(earlier.test(value) for value in as_list(later.expected))
    if not isinstance(earlier.expected, Mapping):
        return False
    if later.if_missing:
        return earlier.if_missing
    return all(
        _implies_operator(later.expected, later.test, name, operand)
        for name, operand in earlier.expected.items()
    )


def _implies_operator(later: Operators, test: Test, name: str, operand: Any) -> bool:
    """Tell whether each value that satisfies `later`, checked by `test`, satisfies one operator."""
    if name == "present":
        return operand is True
    if name in ("same_as", "differs_from"):
        return bool(later.get(name) == operand)
    if name in ("includes", "excludes"):
        if name not in later:
            return False
        inner, outer = set(as_list(later[name])), set(as_list(operand))
        return inner <= outer if name == "includes" else outer <= inner
    if name == "not":
        return not any(test(value) for value in as_list(operand))
    if name == "prefix":
        prefixes = tuple(as_list(operand))
        return "prefix" in later and all(p.startswith(prefixes) for p in as_list(later["prefix"]))
    if name == "matches":
        return "matches" in later and set(as_list(later["matches"])) <= set(as_list(operand))
    return any(
        _implies_bound(later[side], name, operand, strict=side != name and not name.endswith("e"))
        for side in (name[:2], name[:2] + "e")
        if side in later
    )


def _implies_bound(inner: Any, name: str, outer: Any, *, strict: bool) -> bool:
    """Tell whether the bound `inner` is within `outer`; if `strict`, it must not be equal."""
    if isinstance(inner, str) != isinstance(outer, str) or not _have_one_order(inner, outer):
        return False
    if inner == outer:
        return not strict
    return bool(inner < outer if name.startswith("lt") else inner > outer)


def _have_one_order(*bounds: Any) -> bool:
    """Tell whether the order of bounds is that of the values that satisfy them.

    A point in time is within a day, not after it, and its text does not tell its order because of
    its time zone.
    """
    if len(set(bounds)) < 2:
        return True
    return len(set(map(is_date, bounds))) == 1 and not any(map(is_time, bounds))
