"""The commands about calls: why one is decided as it is, and which ones a change affects."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import NoDialPlanError
from dialplan_cli import explain as explanations
from dialplan_cli import output
from dialplan_cli import simulate as simulations
from dialplan_cli.calls_file import read_calls
from dialplan_cli.options import Json, Stack
from dialplan_cli.plan.read import read_plan
from dialplan_cli.targets import Target, find_target, local_target

NewPlan = Annotated[Path | None, typer.Option(metavar="FILE", help="Else the active dial plan.")]


def _within_reach(at: datetime | None) -> datetime | None:
    """Calling hours look weeks ahead, and a calendar has ends."""
    if at is not None and not 1970 <= at.year < 9999:
        raise typer.BadParameter("must be a time from 1970 to 9998.")
    return at


At = Annotated[
    datetime | None,
    typer.Option(
        callback=_within_reach,
        metavar="TIME",
        formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M%z"],
        help="As if it were then: 2026-12-24T18:00, here, or 2026-12-24T18:00+01:00.",
    ),
]


def explain(
    number: Annotated[str, typer.Option(help="CallerID: the number to be called.")],
    agent: Annotated[str, typer.Option(help="AgentUID: who calls.")],
    record: Annotated[str, typer.Option(help="SalesForceID: the record clicked, if any.")] = "",
    at: At = None,
    plan: NewPlan = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Tells what a call is decided by, rule for rule, and what jtel would get."""
    target = find_target(stack)
    service = target.service
    if plan is not None:
        service = explanations.with_plan(service, _plan(plan, target))
    explanation = explanations.explain(service, record, number, agent, at)
    if json:
        output.show_json(explanations.as_json(explanation))
    else:
        explanations.show(explanation)


def simulate(
    calls: Annotated[Path, typer.Argument(metavar="CALLS.csv", help="One call in each row.")],
    plan: Annotated[Path, typer.Option(metavar="FILE", help="The new dial plan.")],
    against: Annotated[
        str, typer.Option(metavar="active|FILE", help="The dial plan of before.")
    ] = "active",
    expect_no_change: Annotated[
        bool, typer.Option("--expect-no-change", help="Exit status 1 where an answer changes.")
    ] = False,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Shows which answers a change of the dial plan changes.

    Rows with columns such as record.kind bring their facts along; others are looked up.
    """
    table = read_calls(calls)
    target = find_target(stack) if stack or against == "active" else local_target()
    service = None if target is None else target.service
    plans = _plan_or_active(against, target), _plan(plan, target)
    before, after = (simulations.decide_by(each, service) for each in plans)
    assumptions = simulations.assumptions(table, plans, service is not None)
    changed = [
        change
        for change in track(
            simulations.changes(table, before, after),
            "Deciding",
            total=len(table),
            console=output.err,
            disable=not output.err.is_terminal,
        )
        if change is not None
    ]
    if json:
        found = [asdict(change) for change in changed]
        output.show_json({"calls": len(table), "changes": found, "assumptions": assumptions})
    else:
        simulations.show(changed, len(table))
        for assumption in assumptions:
            output.print_line(assumption, "yellow")
    if changed and expect_no_change:
        raise typer.Exit(1)


def _plan_or_active(against: str, target: Target | None) -> DialPlan:
    if against != "active" or target is None:
        return _plan(Path(against), target)
    active = target.store.active()
    if active is None:
        raise NoDialPlanError("No dial plan is published, so there is nothing to compare with.")
    return load(*target.store.load(active), active.version)


def _plan(file: Path, target: Target | None) -> DialPlan:
    """The plan in a file, with what is cached of the mappings that are kept in Salesforce."""
    document = read_plan(file).document
    active = None if target is None else target.store.active()
    if target is None or active is None:
        return load(document)
    _, entries = target.store.load(active)
    return load(document, entries)
