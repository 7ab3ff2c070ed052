"""Screen "What would change": a new plan beside the current one, and the calls that it changes."""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Blueprint, render_template, request
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response

from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.errors import NoDialPlanError, UnreadableDialPlanError
from dialplan_cli.console import jobs
from dialplan_cli.console.context import Console, console
from dialplan_cli.console.jobs import Job
from dialplan_cli.console.security import reads_only
from dialplan_cli.console.shown_changes import MAX_VALUES, shown_changes
from dialplan_cli.console.shown_plan import ShownPlan, plan_of_file, shown_plan
from dialplan_cli.csv_files import CsvFileError
from dialplan_cli.plan.examples import check_results
from dialplan_cli.plan.read import parse_content
from dialplan_cli.plan.source import PlanFileError, Problem
from dialplan_cli.plan_changes import PlanChanges, compare
from dialplan_cli.simulate import Answer, Outcome, Simulation, simulate
from dialplan_cli.simulate_calls import LoadedPlan, find_assumptions, parse_calls, read_table

blueprint = Blueprint("changes", __name__, url_prefix="/changes")

KINDS = ("allowed", "refused", "not_decided", "unknown")
"""The kinds of answers in the matrix, in order."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file from a form. `content` is None if none was chosen."""

    name: str
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new plan, compared with the current one, which is None if there is none.

    `errors` are examples with another result than expected. `simulation` is None without calls;
    `calls_error` is the reason if they cannot be read.
    """

    before: ShownPlan | None
    after: ShownPlan
    errors: Sequence[Problem]
    warnings: Sequence[Problem]
    changes: PlanChanges
    simulation: Simulation | None = None
    assumptions: Sequence[str] = ()
    calls_error: str = ""


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """Calls whose answer changes in the same way: their number, and the first row of them."""

    before: Answer
    after: Answer
    calls: int
    first_row: int


@blueprint.get("/")
def show() -> str:
    """Show the form for a new plan."""
    return render_template("changes.html", comparison=None)


@blueprint.post("/")
@reads_only
def compare_files() -> Response:
    """Compare the plan in the form, with its calls if there are any."""
    shown, plan, calls = console(), uploaded("plan"), uploaded("calls")
    return jobs.start(
        "changes.comparing", "changes.result", lambda job: _compare(shown, plan, calls, job)
    )


@blueprint.get("/result/<job_id>")
def result(job_id: str) -> str:
    """Show what changes."""
    comparison: Comparison = jobs.result_of(job_id, "changes.result")
    before = {} if comparison.before is None else comparison.before.document
    simulation = comparison.simulation
    return render_template(
        "changes.html",
        comparison=comparison,
        changes=shown_changes(comparison.changes, before, comparison.after.document),
        max_values=MAX_VALUES,
        kinds=KINDS,
        matrix={} if simulation is None else matrix(simulation),
        answers=[] if simulation is None else answer_changes(simulation.changes),
    )


def uploaded(name: str) -> Uploaded:
    """Return the file in a field of the form."""
    file = request.files.get(name)
    if file is None or not file.filename:
        return Uploaded("", None)
    return Uploaded(secure_filename(file.filename) or name, file.read())


def matrix(simulation: Simulation) -> Mapping[tuple[str, str], int]:
    """Return the number of calls by the kinds of their answers before and after."""
    return Counter((kind_of(each.before), kind_of(each.after)) for each in simulation.outcomes)


def kind_of(answer: Answer) -> str:
    """Return which of KINDS an answer is."""
    if answer.kind == "unknown":
        return "unknown"
    status = answer.text.partition(" ")[0]
    return {"200": "allowed", "403": "refused"}.get(status, "not_decided")


def answer_changes(outcomes: Sequence[Outcome]) -> list[AnswerChange]:
    """Return the different changes of answers, the most frequent first."""
    counts = Counter((each.before, each.after) for each in outcomes)
    first_rows: dict[tuple[Answer, Answer], int] = {}
    for each in outcomes:
        first_rows.setdefault((each.before, each.after), each.row)
    return [
        AnswerChange(*answers, count, first_rows[answers])
        for answers, count in counts.most_common()
    ]


def _compare(shown: Console, plan: Uploaded, calls: Uploaded, job: Job) -> Comparison:
    """Compare two plans. Raises PlanFileError, SalesforceError, DynamoDBError."""
    file = parse_content(plan.content or b"", plan.name)
    errors: Sequence[Problem] = ()
    warnings = (*file.warnings, *file.offline_warnings)
    try:
        warnings += check_results(file.document, file.source, time.time())
    except PlanFileError as error:
        errors = error.problems
    after = plan_of_file(shown, file)
    try:
        before = shown_plan(shown)
    except (NoDialPlanError, UnreadableDialPlanError):
        before = None
    changes = compare({} if before is None else before.document, after.document)
    found = Comparison(before, after, errors, warnings, changes)
    if calls.content is None:
        return found
    if before is None:
        return replace(found, calls_error="No plan is published to compare the answers with.")
    try:
        simulation, assumptions = _simulate(shown, (before, after), calls, job)
    except CsvFileError as error:
        return replace(found, calls_error=str(error))
    return replace(found, simulation=simulation, assumptions=assumptions)


def _simulate(
    shown: Console, plans: tuple[ShownPlan, ShownPlan], calls: Uploaded, job: Job
) -> tuple[Simulation, Sequence[str]]:
    """Decide the calls by both plans. Return also what was assumed. Raises CsvFileError."""
    before, after = (
        LoadedPlan(
            each.plan,
            each.document,
            [name for name in kept_in_salesforce(each.document) if name not in each.entries],
        )
        for each in plans
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, calls.name)
        path.write_bytes(calls.content or b"")
        try:
            table = read_table(path)
            parsed = parse_calls(table, (before, after))
        except CsvFileError as error:
            raise CsvFileError(str(error).replace(f"{folder}{os.sep}", "")) from error
    simulation = simulate(
        parsed, before.plan, after.plan, shown.target, lambda each: job.track(each, len(each))
    )
    return simulation, find_assumptions(table, (before, after))
