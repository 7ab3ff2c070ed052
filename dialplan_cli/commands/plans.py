"""Commands for published dial plans: compare, publish, list, roll back and delete versions."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from click_to_dial.errors import OutOfTimeError, SalesforceError
from dialplan_cli import output, publications
from dialplan_cli.commands.options import ANSWER_IS_NO, Author, Comment, File, Json, Stack, Yes
from dialplan_cli.commands.sync import print_lists
from dialplan_cli.plan.read import read_plan
from dialplan_cli.publications import ChangeNote, Difference, History, Publication
from dialplan_cli.targets import Target, find_target

app = typer.Typer()


@app.command()
def diff(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Dial plan in YAML. Default: compare the active plan with the one before.",
        ),
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Compare a dial plan with the active one.

    The exit status is 0 if there is no difference, and 3 if there is one.
    """
    store = find_target(stack).store
    if file is None:
        difference = publications.last_change(store)
    else:
        plan = read_plan(file)
        difference = publications.compare_with_active(store, plan, plan.source.file)
    output.show(difference, json, _print_difference)
    if difference.changed:
        raise typer.Exit(ANSWER_IS_NO)


@app.command()
def publish(
    file: File,
    author: Author,
    comment: Comment = "",
    offline: Annotated[
        bool,
        typer.Option(
            "--offline", help="Do not ask Salesforce about objects, fields, mappings and lists."
        ),
    ] = False,
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make a dial plan file the active plan.

    The file is checked, also against Salesforce, and its examples are run. The command then shows
    the difference from the active plan, asks for confirmation, publishes, and reads the mappings
    and new lists kept in Salesforce.
    """
    if str(file) == "-" and not yes:
        raise typer.BadParameter(
            "A plan from standard input needs --yes, because no question can be answered there."
        )
    plan = read_plan(file)
    target = find_target(stack)
    try:
        warnings = publications.check_plan(plan, target, time.time(), ask=not offline)
    except (SalesforceError, OutOfTimeError) as error:
        output.print_error("Salesforce cannot be asked. To publish without it, use --offline.")
        raise error from None
    output.print_warnings(warnings)
    difference = publications.compare_with_active(target.store, plan, plan.source.file)
    _confirm(target, difference, f"Publish to {target.name}?", yes, json)
    note = ChangeNote(author, comment)
    published = publications.publish(target, plan, difference, note, ask=not offline)
    output.show(published, json, _print_publication)


@app.command()
def rollback(
    version: Annotated[
        int, typer.Argument(metavar="VERSION", help="Number of the version in the history.")
    ],
    author: Author,
    comment: Comment = "",
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Make an older version the active plan.

    The command shows the difference from the active plan and asks for confirmation first.
    """
    target = find_target(stack)
    difference = publications.compare_version(target.store, version)
    question = f"Roll {target.name} back to version {version}?"
    _confirm(target, difference, question, yes, json)
    note = ChangeNote(author, comment)
    restored = publications.roll_back(target, version, difference, note)
    output.show(restored, json, _print_publication)


@app.command()
def history(stack: Stack = None, json: Json = False) -> None:
    """List publications and rollbacks.

    The newest comes first. An arrow marks the one that is in effect. The column `was` has the
    version that was active before.
    """
    output.show(publications.history(find_target(stack).store), json, print_history)


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

    The output is the YAML file as it was written. With `--json`, it also has the document that the
    functions read.
    """
    plan = publications.read_version(find_target(stack).store, version)
    output.show(plan, json, lambda shown: sys.stdout.write(shown.source))


@dataclass(frozen=True, slots=True)
class Pruned:
    """The versions that were deleted."""

    deleted: list[int]


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

    The active version is always kept. The history loses its entries about deleted versions.
    """
    target = find_target(stack)
    if not yes:
        question = f"Delete all but the newest {keep} and the active version of {target.name}?"
        typer.confirm(question, abort=True, err=True)
    pruned = Pruned(target.store.prune(keep))
    text = f"Deleted: {', '.join(map(str, pruned.deleted)) or 'nothing'}."
    output.show(pruned, json, lambda _: output.print_line(text))


def _confirm(target: Target, difference: Difference, question: str, yes: bool, json: bool) -> None:
    """Show the difference and ask for confirmation. Exit if there is no difference."""
    if not difference.changed:
        output.show(publications.unchanged(target.store), json, _print_publication)
        raise typer.Exit
    if not json:
        _print_difference(difference)
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _print_difference(difference: Difference) -> None:
    output.print_diff(difference.diff or "No difference.")


def _print_publication(publication: Publication) -> None:
    if not publication.changed:
        output.print_line("No difference from the active version.")
        return
    output.print_line(
        f"Version {publication.version} is active. It decides every call within 30 s.", "green"
    )
    print_lists(publication.lists)
    for message in publication.mappings_not_read + publication.lists_not_read:
        output.print_error(message)


def print_history(history: History) -> None:
    """Print a table of the moves."""
    if not history.moves:
        output.print_line(publications.NOT_PUBLISHED)
        return
    rows = [
        (
            f"{'→' if move.active else ' '} {move.version}",
            "" if move.before is None else move.before,
            output.minutes(move.moved_at),
            move.author,
            ": ".join(filter(None, ("rollback" * (move.action == "rollback"), move.comment))),
        )
        for move in history.moves
    ]
    fixed = ("version", "was", "when (UTC)")
    output.print_table((*fixed, "who", "why"), rows, fixed)
