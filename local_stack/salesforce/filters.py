"""WHERE: a condition as a test of one row."""

import operator
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.columns import Column, Row, bind
from local_stack.salesforce.org import Org, SObject
from local_stack.salesforce.soql_query import Comparison, Condition, Junction
from local_stack.salesforce.soql_tokens import Literal, error_at, like_pattern

Test = Callable[[Row], bool]

_LITERALS = {"boolean": "boolean", "double": "number", "date": "date", "datetime": "dateTime"}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def row_test(org: Org, sobject: SObject, condition: Condition | None, query: str) -> Test:
    """Whether a row satisfies `condition`. Raises ApiError for what Salesforce refuses."""
    if condition is None:
        return lambda row: True
    if isinstance(condition, Junction):
        tests = [row_test(org, sobject, part, query) for part in condition.conditions]
        if condition.operator == "NOT":
            return lambda row: not tests[0](row)
        joined = all if condition.operator == "AND" else any
        return lambda row: joined(test(row) for test in tests)
    column = bind(org, sobject, condition.path, query)
    for literal in condition.values:
        _check(column, condition.operator, literal, query)
    test = _value_test(column.kind, condition)
    return lambda row: test(column.value(org, row))


def comparable(kind: str, value: object) -> object:
    """A value as it is compared: text ignores case and has no difference of empty and null."""
    if kind in ("id", "reference"):
        return to_18(value) if isinstance(value, str) else value
    if kind in ("date", "datetime") and isinstance(value, str | date):
        return _moment(value)
    return (value.lower() or None) if isinstance(value, str) else value


def _moment(value: str | date) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _value_test(kind: str, comparison: Comparison) -> Callable[[object], bool]:
    wanted = [comparable(kind, literal.value) for literal in comparison.values]
    match comparison.operator:
        case "LIKE":
            fits = like_pattern(str(comparison.values[0].value)).fullmatch
            return lambda value: isinstance(value, str) and fits(value) is not None
        case "=" | "IN":
            return lambda value: comparable(kind, value) in wanted
        case "!=" | "NOT IN":
            return lambda value: comparable(kind, value) not in wanted
    holds = _ORDER[comparison.operator]

    def ordered(value: object) -> bool:
        actual = comparable(kind, value)
        try:
            return actual is not None and wanted[0] is not None and holds(actual, wanted[0])
        except TypeError:  # a column of numbers and text: only a hand-written file has one
            return False

    return ordered


def _check(column: Column, operator: str, literal: Literal, query: str) -> None:
    """Salesforce compares a field only with a literal of its type."""
    code, name = "INVALID_FIELD", column.name
    if column.kind in ("id", "reference"):
        code = "INVALID_QUERY_FILTER_OPERATOR"
        if operator == "LIKE":
            raise error_at(query, column.path.position, code, "invalid operator on id field")
        if literal.kind == "string" and to_18(str(literal.value)) is None:
            message = f"invalid ID field: {literal.value}"
            raise error_at(query, column.path.position, code, message)
    wanted = _LITERALS.get(column.kind, "string")
    if column.kind == "any" or literal.kind in ("null", wanted):
        return
    quotes = "should be" if wanted == "string" else "should not be"
    message = (
        f"value of filter criterion for field '{name}' must be of type"
        f" {'double' if wanted == 'number' else wanted} and {quotes} enclosed in quotes"
    )
    raise error_at(query, column.path.position, code, message)
