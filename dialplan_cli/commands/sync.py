"""The command that brings the mappings kept in Salesforce in step by hand, and shows how."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.errors import ClickToDialError
from click_to_dial.sync.mappings import MOST_LOST, Change
from click_to_dial.sync.mappings import sync as synchronise
from click_to_dial.sync.wiring import SYNC_SECONDS
from dialplan_cli import output
from dialplan_cli.options import Json, Stack
from dialplan_cli.targets import Target, find_target

MOST_SHOWN = 20
"""Lines of one mapping; a first sync may bring thousands."""

COLUMNS = ("mapping", "entries", "added", "removed", "changed", "rows left out")


def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show it, change nothing.")] = False,
    most_lost: Annotated[
        int,
        typer.Option(min=0, max=100, metavar="PERCENT", help="The entries a mapping may lose."),
    ] = round(MOST_LOST * 100),
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Reads the mappings kept in Salesforce now, instead of with the next scheduled sync."""
    target = find_target(stack)
    changes = synchronise(
        target.store,
        target.organisation,
        Deadline(SYNC_SECONDS),
        most_lost=most_lost / 100,
        dry_run=dry_run,
    )
    if json:
        mappings = [_as_json(change) for change in changes]
        output.show_json({"dry_run": dry_run, "mappings": mappings})
    elif changes:
        _show(changes)
        for sentence in _failures(changes):
            output.print_error(sentence)
    else:
        output.print_line("The active dial plan keeps no mapping in Salesforce.")
    if not dry_run and _failures(changes):
        raise typer.Exit(1)


def read_new_mappings(target: Target, document: Mapping[str, Any], *, ask: bool) -> list[str]:
    """Reads what a plan that became active just now keeps in Salesforce; says what was not read.

    Until then, calls are decided by a mapping's last entries, or by its default.
    """
    names = kept_in_salesforce(document)
    if not names:
        return []
    if not ask:
        return [f"Salesforce was not asked for {', '.join(names)}. To read it now: dialplan sync"]
    try:
        deadline = Deadline(SYNC_SECONDS)
        changes = synchronise(target.store, target.organisation, deadline, most_lost=MOST_LOST)
    except ClickToDialError as error:
        return [f"Salesforce's mappings were not read: {error}"]
    return _failures(changes)


def _failures(changes: Iterable[Change]) -> list[str]:
    return [
        f"Mapping '{each.mapping}' keeps the entries that it has: {each.failure}"
        for each in changes
        if each.failure is not None
    ]


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "mapping": change.mapping,
        "entries": len(change.after),
        "added": _only(change.after, change.before),
        "removed": _only(change.before, change.after),
        "changed": {
            key: {"before": change.before[key], "after": value}
            for key, value in change.after.items()
            if change.before.get(key, value) != value
        },
        "left_out": change.problems,
        "failure": None if change.failure is None else str(change.failure),
    }


def _only(entries: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in entries.items() if key not in others}


def _show(changes: Iterable[Change]) -> None:
    found = [_as_json(change) for change in changes]
    counts = ("added", "removed", "changed", "left_out")
    rows = [
        (each["mapping"], each["entries"], *(len(each[name]) for name in counts)) for each in found
    ]
    output.show_table(COLUMNS, rows)
    for each in found:
        lines = list(_lines(each))
        if lines:
            output.print_line(f"\n{each['mapping']}", "bold")
        for text, style in lines[:MOST_SHOWN]:
            output.print_line(text, style)
        if len(lines) > MOST_SHOWN:
            output.print_line(f"… and {len(lines) - MOST_SHOWN} more; --json lists them all")


def _lines(change: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The problems first: they are what somebody has to do something about."""
    for problem in change["left_out"]:
        yield f"left out: {problem}", "yellow"
    for key, value in change["removed"].items():
        yield f"- {key}: {value}", "red"
    for key, each in change["changed"].items():
        yield f"~ {key}: {each['before']} → {each['after']}", "cyan"
    for key, value in change["added"].items():
        yield f"+ {key}: {value}", "green"
