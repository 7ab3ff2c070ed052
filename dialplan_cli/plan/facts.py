"""The facts that rules may use, and the conditions on them: known names and possible values.

The checks read the data as written and ignore what has the wrong form, which `read` reports.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.model import CalleeKind
from click_to_dial.salesforce.consent import CONSENT, CONSENTS
from dialplan_cli.plan.source import (
    Findings,
    Path,
    as_list,
    child,
    condition_sets,
    pairs,
    unknown_name,
)
from dialplan_cli.plan.standard_objects import CHECKBOX
from dialplan_cli.plan.suggestions import unknown_fact
from dialplan_cli.plan.types import is_date

Data = Mapping[str, Any]

KINDS = frozenset(get_args(CalleeKind))
TEXT, BOOLEAN, ANY = "text", "true or false", "any"
BUILT_IN = {
    "record.object": TEXT,
    "agent.known": BOOLEAN,
    "agent.id": TEXT,
    "callee.number": TEXT,
    "callee.country": TEXT,
    "callee.kind": TEXT,
    ON_RECORD: BOOLEAN,
}
NUMBERS = "numbers"
"""Key of an object with the list of its fields that contain phone numbers. It is no attribute."""

LOOKUPS = (LISTED, ATTEMPTS)
"""Facts about a number that are looked up in the table. Their conditions have their own forms."""

_CHOICES = {
    "callee.kind": ("kind of callee", KINDS),
    f"record.{CONSENT}": ("consent", frozenset(CONSENTS)),
}
_BOUNDS = {"lt", "lte", "gt", "gte"}
_COUNTING = {"within", "by"}
MAX_ATTEMPTS = 3000
"""Maximum number of calls in a condition. The table stores about twice as many for each number, in
one item, and an item of DynamoDB is limited to 400 KB."""

# Fields of standard objects that contain digits but are text.
_TEXT_FIELD = re.compile(r"(\w+\.)*\w*(Phone|Extension|Fax|PostalCode|EmployeeNumber)")


def known_facts(data: Data) -> dict[str, str]:
    """Return the facts that rules may use, except LOOKUPS, with the type of their values."""
    facts = dict(BUILT_IN)
    for _, fields in pairs(data.get("objects")):
        for name, field in pairs(fields):
            if name == NUMBERS:
                continue
            fact, kind = f"record.{name}", _field_type(field)
            facts[fact] = kind if facts.get(fact, kind) == kind else ANY
        if CONSENT in child(fields):
            facts[f"record.{CONSENT}"] = TEXT
    of_agent = child(data, "agents", "attributes")
    facts |= {f"agent.{name}": _field_type(field) for name, field in of_agent.items()}
    facts |= {f"hours.{name}": BOOLEAN for name in child(data, "hours")}
    return facts


def check_conditions(data: Data) -> Findings:
    """Find conditions on unknown facts, and values that a fact can never have."""
    facts = known_facts(data)
    for path, fact, expected in all_conditions(data):
        if fact == LISTED:
            yield from check_listed(data, path, expected)
        elif fact == ATTEMPTS:
            yield from check_attempts(path, expected)
        elif _COUNTING & child(expected).keys():
            yield path, "`within` and `by` can be used only with callee.attempts"
        elif fact in facts:
            yield from check_values(path, fact, facts[fact], expected)
            yield from check_compared(data, path, facts, expected)
        else:
            yield path, unknown_fact(fact, [*facts, *LOOKUPS], data)


def all_conditions(data: Data) -> Iterator[tuple[Path, str, Any]]:
    """Yield each condition of each rule: its place, the fact and the expected value.

    `data` is a plan as written or as published.
    """
    for key in ("rules", "outage"):
        rules = data.get(key)
        for index, rule in enumerate(rules if isinstance(rules, list) else []):
            for path, conditions in condition_sets(rule):
                for fact, expected in conditions.items():
                    yield (key, index, *path, fact), fact, expected


def _field_type(field_path: object) -> str:
    if CHECKBOX.fullmatch(str(field_path)):
        return BOOLEAN
    return TEXT if _TEXT_FIELD.fullmatch(str(field_path)) else ANY


def check_listed(data: Data, path: Path, expected: Any) -> Findings:
    """Find unknown lists, and operators that callee.listed does not have."""
    if isinstance(expected, dict):
        if expected.keys() != {"not"}:
            yield path, "must be the name of a list, a list of such names, or `{not: …}` with them"
            return
        expected = expected["not"]
    lists = [name for _, name in list_names(data)]
    for name in as_list(expected):
        if name not in lists:
            yield path, unknown_name("list", name, lists)


def list_names(data: Data) -> Iterator[tuple[Path, str]]:
    """Yield the name of each list with its place."""
    for index, each in enumerate(as_list(data.get("lists"))):
        if isinstance(each, str):
            yield ("lists", index), each
        elif isinstance(name := child(each).get("name"), str):
            yield ("lists", index, "name"), name


def check_attempts(path: Path, expected: Any) -> Findings:
    """Find conditions on callee.attempts without a number of calls or without a time."""
    operators = child(expected)
    bounds = operators.keys() - _COUNTING
    are_counts = all(type(operators[name]) is int for name in bounds)
    if "within" not in operators or not bounds or not bounds <= _BOUNDS or not are_counts:
        yield (
            path,
            "must be written as {gte: 4, within: 30d}; add `by: others` to count only the calls of "
            "other agents",
        )
    elif any(abs(operators[name]) > MAX_ATTEMPTS for name in bounds):
        yield path, f"at most {MAX_ATTEMPTS:,} calls to a number are counted"


def check_values(path: Path, fact: str, fact_type: str, expected: Any) -> Findings:
    """Find values of another type than the fact, and unknown choices."""
    for place, operator, value in operands(path, expected):
        if operator == "present" or operator in COMPARISONS:
            continue
        if fact_type == TEXT and isinstance(value, bool | int | float):
            yield place, f"{fact} is text; write it in quotes"
        elif fact_type == BOOLEAN and not isinstance(value, bool):
            yield place, f"{fact} is true or false; write one of them, without quotes"
        elif fact in _CHOICES and operator in ("is", "not"):
            kind, choices = _CHOICES[fact]
            if str(value) not in choices:
                yield place, unknown_name(kind, value, choices)


COMPARISONS = ("same_as", "differs_from")
"""Operators whose operand is another fact."""


def check_compared(data: Data, path: Path, facts: Mapping[str, str], expected: Any) -> Findings:
    """Find comparisons with unknown facts, and facts written as text."""
    for place, operator, value in operands(path, expected):
        if operator in COMPARISONS:
            if isinstance(value, str) and value not in facts:
                yield place, unknown_fact(value, facts, data)
        elif isinstance(value, str) and value in facts:
            yield (
                place,
                f"{value} is a fact, but here it is text; to compare with the fact, write "
                f"{{same_as: {value}}} or {{differs_from: {value}}}",
            )


def compares_days(data: Data) -> bool:
    """Tell whether a condition compares with a day, which begins at midnight in the home zone."""
    return any(
        operator in _BOUNDS and is_date(value)
        for path, _, expected in all_conditions(data)
        for _, operator, value in operands(path, expected)
    )


def operands(path: Path, expected: Any) -> Iterator[tuple[Path, str, Any]]:
    """Yield each single value of a condition: its place, the operator and the value."""
    operators = expected if isinstance(expected, dict) else {"is": expected}
    for operator, operand in operators.items():
        place = (*path, operator) if isinstance(expected, dict) else path
        for index, value in enumerate(as_list(operand)):
            yield ((*place, index) if isinstance(operand, list) else place), operator, value
