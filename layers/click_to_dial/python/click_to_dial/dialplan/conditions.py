"""One condition of a rule: a fact compared with what the plan expects of it (design, section 3)."""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from click_to_dial.model import Facts, Scalar

Test = Callable[[Scalar], bool]
Operand = Scalar | Sequence[Scalar]
Expected = Operand | Mapping[str, Operand]


LISTED, ATTEMPTS = "callee.listed", "callee.attempts"


@dataclass(frozen=True, slots=True)
class Attempts:
    """Calls to a number within so many seconds, by `anyone`, or by `others` than this agent."""

    within: int
    by: str


@dataclass(frozen=True, slots=True)
class Condition:
    """`expected` is the plan's own notation, kept to explain decisions with."""

    fact: str
    group: str
    expected: Expected
    test: Test
    if_missing: bool
    lists: frozenset[str] = frozenset()
    attempts: Attempts | None = None
    """What the fact is made from, where it is about lists or attempts."""

    def holds(self, facts: Facts) -> bool | None:
        """Whether the fact is as expected; None where the fact could not be asked."""
        value = facts.values.get(self.fact)
        if value is not None:
            return self.test(value)
        return None if self.group in facts.unknown else self.if_missing


def condition(fact: str, expected: Expected) -> Condition:
    """The condition that `fact` is as `expected`, written as in the plan.

    Raises KeyError for an operator that does not exist.
    """
    if fact == LISTED:
        return _listed_condition(expected)
    if fact == ATTEMPTS and isinstance(expected, Mapping):
        return _attempts_condition(expected)
    return _condition(fact, expected)


def _listed_condition(expected: Expected) -> Condition:
    """On any of these lists, or with `not` on none: true or false."""
    named = expected["not"] if isinstance(expected, Mapping) else expected
    lists = frozenset(str(name) for name in _listed(named))
    made = _condition(f"{LISTED}.{'+'.join(sorted(lists))}", not isinstance(expected, Mapping))
    return replace(made, group=LISTED, lists=lists)


def _attempts_condition(expected: Mapping[str, Operand]) -> Condition:
    """A number for each way of counting."""
    attempts = Attempts(int(str(expected["within"])), str(expected["by"]))
    compared = {name: value for name, value in expected.items() if name not in ("within", "by")}
    made = _condition(f"{ATTEMPTS}.{attempts.within}s.{attempts.by}", compared)
    return replace(made, group=ATTEMPTS, attempts=attempts)


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


def _listed(operand: Operand) -> list[Scalar]:
    return [operand] if isinstance(operand, str | int | float | bool) else list(operand)


def _is(operand: Operand) -> Test:
    """Equal to any of them; True is not 1, since checkboxes and numbers never mix."""
    wanted = _listed(operand)
    if all(isinstance(value, str) for value in wanted):  # most conditions: worth a shorter way
        return frozenset(wanted).__contains__
    typed = frozenset((isinstance(value, bool), value) for value in wanted)
    return lambda value: (isinstance(value, bool), value) in typed


def _is_not(operand: Operand) -> Test:
    test = _is(operand)
    return lambda value: not test(value)


def _prefix(operand: Operand) -> Test:
    prefixes = tuple(str(prefix) for prefix in _listed(operand))
    return lambda value: isinstance(value, str) and value.startswith(prefixes)


def _matches(operand: Operand) -> Test:
    globs = "|".join(fnmatch.translate(str(glob)) for glob in _listed(operand))
    fits = re.compile(globs).match
    return lambda value: isinstance(value, str) and fits(value) is not None


def _compare(holds: Callable[[int], bool]) -> Callable[[Operand], Test]:
    def operator(operand: Operand) -> Test:
        return lambda value: (order := _order(value, operand)) is not None and holds(order)

    return operator


def _order(value: Scalar, other: Operand) -> int | None:
    """-1, 0 or 1 for two numbers or two texts (an ISO date is one); None for all else."""
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
