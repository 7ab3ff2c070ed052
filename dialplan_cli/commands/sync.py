"""The `sync` command: read the mappings kept in Salesforce now, and show what changed."""

from collections.abc import Iterator
from typing import Annotated

import typer

from click_to_dial.sync.mappings import MAX_LOSS
from dialplan_cli import output
from dialplan_cli import sync as mappings
from dialplan_cli.commands.options import Json, Stack
from dialplan_cli.targets import find_target

MAX_LINES = 20
"""Maximum number of lines shown for one mapping. A first sync may bring thousands of entries."""

COLUMNS = ("mapping", "entries", "added", "removed", "changed", "rows left out")

app = typer.Typer()


@app.command()
def sync(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the changes without making them.")
    ] = False,
    most_lost: Annotated[
        int,
        typer.Option(
            min=0,
            max=100,
            metavar="PERCENT",
            help="Share of its entries that a mapping may lose. A larger loss is refused.",
        ),
    ] = round(MAX_LOSS * 100),
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Read the mappings kept in Salesforce.

    The deployed system does this on a schedule. The command shows the entries that were added,
    removed and changed, and the rows that were left out. A mapping that cannot be read keeps its
    entries; the exit status is then 1.
    """
    report = mappings.sync(find_target(stack), max_loss=most_lost / 100, dry_run=dry_run)
    output.show(report, json, print_report)
    if not dry_run and any(each.failure is not None for each in report.mappings):
        raise typer.Exit(1)


def print_report(report: mappings.SyncReport) -> None:
    """Print a table of the mappings, and what changed in each."""
    if not report.mappings:
        output.print_line("The active dial plan keeps no mapping in Salesforce.")
        return
    rows = [
        (
            each.mapping,
            each.entries,
            len(each.added),
            len(each.removed),
            len(each.changed),
            len(each.left_out),
        )
        for each in report.mappings
    ]
    output.print_table(COLUMNS, rows)
    for each in report.mappings:
        lines = list(_lines(each))
        if lines:
            output.print_line(f"\n{each.mapping}", "bold")
        for text, style in lines[:MAX_LINES]:
            output.print_line(text, style)
        if len(lines) > MAX_LINES:
            output.print_line(f"… and {len(lines) - MAX_LINES} more; --json lists all")
    for each in report.mappings:
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
