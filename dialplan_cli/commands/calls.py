"""Commands about calls: `explain` a decision, `simulate` a change of the dial plan."""

import time
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer

from click_to_dial.dialplan import kept_in_salesforce, load
from click_to_dial.errors import NoDialPlanError
from click_to_dial.model import CompletedRun
from click_to_dial.ports import Entries
from dialplan_cli import explain as explanations
from dialplan_cli import output
from dialplan_cli import simulate as simulation
from dialplan_cli.commands.options import ANSWER_IS_NO, Json, Stack
from dialplan_cli.plan.examples import run_examples
from dialplan_cli.plan.read import read_plan
from dialplan_cli.publications import active_plan
from dialplan_cli.simulate_calls import LoadedPlan, find_assumptions, parse_calls, read_table
from dialplan_cli.targets import Target, find_target, local_target

app = typer.Typer()


def parse_time(text: str) -> datetime:
    """Return a time. Raises typer.BadParameter.

    Times close to the ends of the calendar are refused: calling hours cannot be computed there.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "must be a time such as 2026-12-24T18:00 or 2026-12-24T18:00+01:00."
        ) from None
    if not 1970 <= at.year < 9999:
        raise typer.BadParameter("must be a time from 1970 to 9998.")
    return at


@app.command()
def explain(
    number: Annotated[str, typer.Option(metavar="NUMBER", help="CallerID: the number to call.")],
    agent: Annotated[str, typer.Option(metavar="LOGIN", help="AgentUID: the agent's jtel login.")],
    record: Annotated[
        str, typer.Option(metavar="ID", help="SalesForceID: the clicked record, if any.")
    ] = "",
    at: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_time,
            metavar="TIME",
            help="Time of the call: 2026-12-24T18:00 (in the home zone of the plan) or "
            "2026-12-24T18:00+01:00. Default: now.",
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Dial plan in YAML. Default: the active dial plan."),
    ] = None,
    outage: Annotated[
        bool,
        typer.Option("--outage", help="Decide the call as if Salesforce could not be reached."),
    ] = False,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Explain how a call is decided.

    The output shows the facts, the result of each rule, and the answer that jtel gets. The call
    does not count as an attempt. The exit status is 0 if the call is allowed, and 3 if it is
    refused.
    """
    target = find_target(stack)
    service = target.service
    if plan is None:
        active_plan(target.store)
    else:
        service = explanations.with_plan(service, _load_plan(plan, target).plan)
    explain_call = explanations.explain_outage if outage else explanations.explain
    explanation = explain_call(service, record, number, agent, at)
    output.show(explanation, json, explanations.print_explanation, to_json=explanations.as_json)
    if explanation.status != HTTPStatus.OK:
        raise typer.Exit(ANSWER_IS_NO)


@app.command()
def simulate(
    calls: Annotated[
        Path,
        typer.Argument(
            metavar="CALLS.csv",
            help="Table of calls with the columns SalesForceID, CallerID and AgentUID.",
        ),
    ],
    plan: Annotated[Path, typer.Option(metavar="FILE", help="New dial plan in YAML.")],
    against: Annotated[
        str,
        typer.Option(metavar="active|FILE", help="Dial plan to compare with."),
    ] = "active",
    expect_no_change: Annotated[
        bool,
        typer.Option(
            "--expect-no-change",
            help="Exit with status 1 if an answer changes, or if a plan does not decide a call.",
        ),
    ] = False,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Show which answers a new plan changes.

    Each row of CALLS.csv is a call. Columns such as record.kind, agent.extension or callee.listed
    bring the facts of all calls; without such columns the calls are looked up. The exit status is 1
    if a call could not be looked up.
    """
    table = read_table(calls)
    target = find_target(stack) if stack or against == "active" else local_target()
    before = _load_plan(None if against == "active" else Path(against), target)
    after = _load_plan(plan, target)
    parsed = parse_calls(table, (before, after))
    if not table.facts:
        target = target or find_target(stack)
    assumptions = find_assumptions(table, (before, after))
    found = simulation.simulate(parsed, before.plan, after.plan, target)
    output.show(
        found,
        json,
        lambda result: simulation.print_simulation(result, assumptions),
        lambda result: simulation.as_json(result, assumptions),
    )
    if found.unknown or (expect_no_change and (found.changes or found.undecided)):
        raise typer.Exit(1)


def _load_plan(file: Path | None, target: Target | None) -> LoadedPlan:
    """Return the plan in a file, or the active plan of the target if `file` is None.

    Mappings kept in Salesforce have the entries that the target has cached. Examples with another
    result are warned of. Raises PlanFileError, DynamoDBError, NoDialPlanError.
    """
    document: Mapping[str, Any] | None = None
    if file is not None:
        plan = read_plan(file)
        document = plan.document
        results = run_examples(document, plan.source, time.time())
        output.print_warnings(each.problem for each in results if each.problem)
    active = None if target is None else target.store.active()
    version = 0
    entries: Mapping[str, Entries] = {}
    runs: Mapping[str, CompletedRun] = {}
    if target is not None and active is not None:
        published, entries = target.store.load(active)
        runs = active.lists
        if document is None:
            document, version = published, active.version
    if document is None:
        raise NoDialPlanError("No dial plan is published, so there is nothing to compare with.")
    unread = [name for name in kept_in_salesforce(document) if name not in entries]
    return LoadedPlan(load(document, entries, version, runs), document, unread)
