"""Screen "Rules": the dial plan in order, in words, and its numbers and mappings."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from flask import Blueprint, abort, render_template, request

from click_to_dial.errors import ClickToDialError
from dialplan_cli.console.context import console
from dialplan_cli.console.shown_plan import ShownPlan, shown_plan
from dialplan_cli.console.words import ShownRule, Words, age
from dialplan_cli.plan.source import Problem

blueprint = Blueprint("rules", __name__, url_prefix="/rules")

MAX_ENTRIES = 200
"""Maximum number of entries of a mapping on a page. A search finds the others."""

PERIODS = {"hour": 1, "day": 24, "week": 168}
"""Periods in which the calls that each rule decided can be counted, in hours."""


@blueprint.get("/")
def show() -> str:
    """Show the rules in order, or those that contain a searched word."""
    plan = shown_plan(console())
    words = Words(plan.document, plan.zone, time.time())
    search = request.args.get("search", "").strip()
    warnings: dict[str | None, list[Problem]] = {}
    for problem in plan.problems:
        warnings.setdefault(problem.rule, []).append(problem)
    rules = words.rules()
    period, hits, failure = _count_hits()
    return render_template(
        "rules.html",
        plan=plan,
        rules=[(place, rule) for place, rule in enumerate(rules, 1) if _contains(rule, search)],
        total=len(rules),
        outage=words.outage(),
        warnings=warnings,
        search=search,
        period=period,
        periods=PERIODS,
        hits=hits,
        most_hits=max(hits.values(), default=1),
        failure=failure,
    )


@blueprint.get("/numbers")
def numbers() -> str:
    """Show all service numbers, with the rules that may show them."""
    plan = shown_plan(console())
    words = Words(plan.document, plan.zone, time.time())
    rules = _rules_by_number(plan)
    rows = [(number, rules.get(number.key, ())) for number in words.numbers()]
    return render_template("numbers.html", plan=plan, numbers=rows)


@blueprint.get("/mappings")
def mappings() -> str:
    """Show all mappings with their numbers of entries and the ages of their copies."""
    plan = shown_plan(console())
    rows = [
        (name, mapping, len(_entries(plan, name)), _copy_age(plan, name))
        for name, mapping in plan.document["mappings"].items()
    ]
    return render_template("mappings.html", plan=plan, mappings=rows)


@blueprint.get("/mapping")
def mapping() -> str:
    """Show the entries of a mapping that contain a searched word."""
    plan = shown_plan(console())
    name = request.args.get("name", "")
    if name not in plan.document["mappings"]:
        abort(404)
    words = Words(plan.document, plan.zone, time.time())
    search = request.args.get("search", "").strip()
    entries = _entries(plan, name)
    found = [
        (key, value)
        for key, value in entries.items()
        if search.casefold() in f"{key}\n{value}".casefold()
    ]
    known = plan.document["service_numbers"]
    default = plan.document["mappings"][name]["default"]
    return render_template(
        "mapping.html",
        plan=plan,
        name=name,
        document=plan.document["mappings"][name],
        default=None if default is None else words.number(default),
        total=len(entries),
        found=len(found),
        shown=[
            (key, value, words.number(value) if value in known else None)
            for key, value in islice(found, MAX_ENTRIES)
        ],
        search=search,
        age=_copy_age(plan, name),
    )


def _count_hits() -> tuple[str, Mapping[str, int], str]:
    """Return the chosen period, the calls that each rule decided in it, and a failure if any.

    The period is empty if nothing is counted. Without a choice, only the log of `make run` is
    counted, because reading CloudWatch Logs takes time and money.
    """
    target = console().target
    if target is None:
        return "", {}, ""
    period = request.args.get("hits", "" if target.log_file is None else "day")
    if period not in PERIODS:
        return "", {}, ""
    try:
        calls = target.calls(time.time() - PERIODS[period] * 3600).calls
    except ClickToDialError as error:
        return period, {}, str(error)
    return period, Counter(call.rule for call in calls if call.rule), ""


def _contains(rule: ShownRule, search: str) -> bool:
    """Return whether a rule's id or words contain a text, without regard to case."""
    numbers = [f"{each.key} {each.name} {each.written}" for each in rule.outcome.numbers]
    conditions = [each for conditions in rule.sets for each in conditions]
    words = (rule.id, rule.outcome.words, rule.outcome.mapping, *numbers, *conditions)
    return search.casefold() in "\n".join(words).casefold()


def _entries(plan: ShownPlan, name: str) -> dict[str, str]:
    """Return the entries of a mapping: those in the plan, or the copy of those in Salesforce."""
    found = plan.document["mappings"][name].get("entries", plan.entries.get(name, {}))
    return dict(found)


def _copy_age(plan: ShownPlan, name: str) -> str:
    """Return the age of a mapping's copy in words, or nothing if it is not in Salesforce."""
    copy = plan.copies.get(name)
    if copy is None or "salesforce" not in plan.document["mappings"][name]:
        return ""
    return age(time.time() - datetime.fromisoformat(copy.read_at).timestamp())


def _rules_by_number(plan: ShownPlan) -> Mapping[str, list[str]]:
    """Return the ids of the rules that may show each service number."""
    mapped = {
        name: {*_entries(plan, name).values(), document["default"]}
        for name, document in plan.document["mappings"].items()
    }
    found: dict[str, list[str]] = defaultdict(list)
    for rule in plan.document["rules"]:
        outcome: Any = rule
        numbers: set[str] = set()
        while isinstance(outcome, dict):
            signal = outcome.get("signal", {})
            numbers |= mapped.get(signal.get("mapping"), {signal.get("number")})
            outcome = outcome.get("otherwise")
        for number in numbers:
            found[number].append(rule["id"])
    return found
