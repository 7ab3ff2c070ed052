"""Commands for published dial plans: compare, publish, list, roll back and delete versions."""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import NoDialPlanError, OutOfTimeError, SalesforceError
from click_to_dial.ports import ActivePlan
from dialplan_cli import output
from dialplan_cli.checks.salesforce import check_salesforce
from dialplan_cli.commands.options import Author, File, Json, Stack, Yes
from dialplan_cli.commands.sync import read_new_mappings
from dialplan_cli.plan.examples import check_results
from dialplan_cli.plan.read import read_plan
from dialplan_cli.targets import find_target

app = typer.Typer()


@app.command()
def diff(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="Dial plan in YAML. Default: compare the last two versions."
        ),
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Compare a dial plan with the active one."""
    store = find_target(stack).store
    active = store.active()
    if file is not None:
        difference = _diff_to_active(store, active, read_plan(file).source.text, str(file))
    elif active is None:
        raise NoDialPlanError("No dial plan is published.")
    else:
        difference = _last_change(store, active.version)
    if json:
        output.print_json({"changed": bool(difference), "diff": difference})
    else:
        output.print_diff(difference or "No difference.")


@app.command()
def publish(
    file: File,
    author: Author,
    comment: Annotated[
        str, typer.Option(metavar="TEXT", help="Reason for the change, recorded in the history.")
    ] = "",
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Do not ask Salesforce about objects, fields and mappings."),
    ] = False,
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make a dial plan file the active plan.

    The file is checked, also against Salesforce, and its examples are run. The command then shows
    the difference from the active plan, asks for confirmation, publishes, and reads the mappings
    kept in Salesforce.
    """
    plan = read_plan(file)
    not_checked = check_results(plan.document, plan.source, time.time())
    target = find_target(stack)
    if not offline:
        try:
            check_salesforce(plan, target.organisation)
        except (SalesforceError, OutOfTimeError) as error:
            output.print_error("Salesforce cannot be asked. To publish without it, use --offline.")
            raise error from None
    active = target.store.active()
    warnings = plan.warnings + not_checked
    output.print_warnings(warnings + plan.offline_warnings if offline else warnings)
    difference = _diff_to_active(target.store, active, plan.source.text, str(file))
    if not difference and active and plan.document != target.store.document(active):
        difference = "The text is the same, but this version of dialplan reads it differently."
    _confirm(difference, f"Publish to {target.name}?", yes, json)
    published = target.store.publish(
        plan.document,
        plan.source.text,
        author=author,
        comment=comment,
        replaces=None if active is None else active.version,
    )
    _print_active(published, read_new_mappings(target, plan.document, ask=not offline), json)


@app.command()
def rollback(
    version: Annotated[
        int, typer.Argument(metavar="VERSION", help="Number of the version in the history.")
    ],
    author: Author,
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make an older version the active plan.

    The command shows the difference from the active plan and asks for confirmation first.
    """
    target = find_target(stack)
    active = target.store.active()
    source = target.store.source(target.store.version(version))
    difference = _diff_to_active(target.store, active, source, f"version {version}")
    _confirm(difference, f"Roll {target.name} back to version {version}?", yes, json)
    replaces = None if active is None else active.version
    restored = target.store.rollback(version, author=author, replaces=replaces)
    document = target.store.document(restored)
    _print_active(restored, read_new_mappings(target, document, ask=True), json)


@app.command()
def history(stack: Stack = None, json: Json = False) -> None:
    """List the published versions.

    The newest comes first. An arrow marks the active version.
    """
    store = find_target(stack).store
    active = store.active()
    active_number = None if active is None else active.version
    versions = store.history()
    if json:
        output.print_json(
            [asdict(each) | {"active": each.number == active_number} for each in versions]
        )
        return
    rows = [
        (
            "→" if each.number == active_number else "",
            each.number,
            each.published_at,
            each.author,
            each.comment,
            each.body.hash[:12],
        )
        for each in versions
    ]
    output.print_table(("", "version", "published at", "author", "comment", "hash"), rows)


@app.command()
def show(
    version: Annotated[
        int | None,
        typer.Argument(
            metavar="VERSION", help="Number of the version. Default: the active version."
        ),
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Print a published dial plan.

    The output is the YAML file as it was written. With `--json`, it is the document that the
    functions read.
    """
    store = find_target(stack).store
    if version is None:
        active = store.active()
        if active is None:
            raise NoDialPlanError("No dial plan is published.")
        version = active.version
    shown = store.version(version)
    if json:
        output.print_json({**asdict(shown), "document": store.document(shown)})
    else:
        sys.stdout.write(store.source(shown))


@app.command()
def prune(
    keep: Annotated[
        int,
        typer.Option(min=1, metavar="NUMBER", help="Number of newest versions to keep."),
    ],
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Delete old versions.

    The active version is always kept.
    """
    target = find_target(stack)
    if not yes:
        question = f"Delete all but the newest {keep} and the active version of {target.name}?"
        typer.confirm(question, abort=True, err=True)
    deleted = target.store.prune(keep)
    if json:
        output.print_json({"deleted": deleted})
    else:
        output.print_line(f"Deleted: {', '.join(map(str, deleted)) or 'nothing'}.")


def _diff_to_active(store: PlanStore, active: ActivePlan | None, after: str, name: str) -> str:
    if active is None:
        return output.unified_diff("", after, "nothing published", name)
    before = store.source(store.version(active.version))
    return output.unified_diff(before, after, f"version {active.version} (active)", name)


def _last_change(store: PlanStore, number: int) -> str:
    """Return the difference of a version from the version before it."""
    older = [each for each in store.history() if each.number < number]
    before = store.source(older[0]) if older else ""
    name = f"version {older[0].number}" if older else "nothing published"
    after = store.source(store.version(number))
    return output.unified_diff(before, after, name, f"version {number} (active)")


def _confirm(difference: str, question: str, yes: bool, json: bool) -> None:
    """Show the difference and ask for confirmation. Exit if there is no difference."""
    if not difference:
        if json:
            output.print_json({"changed": False})
        else:
            output.print_line("No difference from the active version.")
        raise typer.Exit
    if not json:
        output.print_diff(difference)
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _print_active(active: ActivePlan, not_read: list[str], json: bool) -> None:
    """Print the new active version and the messages about mappings that were not read."""
    if json:
        output.print_json(
            {
                "changed": True,
                "version": active.version,
                "hash": active.body.hash,
                "mappings_not_read": not_read,
            }
        )
        return
    output.print_line(
        f"Version {active.version} is active. It decides every call within 30 s.", "green"
    )
    for message in not_read:
        output.print_error(message)
