"""The `sync` command: read the mappings kept in Salesforce now, and show what changed."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

import typer

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.errors import ClickToDialError
from click_to_dial.salesforce.mapping_rows import read_mapping
from click_to_dial.sync import mappings
from click_to_dial.sync.wiring import SYNC_SECONDS
from dialplan_cli import output
from dialplan_cli.commands.options import Json, Stack
from dialplan_cli.targets import Target, find_target

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
    ] = round(mappings.MAX_LOSS * 100),
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Read the mappings kept in Salesforce.

    The deployed system does this on a schedule. The command shows the entries that were added,
    removed and changed, and the rows that were left out. A mapping that cannot be read keeps its
    entries; the exit status is then 1.
    """
    target = find_target(stack)
    changes = mappings.sync(
        target.store,
        partial(read_mapping, target.organisation),
        Deadline(SYNC_SECONDS),
        max_loss=most_lost / 100,
        dry_run=dry_run,
    )
    failures = _failures(changes)
    if json:
        output.print_json({"dry_run": dry_run, "mappings": [_as_json(each) for each in changes]})
    elif changes:
        _print_changes(changes)
        for message in failures:
            output.print_error(message)
    else:
        output.print_line("The active dial plan keeps no mapping in Salesforce.")
    if failures and not dry_run:
        raise typer.Exit(1)


def read_new_mappings(target: Target, document: Mapping[str, Any], *, ask: bool) -> list[str]:
    """Read the mappings that a newly active plan keeps in Salesforce, if `ask` is true.

    Return a message for each mapping that was not read. Such a mapping keeps the entries of its
    last sync; without any, its default applies.
    """
    names = kept_in_salesforce(document)
    if not names:
        return []
    if not ask:
        return [f"Not read from Salesforce: {', '.join(names)}. To read now: dialplan sync"]
    try:
        changes = mappings.sync(
            target.store,
            partial(read_mapping, target.organisation),
            Deadline(SYNC_SECONDS),
            max_loss=mappings.MAX_LOSS,
        )
    except ClickToDialError as error:
        return [f"The mappings kept in Salesforce were not read: {error}"]
    return _failures(changes)


def _failures(changes: Iterable[mappings.Change]) -> list[str]:
    return [
        f"Mapping '{each.mapping}' keeps its current entries: {each.failure}"
        for each in changes
        if each.failure is not None
    ]


def _as_json(change: mappings.Change) -> dict[str, Any]:
    before, after = change.before, change.after
    return {
        "mapping": change.mapping,
        "entries": len(after),
        "added": {key: value for key, value in after.items() if key not in before},
        "removed": {key: value for key, value in before.items() if key not in after},
        "changed": {
            key: {"before": before[key], "after": value}
            for key, value in after.items()
            if before.get(key, value) != value
        },
        "left_out": change.problems,
        "failure": None if change.failure is None else str(change.failure),
    }


def _print_changes(changes: Iterable[mappings.Change]) -> None:
    documents = [_as_json(change) for change in changes]
    counts = ("added", "removed", "changed", "left_out")
    rows = [
        (each["mapping"], each["entries"], *(len(each[name]) for name in counts))
        for each in documents
    ]
    output.print_table(COLUMNS, rows)
    for each in documents:
        lines = list(_lines(each))
        if lines:
            output.print_line(f"\n{each['mapping']}", "bold")
        for text, style in lines[:MAX_LINES]:
            output.print_line(text, style)
        if len(lines) > MAX_LINES:
            output.print_line(f"… and {len(lines) - MAX_LINES} more; --json lists all")


def _lines(change: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the lines about one mapping with their style, the rows left out first."""
    for problem in change["left_out"]:
        yield f"left out: {problem}", "yellow"
    for key, value in change["removed"].items():
        yield f"- {key}: {value}", "red"
    for key, each in change["changed"].items():
        yield f"~ {key}: {each['before']} → {each['after']}", "cyan"
    for key, value in change["added"].items():
        yield f"+ {key}: {value}", "green"
