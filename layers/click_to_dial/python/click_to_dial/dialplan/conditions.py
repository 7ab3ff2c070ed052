"""The conditions of a rule: operators that compare a fact with the value that the plan expects.

Time zones are imported only if a condition needs one: they slow down a cold start.
"""

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from click_to_dial.model import Facts, RuleTrace, Scalar

Test = Callable[[Scalar], bool]
Operand = Scalar | Sequence[Scalar]
Expected = Operand | Mapping[str, Operand]
"""A value, a list of values (any of them), or operators with their operands."""

LISTED, ATTEMPTS = "callee.listed", "callee.attempts"

ON_RECORD = "callee.on_record"
"""True if a field of the record contains the called number. It is unknown if the record is."""


class AttemptLimit(NamedTuple):
    """The calls that a limit counts: those to the number in the last `within` seconds.

    `by` is `anyone`, or `others` for calls by other agents only. From `enough` calls on, more calls
    do not change a result.
    """

    within: int
    by: str
    enough: int


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of one fact.

    `group` is the part of the fact's name that may be unknown as a whole. `expected` is the plan's
    own notation, for explanations. `if_missing` is the result for a missing fact. `compared` are
    other facts, and whether the fact must be equal to each. `lists` and `limit` are what a fact
    about lists or attempts is computed from. `failure` is the trace of the condition's rule if it
    does not hold.
    """

    fact: str
    group: str
    expected: Expected
    test: Test
    if_missing: bool
    compared: tuple[tuple[str, bool], ...] = ()
    lists: frozenset[str] = frozenset()
    limit: AttemptLimit | None = None
    failure: RuleTrace = ("", "failed", None, None)

    def holds(self, facts: Facts) -> bool | None:
        """Return whether the fact is as expected; None if it or a compared fact is unknown."""
        value = facts.values.get(self.fact)
        if value is not None:
            result: bool | None = self.test(value)
            if not self.compared:
                return result
        else:
            result = None if self.group in facts.unknown else self.if_missing
        for other, equal in self.compared:
            second = self._is_compared(value, other, equal, facts)
            if result is False or second is False:
                return False
            result = None if result is None or second is None else True
        return result

    def _is_compared(
        self, value: Scalar | None, other: str, equal: bool, facts: Facts
    ) -> bool | None:
        """Compare with another fact. Return False if one of them is missing, None if unknown."""
        other_value = facts.values.get(other)
        if value is not None and other_value is not None:
            same = (isinstance(value, bool), value) == (isinstance(other_value, bool), other_value)
            return same == equal
        is_missing = value is None and self.group not in facts.unknown
        other_is_missing = other_value is None and group_of(other) not in facts.unknown
        return False if is_missing or other_is_missing else None


def group_of(fact: str) -> str:
    """Return the group of a fact, which may be unknown as a whole: `record` for `record.kind`."""
    return "record" if fact == ON_RECORD else fact.partition(".")[0]


def condition(fact: str, expected: Expected, zone: str = "UTC", rule: str = "") -> Condition:
    """Return the condition for an entry of `when`. Raises KeyError for an unknown operator.

    `zone` is the IANA time zone in which a day is compared with a point in time, `rule` the id of
    the condition's rule.
    """
    if fact == LISTED:
        # A boolean fact of its own: the number is on any of these lists.
        names = expected["not"] if isinstance(expected, Mapping) else expected
        lists = frozenset(str(name) for name in _as_list(names))
        listed = _condition(
            f"{LISTED}.{'+'.join(sorted(lists))}", not isinstance(expected, Mapping), "UTC", rule
        )
        return replace(listed, group=LISTED, lists=lists)
    if fact == ATTEMPTS and isinstance(expected, Mapping):
        # A numeric fact of its own: the number of calls that the limit counts.
        operators = {
            name: value for name, value in expected.items() if name not in ("within", "by")
        }
        counts = (
            int(str(operand)) + (name in ("lte", "gt")) for name, operand in operators.items()
        )
        limit = AttemptLimit(int(str(expected["within"])), str(expected["by"]), max(counts))
        attempts = _condition(f"{ATTEMPTS}.{limit.within}s.{limit.by}", operators, "UTC", rule)
        return replace(attempts, group=ATTEMPTS, limit=limit)
    return _condition(fact, expected, zone, rule)


def _condition(fact: str, expected: Expected, zone: str, rule: str) -> Condition:
    operators = dict(expected) if isinstance(expected, Mapping) else {"is": expected}
    compared = tuple(
        (str(operators.pop(name)), equal) for name, equal in _COMPARISONS if name in operators
    )
    tests = [
        _time_test(name, operand, zone)
        if name in _BOUNDS and isinstance(operand, str)
        else _OPERATORS[name](operand)
        for name, operand in operators.items()
    ]
    return Condition(
        fact=fact,
        group=group_of(fact),
        expected=expected,
        test=tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests),
        if_missing=not compared and operators == {"present": False},
        compared=compared,
        failure=(rule, "failed", fact, expected),
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


def _includes(operand: Operand) -> Test:
    """One of the values is selected in a multi-select picklist, which Salesforce joins by `;`."""
    values = frozenset(str(value) for value in _as_list(operand))
    return lambda value: isinstance(value, str) and not values.isdisjoint(value.split(";"))


def _excludes(operand: Operand) -> Test:
    values = frozenset(str(value) for value in _as_list(operand))
    return lambda value: isinstance(value, str) and values.isdisjoint(value.split(";"))


def _bound(holds: Callable[[int], bool]) -> Callable[[Operand], Test]:
    def operator(operand: Operand) -> Test:
        return lambda value: (order := _order(value, operand)) is not None and holds(order)

    return operator


def _order(value: Scalar, other: Operand) -> int | None:
    """Return -1, 0 or 1 for two numbers or two texts, None for other types."""
    if isinstance(value, str) and isinstance(other, str):
        return (value > other) - (value < other)
    if isinstance(value, bool) or isinstance(other, bool):
        return None
    if isinstance(value, int | float) and isinstance(other, int | float):
        return (value > other) - (value < other)
    return None


def _time_test(name: str, operand: str, zone: str) -> Test:
    """Compare with a day (in `zone`), with a point in time, or with any other text."""
    holds = _BOUNDS[name]
    if _DAY.fullmatch(operand):
        from zoneinfo import ZoneInfo

        def convert(value: str) -> str | float:
            moment = _moment(value, zone)
            return moment.astimezone(ZoneInfo(zone)).date().isoformat() if moment else value

        bound: str | float = operand
    elif moment := _moment(operand, zone):

        def convert(value: str) -> str | float:
            moment = _moment(value, zone)
            return moment.timestamp() if moment else value

        bound = moment.timestamp()
    else:
        return _bound(holds)(operand)

    def test(value: Scalar) -> bool:
        if not isinstance(value, str):
            return False
        order = _order(convert(value), bound)
        return order is not None and holds(order)

    return test


def _moment(text: str, zone: str) -> datetime | None:
    """Return an ISO date with a time, in `zone` if it names none; None for any other text."""
    if not _TIME.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo:
        return moment
    from zoneinfo import ZoneInfo

    return moment.replace(tzinfo=ZoneInfo(zone))


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
_COMPARISONS = (("same_as", True), ("differs_from", False))
_BOUNDS: Mapping[str, Callable[[int], bool]] = {
    "lt": lambda order: order < 0,
    "lte": lambda order: order <= 0,
    "gt": lambda order: order > 0,
    "gte": lambda order: order >= 0,
}
_OPERATORS: Mapping[str, Callable[[Operand], Test]] = {
    "is": _is,
    "not": _is_not,
    "prefix": _prefix,
    "matches": _matches,
    "includes": _includes,
    "excludes": _excludes,
    "present": lambda operand: lambda value: operand is True,
    **{name: _bound(holds) for name, holds in _BOUNDS.items()},
}
