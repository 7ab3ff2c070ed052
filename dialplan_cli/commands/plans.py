"""The commands about published dial plans: compare, publish, list, take back."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from click_to_dial.dynamodb.plan_items import ActivePlan
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import NoDialPlanError, OutOfTimeError, SalesforceError
from dialplan_cli import output
from dialplan_cli.checks.salesforce import check_salesforce
from dialplan_cli.commands.sync import read_new_mappings
from dialplan_cli.options import Author, File, Json, Stack, Yes
from dialplan_cli.plan.read import PlanFile, read_plan
from dialplan_cli.targets import Target, find_target

Version = Annotated[int, typer.Argument(metavar="VERSION", help="Its number in the history.")]


def diff(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Else: what the last change was.")
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Shows how a dial plan differs from the active one."""
    store = find_target(stack).store
    active = store.active()
    if file is not None:
        difference = _difference(store, active, read_plan(file).source.text, str(file))
    elif active is None:
        raise NoDialPlanError("No dial plan is published.")
    else:
        difference = _last_change(store, active.version)
    if json:
        output.show_json({"changed": bool(difference), "diff": difference})
    else:
        output.show_difference(difference or "Nothing differs.")


def publish(
    file: File,
    author: Author,
    comment: Annotated[str, typer.Option(help="Why; it stands in the history.")] = "",
    offline: Annotated[
        bool, typer.Option("--offline", help="Without asking Salesforce about objects and fields.")
    ] = False,
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Makes a dial plan the active one, after showing what it changes."""
    plan = read_plan(file)
    target = find_target(stack)
    if not offline:
        _ask_salesforce(plan, target)
    active = target.store.active()
    output.show_warnings(plan.warnings + plan.offline_warnings if offline else plan.warnings)
    difference = _difference(target.store, active, plan.source.text, str(file))
    if not difference and plan.document != _document(target.store, active):
        difference = "The text is the same, but this version of the software reads more in it."
    _confirm(difference, f"Publish to {target.name}?", yes, json)
    now = target.store.publish(
        plan.document,
        plan.source.text,
        author=author,
        comment=comment,
        replaces=None if active is None else active.version,
    )
    _show_active(now, json, read_new_mappings(target, plan.document, ask=not offline))


def rollback(
    version: Version, author: Author, stack: Stack = None, yes: Yes = False, json: Json = False
) -> None:
    """Makes an older version the active dial plan again, after showing what that changes."""
    target = find_target(stack)
    active = target.store.active()
    source = target.store.source(target.store.version(version))
    difference = _difference(target.store, active, source, f"version {version}")
    _confirm(difference, f"Roll {target.name} back to version {version}?", yes, json)
    replaces = None if active is None else active.version
    now = target.store.rollback(version, author=author, replaces=replaces)
    document = target.store.document(now)
    _show_active(now, json, read_new_mappings(target, document, ask=True))


def history(stack: Stack = None, json: Json = False) -> None:
    """Lists the versions that were published, the newest first."""
    store = find_target(stack).store
    active = store.active()
    number = None if active is None else active.version
    versions = store.history()
    if json:
        output.show_json([asdict(each) | {"active": each.number == number} for each in versions])
        return
    rows = [
        (
            "→" if each.number == number else "",
            each.number,
            each.published_at,
            each.author,
            each.comment,
            each.body.hash[:12],
        )
        for each in versions
    ]
    output.show_table(("", "version", "published at", "author", "comment", "hash"), rows)


def show(
    version: Annotated[
        int | None, typer.Argument(metavar="VERSION", help="Else the active one.")
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Prints a published dial plan as it was written."""
    store = find_target(stack).store
    if version is None:
        active = store.active()
        if active is None:
            raise NoDialPlanError("No dial plan is published.")
        version = active.version
    shown = store.version(version)
    if json:
        output.show_json({**asdict(shown), "document": store.document(shown)})
    else:
        sys.stdout.write(store.source(shown))


def prune(
    keep: Annotated[int, typer.Option(min=1, help="So many of the newest versions stay.")],
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Deletes old versions; the active one stays in any case."""
    target = find_target(stack)
    if not yes:
        question = f"Delete all but the newest {keep} and the active version of {target.name}?"
        typer.confirm(question, abort=True, err=True)
    deleted = target.store.prune(keep)
    if json:
        output.show_json({"deleted": deleted})
    else:
        output.print_line(f"Deleted: {', '.join(map(str, deleted)) or 'nothing'}.")


def _ask_salesforce(plan: PlanFile, target: Target) -> None:
    try:
        check_salesforce(plan, target.organisation)
    except (SalesforceError, OutOfTimeError) as error:
        output.print_error("Salesforce cannot be asked; with --offline it is not.")
        raise error from None


def _difference(store: PlanStore, active: ActivePlan | None, after: str, name: str) -> str:
    if active is None:
        return output.difference("", after, "nothing published", name)
    before = store.source(store.version(active.version))
    return output.difference(before, after, f"version {active.version} (active)", name)


def _document(store: PlanStore, active: ActivePlan | None) -> Mapping[str, Any] | None:
    return None if active is None else store.document(active)


def _last_change(store: PlanStore, number: int) -> str:
    older = [each for each in store.history() if each.number < number]
    before = store.source(older[0]) if older else ""
    name = f"version {older[0].number}" if older else "nothing published"
    after = store.source(store.version(number))
    return output.difference(before, after, name, f"version {number} (active)")


def _confirm(difference: str, question: str, yes: bool, json: bool) -> None:
    """Shows the difference and asks; with nothing to change, ends the command."""
    if not difference:
        if json:
            output.show_json({"changed": False})
        else:
            output.print_line("Nothing differs from the active version.")
        raise typer.Exit
    if not json:
        output.show_difference(difference)
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _show_active(active: ActivePlan, json: bool, not_read: list[str]) -> None:
    if json:
        shown = {"changed": True, "version": active.version, "hash": active.body.hash}
        output.show_json({**shown, "mappings_not_read": not_read})
        return
    message = f"Version {active.version} is active; every call is decided by it within 30 s."
    output.print_line(message, "green")
    for sentence in not_read:
        output.print_error(sentence)
