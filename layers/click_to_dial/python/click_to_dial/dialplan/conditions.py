"""The conditions of a rule: operators that compare a fact with the value that the plan expects."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from click_to_dial.model import Facts, Scalar

Test = Callable[[Scalar], bool]
Operand = Scalar | Sequence[Scalar]
Expected = Operand | Mapping[str, Operand]
"""A value, a list of values (any of them), or operators with their operands."""

LISTED, ATTEMPTS = "callee.listed", "callee.attempts"


class AttemptLimit(NamedTuple):
    """The calls that a limit counts: those to the number in the last `within` seconds.

    `by` is `anyone`, or `others` for calls by other agents only.
    """

    within: int
    by: str


class Condition(NamedTuple):
    """A test of one fact.

    `group` is the part of the fact's name that may be unknown as a whole. `expected` is the plan's
    own notation, for explanations. `if_missing` is the result for a missing fact. `lists` and
    `limit` are what a fact about lists or attempts is computed from.
    """

    fact: str
    group: str
    expected: Expected
    test: Test
    if_missing: bool
    lists: frozenset[str] = frozenset()
    limit: AttemptLimit | None = None

    def holds(self, facts: Facts) -> bool | None:
        """Return whether the fact is as expected; None if it is unknown."""
        value = facts.values.get(self.fact)
        if value is not None:
            return self.test(value)
        return None if self.group in facts.unknown else self.if_missing


def condition(fact: str, expected: Expected) -> Condition:
    """Return the condition for an entry of `when`. Raises KeyError for an unknown operator."""
    if fact == LISTED:
        return _list_condition(expected)
    if fact == ATTEMPTS and isinstance(expected, Mapping):
        return _attempts_condition(expected)
    return _condition(fact, expected)


def _list_condition(expected: Expected) -> Condition:
    """Return the test of a boolean fact of its own: the number is on any of these lists."""
    names = expected["not"] if isinstance(expected, Mapping) else expected
    lists = frozenset(str(name) for name in _as_list(names))
    result = _condition(f"{LISTED}.{'+'.join(sorted(lists))}", not isinstance(expected, Mapping))
    return result._replace(group=LISTED, lists=lists)


def _attempts_condition(expected: Mapping[str, Operand]) -> Condition:
    """Return the test of a numeric fact of its own: the number of calls that the limit counts."""
    limit = AttemptLimit(int(str(expected["within"])), str(expected["by"]))
    operators = {name: value for name, value in expected.items() if name not in ("within", "by")}
    result = _condition(f"{ATTEMPTS}.{limit.within}s.{limit.by}", operators)
    return result._replace(group=ATTEMPTS, limit=limit)


def _condition(fact: str, expected: Expected) -> Condition:
    operators = expected if isinstance(expected, Mapping) else {"is": expected}
    tests = [_OPERATORS[name](operand) for name, operand in operators.items()]
    return Condition(
        fact=fact,
        group=fact.partition(".")[0],
        expected=expected,
        test=tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests),
        if_missing=dict(operators) == {"present": False},
    )


def _as_list(operand: Operand) -> list[Scalar]:
    return [operand] if isinstance(operand, str | int | float | bool) else list(operand)


def _is(operand: Operand) -> Test:
    """Equal to any of the values. True is not 1: checkboxes and numbers are different types."""
    values = _as_list(operand)
    if all(isinstance(value, str) for value in values):  # the most frequent condition: keep it fast
        return frozenset(values).__contains__
    typed = frozenset((isinstance(value, bool), value) for value in values)
    return lambda value: (isinstance(value, bool), value) in typed


def _is_not(operand: Operand) -> Test:
    test = _is(operand)
    return lambda value: not test(value)


def _prefix(operand: Operand) -> Test:
    prefixes = tuple(str(prefix) for prefix in _as_list(operand))
    return lambda value: isinstance(value, str) and value.startswith(prefixes)


def _matches(operand: Operand) -> Test:
    globs = "|".join(fnmatch.translate(str(glob)) for glob in _as_list(operand))
    match = re.compile(globs).match
    return lambda value: isinstance(value, str) and match(value) is not None


def _compare(holds: Callable[[int], bool]) -> Callable[[Operand], Test]:
    def operator(operand: Operand) -> Test:
        return lambda value: (order := _order(value, operand)) is not None and holds(order)

    return operator


def _order(value: Scalar, other: Operand) -> int | None:
    """Return -1, 0 or 1 for two numbers or two texts (such as ISO dates), None for other types."""
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    if isinstance(value, bool) or isinstance(other, bool):
        return None
    if isinstance(value, int | float) and isinstance(other, int | float):
        return (value > other) - (value < other)
    return None


def _present(operand: Operand) -> Test:
    return lambda value: operand is True


_OPERATORS: Mapping[str, Callable[[Operand], Test]] = {
    "is": _is,
    "not": _is_not,
    "prefix": _prefix,
    "matches": _matches,
    "lt": _compare(lambda order: order < 0),
    "lte": _compare(lambda order: order <= 0),
    "gt": _compare(lambda order: order > 0),
    "gte": _compare(lambda order: order >= 0),
    "present": _present,
}
