"""The `sync` command: read the mappings and lists kept in Salesforce now, and show what changed."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from click_to_dial.sync.mappings import MAX_LOSS
from dialplan_cli import output
from dialplan_cli import sync as mappings
from dialplan_cli.commands.options import Json, Stack
from dialplan_cli.list_sync import ListChange, sync_lists
from dialplan_cli.targets import find_target

MAX_LINES = 20
"""Maximum number of lines shown for one mapping. A first sync may bring thousands of entries."""

COLUMNS = ("mapping", "entries", "added", "removed", "changed", "rows left out")

LIST_COLUMNS = (
    *("list", "rows", "numbers", "added", "removed", "unreadable", "seconds"),
    "complete (UTC)",
)

app = typer.Typer()


@app.command()
def sync(
    name: Annotated[
        str | None,
        typer.Option("--list", metavar="NAME", help="Read only this list, and no mappings."),
    ] = None,
    unreadable: Annotated[
        bool,
        typer.Option(
            "--unreadable",
            help="Show the records whose numbers cannot be on a list. Nothing is changed.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the changes without making them.")
    ] = False,
    most_lost: Annotated[
        int,
        typer.Option(
            min=0,
            max=100,
            metavar="PERCENT",
            help="Share of its entries that a mapping or list may lose. A larger loss is refused.",
        ),
    ] = round(MAX_LOSS * 100),
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Read mappings and lists in Salesforce.

    The deployed system does this on a schedule. The command shows the entries that were added,
    removed and changed, and the rows that were left out. A mapping or a list that cannot be read
    keeps its entries; the exit status is then 1.
    """
    target, max_loss = find_target(stack), most_lost / 100
    dry_run = dry_run or unreadable
    if name is not None or unreadable:
        lists = sync_lists(target, max_loss=max_loss, dry_run=dry_run, name=name)
        report = mappings.SyncReport(dry_run, [], lists)
        show = print_unreadable if unreadable else print_lists
        output.show(report, json, lambda report: show(report.lists))
        print_failures(report.lists)
    else:
        report = mappings.sync(target, max_loss=max_loss, dry_run=dry_run)
        output.show(report, json, print_report)
    failures = [each.failure for each in report.mappings]
    failures += [each.failure for each in report.lists]
    if not dry_run and any(failures):
        raise typer.Exit(1)


def print_report(report: mappings.SyncReport) -> None:
    """Print a table of the mappings, what changed in each, and a table of the lists."""
    if not report.mappings and not report.lists:
        output.print_line("The active dial plan keeps no mapping and no list in Salesforce.")
    if report.mappings:
        print_mappings(report.mappings)
    print_lists(report.lists)
    print_failures([*report.mappings, *report.lists])


def print_mappings(changes: Sequence[mappings.MappingChange]) -> None:
    """Print a table of the mappings, and what changed in each."""
    rows = [
        (
            each.mapping,
            each.entries,
            len(each.added),
            len(each.removed),
            len(each.changed),
            len(each.left_out),
        )
        for each in changes
    ]
    output.print_table(COLUMNS, rows)
    for each in changes:
        lines = list(_lines(each))
        if lines:
            output.print_line(f"\n{each.mapping}", "bold")
        for text, style in lines[:MAX_LINES]:
            output.print_line(text, style)
        if len(lines) > MAX_LINES:
            output.print_line(f"… and {len(lines) - MAX_LINES} more; --json lists all")


def print_lists(changes: Sequence[ListChange]) -> None:
    """Print a table of the lists."""
    if not changes:
        return
    rows = [
        (
            each.list,
            each.rows,
            each.numbers,
            each.added,
            each.removed,
            each.unreadable,
            each.seconds,
            output.minutes(each.completed_at or ""),
        )
        for each in changes
    ]
    output.print_table(LIST_COLUMNS, rows, LIST_COLUMNS)


def print_unreadable(changes: Sequence[ListChange]) -> None:
    """Print the records whose numbers cannot be on a list, without these numbers."""
    rows = [
        (each.list, number.object, number.record, number.field, number.reason)
        for each in changes
        for number in each.unreadable_numbers
    ]
    if rows:
        output.print_table(("list", "object", "record", "field", "the number"), rows)
    else:
        output.print_line("All numbers can be read.")


def print_failures(changes: Sequence[ListChange | mappings.MappingChange]) -> None:
    """Print why mappings and lists keep their entries."""
    for each in changes:
        if each.failure_message:
            output.print_error(each.failure_message)


def _lines(change: mappings.MappingChange) -> Iterator[tuple[str, str]]:
    """Yield the lines about one mapping with their style, the rows left out first."""
    for problem in change.left_out:
        yield f"left out: {problem}", "yellow"
    for key, value in change.removed.items():
        yield f"- {key}: {value}", "red"
    for key, entry in change.changed.items():
        yield f"~ {key}: {entry.before} → {entry.after}", "cyan"
    for key, value in change.added.items():
        yield f"+ {key}: {value}", "green"
