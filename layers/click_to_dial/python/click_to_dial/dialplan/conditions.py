"""The conditions of a rule: operators that compare a fact with the value that the plan expects."""

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
    """Return the condition for an entry of `when`. Raises KeyError for an unknown operator.

    A condition on lists tests a boolean fact of its own (the number is on any of these lists), one
    on attempts a numeric fact of its own (the number of calls that its limit counts).
    """
    if fact == LISTED:
        names = expected["not"] if isinstance(expected, Mapping) else expected
        lists = frozenset(str(name) for name in _as_list(names))
        fact = f"{LISTED}.{'+'.join(sorted(lists))}"
        test = _condition(fact, not isinstance(expected, Mapping))
        return test._replace(group=LISTED, lists=lists)
    if fact == ATTEMPTS and isinstance(expected, Mapping):
        limit = AttemptLimit(int(str(expected["within"])), str(expected["by"]))
        operators = {name: each for name, each in expected.items() if name not in ("within", "by")}
        test = _condition(f"{ATTEMPTS}.{limit.within}s.{limit.by}", operators)
        return test._replace(group=ATTEMPTS, limit=limit)
    return _condition(fact, expected)


def _condition(fact: str, expected: Expected) -> Condition:
    operators = expected if isinstance(expected, Mapping) else {"is": expected}
    tests = [OPERATORS[name](operand) for name, operand in operators.items()]
    return Condition(
        fact=fact,
        group=fact.partition(".")[0],
        expected=expected,
        test=tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests),
        if_missing=dict(operators) == {"present": False},
    )


def equals(operand: Operand) -> Test:
    """Test for any of the values. True is not 1: checkboxes and numbers are different types."""
    values = _as_list(operand)
    if all(isinstance(value, str) for value in values):  # the most frequent condition: keep it fast
        return frozenset(values).__contains__
    typed = frozenset((isinstance(value, bool), value) for value in values)
    return lambda value: (isinstance(value, bool), value) in typed


def differs(operand: Operand) -> Test:
    """Test for none of the values."""
    test = equals(operand)
    return lambda value: not test(value)


def starts_with(operand: Operand) -> Test:
    """Test for text with any of the prefixes."""
    prefixes = tuple(str(prefix) for prefix in _as_list(operand))
    return lambda value: isinstance(value, str) and value.startswith(prefixes)


def matches(operand: Operand) -> Test:
    """Test for text that matches any of the globs."""
    globs = "|".join(fnmatch.translate(str(glob)) for glob in _as_list(operand))
    match = re.compile(globs).match
    return lambda value: isinstance(value, str) and match(value) is not None


def compare(relation: Callable[[Any, Any], bool]) -> Callable[[Operand], Test]:
    """Return an operator for numbers and for text, such as ISO dates. Other pairs never match."""

    def build(operand: Operand) -> Test:
        if isinstance(operand, bool) or not isinstance(operand, str | int | float):
            return lambda value: False
        kind = str if isinstance(operand, str) else int | float
        return lambda value: (
            isinstance(value, kind) and not isinstance(value, bool) and relation(value, operand)
        )

    return build


def is_present(operand: Operand) -> Test:
    """Test whether there is a value; a missing fact is handled by `if_missing`."""
    return lambda value: operand is True


def _as_list(operand: Operand) -> list[Scalar]:
    return [operand] if isinstance(operand, str | int | float | bool) else list(operand)


OPERATORS: Mapping[str, Callable[[Operand], Test]] = {
    "is": equals,
    "not": differs,
    "prefix": starts_with,
    "matches": matches,
    "lt": compare(operator.lt),
    "lte": compare(operator.le),
    "gt": compare(operator.gt),
    "gte": compare(operator.ge),
    "present": is_present,
}
"""The operators of the plan. Each returns the test for its operand; a value alone means `is`."""
