"""Examples in a plan: calls with their expected results, decided by the code of the function."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from click_to_dial.decision.hours_facts import hours_facts
from click_to_dial.dialplan import DialPlan, evaluate, kept_in_salesforce, load
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, Decision, Facts, Scalar
from click_to_dial.phone_numbers import clean, read_number
from click_to_dial.salesforce_id import STANDARD_OBJECTS
from dialplan_cli.plan.facts import (
    LOOKUPS,
    NUMBERS,
    check_listed,
    check_values,
    known_facts,
)
from dialplan_cli.plan.hours import CALLEE, home_zone
from dialplan_cli.plan.source import (
    Findings,
    Path,
    PlanFileError,
    PlanSource,
    Problem,
    as_list,
    child,
    pairs,
    show_path,
    unknown_name,
)
from dialplan_cli.plan.types import Name, Scalars

Data = Mapping[str, Any]

EXPECT, AT, OUTAGE = "expect", "at", "outage"
KEYS = (EXPECT, AT, OUTAGE)
REFUSE = "refuse"

Example = Annotated[
    dict[Name, Scalars],
    Field(
        description="The facts of a call and its expected result. Facts that are not named are "
        "missing.",
        json_schema_extra={
            "required": [EXPECT],
            "properties": {
                EXPECT: {
                    "type": "string",
                    "description": "`refuse`, the key of a service number, or a number in quotes.",
                },
                AT: {
                    "type": "string",
                    "description": "Time of the call, for calling hours and periods of service "
                    "numbers: 2026-12-24T18:00, in the time zone of the company.",
                },
                OUTAGE: {"type": "boolean", "description": "true: Salesforce cannot be reached."},
                "callee.number": {
                    "type": "string",
                    "description": "The number to be called. Kind and country follow from it.",
                },
            },
        },
    ),
]

_DIGITS = re.compile(r"\+?[0-9]+")


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """Result of an example. `problem` is None if the plan decides as expected.

    `is_checked` is False if the decision depends on a mapping kept in Salesforce, whose entries
    are not part of the plan. `problem` then says so.
    """

    is_checked: bool = True
    problem: Problem | None = None


# Checks of examples as written --------------------------------------------------------------------


def check_examples(data: Data) -> Findings:
    """Find unknown facts and results in examples, and facts that a call cannot have together."""
    facts = known_facts(data)
    examples = data.get("examples")
    for index, example in enumerate(examples if isinstance(examples, list) else []):
        path: Path = ("examples", index)
        for name, value in pairs(example):
            if name not in KEYS:
                yield from _check_fact(data, facts, (*path, name), value)
        yield from _check_keys(data, path, child(example))
        yield from _check_record(data, path, child(example))
        yield from _check_callee(data, path, child(example))


def _check_fact(data: Data, facts: Mapping[str, str], path: Path, value: Any) -> Findings:
    name = str(path[-1])
    if name == LISTED:
        yield from check_listed(data, path, value)
    elif isinstance(value, list):
        yield path, f"must be one value; only {LISTED} may be a list"
    elif name == ATTEMPTS:
        if type(value) is not int or value < 0:
            yield path, "must be a number of calls, such as 4"
    elif name in facts:
        yield from check_values(path, name, facts[name], value)
    else:
        yield path, unknown_name("fact", name, [*facts, *LOOKUPS, *KEYS])


def _check_keys(data: Data, path: Path, example: Data) -> Findings:
    numbers = child(data, "service_numbers")
    expect = example.get(EXPECT)
    if expect is None:
        yield path, f"needs `{EXPECT}`: {REFUSE}, or the key of a service number"
    elif not isinstance(expect, str):
        yield (*path, EXPECT), f"must be {REFUSE}, the key of a service number, or text in quotes"
    elif expect != REFUSE and expect not in numbers and not _DIGITS.fullmatch(expect):
        yield (*path, EXPECT), unknown_name("service number", expect, [*numbers, REFUSE])
    if AT in example and _seconds(example[AT], "UTC") is None:
        yield (*path, AT), "must be a time, such as 2026-12-24T18:00 or 2026-12-24T18:00+01:00"
    if not isinstance(example.get(OUTAGE, False), bool):
        yield (*path, OUTAGE), "must be true or false"


def _check_record(data: Data, path: Path, example: Data) -> Findings:
    """Find facts that the object of the record does not have, or that an outage hides."""
    name = example.get("record.object")
    fields = child(data, "objects", name) if isinstance(name, str) else {}
    for fact in example:
        group, _, attribute = fact.partition(".")
        if fact == "record.object" or (group not in ("record", "agent") and fact != ON_RECORD):
            continue
        if example.get(OUTAGE) is True:
            yield (*path, fact), "is not known while Salesforce cannot be reached; remove it"
        elif isinstance(name, str) and fact == ON_RECORD and NUMBERS not in fields:
            yield (*path, fact), f"the object {name} has no `{NUMBERS}` in this plan"
        elif isinstance(name, str) and group == "record" and attribute not in fields:
            yield (*path, fact), f"the object {name} has no attribute {attribute} in this plan"


def _check_callee(data: Data, path: Path, example: Data) -> Findings:
    """Find facts that follow from the number, and a time that says nothing without the number."""
    if "callee.number" in example:
        for fact in ("callee.kind", "callee.country"):
            if fact in example:
                yield (*path, fact), "follows from callee.number; remove it"
    elif AT in example:
        for name, window in child(data, "hours").items():
            of_callee = [child(window).get("zone"), *as_list(child(window).get("holidays"))]
            if CALLEE in of_callee and f"hours.{name}" not in example:
                yield (
                    path,
                    f"needs callee.number: hours.{name} depends on the country of the number",
                )


# Decisions ----------------------------------------------------------------------------------------


def run_examples(document: Data, source: PlanSource, now: float) -> Iterator[ExampleResult]:
    """Yield the result of each example of a valid plan, given as published and as written.

    `now` is the time of calls without `at`, in seconds since 1970. Rules about hours do not match
    such calls, so that the result does not depend on the time of day.
    """
    plan = load(document)
    zone = home_zone(document["home_region"], source.data.get("home_zone")) or "UTC"
    for index, example in enumerate(source.data.get("examples", ())):
        path: Path = ("examples", index)
        readings = _readings(plan, example)
        if len(readings) != 1:
            number = (*path, "callee.number")
            message = (
                "is ambiguous; write it with a plus and the country code"
                if readings
                else "is not a number that can be called"
            )
            yield ExampleResult(problem=_problem(source, number, message))
            continue
        decision = evaluate(plan, _facts(plan, example, readings[0], zone, now))
        mappings = _mappings_in_salesforce(document, decision)
        if mappings:
            message = (
                f"is not checked: the mapping {mappings[0]} is kept in Salesforce, and this file "
                "does not contain its entries"
            )
            yield ExampleResult(is_checked=False, problem=_problem(source, path, message))
        elif _is_expected(document, decision, example[EXPECT]):
            yield ExampleResult()
        else:
            message = f"expects {example[EXPECT]}, but {_describe(document, source, decision)}"
            yield ExampleResult(problem=_problem(source, path, message))


def check_results(document: Data, source: PlanSource, now: float) -> tuple[Problem, ...]:
    """Run the examples and return warnings about those that cannot be checked.

    Raises PlanFileError if an example has another result than expected.
    """
    results = list(run_examples(document, source, now))
    failed = [each.problem for each in results if each.problem and each.is_checked]
    if failed:
        raise PlanFileError(failed)
    return tuple(each.problem for each in results if each.problem)


def _problem(source: PlanSource, path: Path, message: str) -> Problem:
    return Problem(source.file, source.line(path), show_path(path), message)


def _readings(plan: DialPlan, example: Data) -> tuple[Callee | None, ...]:
    """Return the readings of the number to be called, or None as the only one if it is missing."""
    if "callee.number" not in example:
        return (None,)
    try:
        return read_number(clean(example["callee.number"]), plan.numbering)
    except BadParameterError:
        return ()


def _facts(plan: DialPlan, example: Data, callee: Callee | None, zone: str, now: float) -> Facts:
    """Return the facts of an example. A number is on no list and was never called by default."""
    given = {name: value for name, value in example.items() if name not in (*KEYS, *LOOKUPS)}
    values: dict[str, Scalar | None] = {}
    at = _seconds(example[AT], zone) if AT in example else None
    if at is not None and plan.hours:
        values |= hours_facts(plan, callee or Callee("unknown"), at)
    values |= given
    if callee is not None:
        values["callee.kind"] = callee.kind
        values["callee.country"] = callee.country
        values["callee.number"] = callee.number
    if any(name.startswith("agent.") for name in given):
        values.setdefault("agent.known", True)
    lists = as_list(example.get(LISTED, []))
    values |= {fact: not names.isdisjoint(lists) for fact, names in plan.lists.items()}
    values |= dict.fromkeys(plan.limits, example.get(ATTEMPTS, 0))
    present = {name: value for name, value in values.items() if value is not None}
    moment = now if at is None else at
    if example.get(OUTAGE) is not True:
        return Facts(present, now=moment)
    clicked = present.pop("record.object", None)
    is_emergency = present.get("callee.kind") == "emergency"  # nothing stays unknown then
    return Facts(
        present,
        unknown=frozenset() if is_emergency else frozenset(("record", "agent")),
        now=moment,
        clicked_object=str(clicked) if clicked in STANDARD_OBJECTS.values() else None,
    )


def _seconds(text: object, zone: str) -> float | None:
    """Return a time such as 2026-12-24T18:00 in seconds since 1970, or None for anything else."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if "T" not in str(text) or not 1970 < moment.year < 9999:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp()


def _mappings_in_salesforce(document: Data, decision: Decision) -> list[str]:
    """Return the mappings kept in Salesforce by which a rule may have found its number."""
    rules = {rule["id"]: rule for rule in document["rules"]}
    outcomes = [rules[trace[0]] for trace in decision.trace if trace[1] in ("decided", "no-number")]
    if decision.cause == "outage":
        outcomes += as_list(document["outage"])
    found = []
    for outcome in outcomes:
        while isinstance(outcome, dict):
            found.append(child(outcome, "signal").get("mapping"))
            outcome = outcome.get("otherwise")
    return [name for name in kept_in_salesforce(document) if name in found]


def _is_expected(document: Data, decision: Decision, expect: str) -> bool:
    signalled = decision.service_number
    if signalled is None or expect == REFUSE:
        return signalled is None and expect == REFUSE
    number = document["service_numbers"].get(expect, {"number": expect, "name": signalled.name})
    return bool((signalled.number, signalled.name) == (number["number"], number["name"]))


def _describe(document: Data, source: PlanSource, decision: Decision) -> str:
    """Return what the plan decides, and by which rule."""
    index = next(i for i, rule in enumerate(document["rules"]) if rule["id"] == decision.rule)
    rule = f"the rule '{decision.rule}' (line {source.line(('rules', index))})"
    signalled = decision.service_number
    if decision.cause == "unresolved":
        return f"{rule} finds no number to signal, so the call is refused"
    if signalled is None:
        result = f'refuses the call: "{decision.reason}"'
    else:
        numbers = document["service_numbers"].items()
        pair = (signalled.number, signalled.name)
        keys = [key for key, each in numbers if (each["number"], each["name"]) == pair]
        result = f"signals {keys[0] if keys else signalled.number}"
    if decision.cause == "outage":
        return f"{rule} needs Salesforce, and `outage` {result}"
    return f"{rule} {result}"
