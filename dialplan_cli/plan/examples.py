"""Examples in a plan: calls with their expected results, decided by the code of the function."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from click_to_dial.decision.facts import hours_facts
from click_to_dial.dialplan import DialPlan, evaluate, kept_in_salesforce, load
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.dialplan.evaluate import EMERGENCY
from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, Decision, Facts, Scalar, ServiceNumber
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
                OUTAGE: {
                    "type": "boolean",
                    "description": "true: Salesforce cannot be reached, and nothing is cached.",
                },
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


def examples(data: Data) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield each example with its place; an empty one in place of an example of the wrong form."""
    found = data.get("examples")
    for index, example in enumerate(found if isinstance(found, list) else []):
        yield ("examples", index), child(example)


def check_example_facts(data: Data) -> Findings:
    """Find unknown facts, and values that a fact cannot have."""
    facts = known_facts(data)
    for place, example in examples(data):
        for name, value in example.items():
            path = (*place, name)
            if name in KEYS:
                continue
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


def check_example_keys(data: Data) -> Findings:
    """Find unknown results, and values that a key of an example cannot have."""
    numbers = child(data, "service_numbers")
    for path, example in examples(data):
        expect = example.get(EXPECT)
        if expect is None:
            yield path, f"needs `{EXPECT}`: {REFUSE}, or the key of a service number"
        elif not isinstance(expect, str):
            message = f"must be {REFUSE}, the key of a service number, or text in quotes"
            yield (*path, EXPECT), message
        elif expect == REFUSE and REFUSE in numbers:
            message = f"has two meanings: rename the service number {REFUSE}"
            yield (*path, EXPECT), message
        elif expect != REFUSE and expect not in numbers and not _DIGITS.fullmatch(expect):
            yield (*path, EXPECT), unknown_name("service number", expect, [*numbers, REFUSE])
        if AT in example and _seconds(example[AT], "UTC") is None:
            yield (*path, AT), "must be a time, such as 2026-12-24T18:00 or 2026-12-24T18:00+01:00"
        if not isinstance(example.get(OUTAGE, False), bool):
            yield (*path, OUTAGE), "must be true or false"


def check_example_records(data: Data) -> Findings:
    """Find facts that the object of the record does not have, or that an outage hides."""
    for path, example in examples(data):
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


def check_example_callees(data: Data) -> Findings:
    """Find facts that follow from the number, and a time that says nothing without the number."""
    for path, example in examples(data):
        if "callee.number" in example:
            for fact in ("callee.kind", "callee.country"):
                if fact in example:
                    yield (*path, fact), "follows from callee.number; remove it"
        elif AT in example:
            for name, window in child(data, "hours").items():
                of_callee = [child(window).get("zone"), *as_list(child(window).get("holidays"))]
                if CALLEE in of_callee and f"hours.{name}" not in example:
                    message = f"needs callee.number: hours.{name} depends on the called country"
                    yield path, message


# Results ------------------------------------------------------------------------------------------


def run_examples(document: Data, source: PlanSource, now: float) -> Iterator[ExampleResult]:
    """Yield the result of each example of a valid plan, given as published and as written.

    `now` is the time of calls without `at`, in seconds since 1970.
    """
    plan = load(document)
    zone = home_zone(document["home_region"], source.data.get("home_zone")) or "UTC"
    for path, example in examples(source.data):
        try:
            facts = facts_of(plan, example, zone, now)
        except BadParameterError as error:
            yield ExampleResult(problem=_problem(source, (*path, error.parameter), str(error)))
            continue
        decision = evaluate(plan, facts)
        number, expect = decision.service_number, example[EXPECT]
        if mappings := _mappings_in_salesforce(document, decision):
            message = (
                f"is not checked: the mapping {mappings[0]} is kept in Salesforce, and this file "
                "does not contain its entries"
            )
            yield ExampleResult(is_checked=False, problem=_problem(source, path, message))
        elif expect in ([REFUSE] if number is None else [number.number, *_keys(document, number)]):
            yield ExampleResult()
        else:
            message = f"expects {expect}, but {_describe(document, source, decision)}"
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


def facts_of(plan: DialPlan, example: Data, zone: str, now: float) -> Facts:
    """Return the facts of an example. Those that it does not name are missing.

    Without `at`, facts about hours are missing too, so that no result depends on the time of day.
    A number is on no list and was never called, unless the example says otherwise. `zone` is the
    time zone of `at`. Raises BadParameterError for a number that cannot be read in one way.
    """
    values: dict[str, Scalar | None] = {}
    callee = Callee("unknown")
    if "callee.number" in example:
        callee = _read_callee(plan, example["callee.number"])
    at = _seconds(example[AT], zone) if AT in example else None
    if at is not None and plan.hours:
        values |= hours_facts(plan, callee, at)
    given = {name: value for name, value in example.items() if name not in (*KEYS, *LOOKUPS)}
    if any(name.startswith("agent.") for name in given):
        values["agent.known"] = True
    values |= given
    if "callee.number" in example:
        values["callee.kind"] = callee.kind
        values["callee.country"] = callee.country
        values["callee.number"] = callee.number
    lists = as_list(example.get(LISTED, []))
    values |= {fact: not names.isdisjoint(lists) for fact, names in plan.lists.items()}
    values |= dict.fromkeys(plan.limits, example.get(ATTEMPTS, 0))
    present = {name: value for name, value in values.items() if value is not None}
    moment = now if at is None else at
    if example.get(OUTAGE) is not True:
        return Facts(present, now=moment)
    clicked = present.pop("record.object", None)
    is_emergency = present.get("callee.kind") == EMERGENCY  # then nothing stays unknown
    return Facts(
        present,
        unknown=frozenset() if is_emergency else frozenset(("record", "agent")),
        now=moment,
        clicked_object=str(clicked) if clicked in STANDARD_OBJECTS.values() else None,
    )


def _read_callee(plan: DialPlan, text: str) -> Callee:
    try:
        callee, *others = read_number(clean(text), plan.numbering)
    except BadParameterError:
        message = "is not a number that can be called"
        raise BadParameterError("callee.number", message) from None
    if others:
        message = "is ambiguous; write it with a plus and the country code"
        raise BadParameterError("callee.number", message)
    return callee


def _problem(source: PlanSource, path: Path, message: str) -> Problem:
    return Problem(source.file, source.line(path), show_path(path), message)


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


def _keys(document: Data, number: ServiceNumber) -> list[str]:
    """Return the keys of a service number in the plan. An agent's number has none."""
    return [
        key
        for key, each in document["service_numbers"].items()
        if (each["number"], each["name"]) == (number.number, number.name)
    ]


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
        keys = _keys(document, signalled)
        result = f"signals {keys[0] if keys else signalled.number}"
    if decision.cause == "outage":
        return f"{rule} needs Salesforce, and `outage` {result}"
    return f"{rule} {result}"
