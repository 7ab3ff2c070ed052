"""The commands about lists of numbers, such as those that do not want to be called."""

import csv
import itertools
import sys
import time
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from click_to_dial.decision.number_lookups import entry_keys, list_prefix
from click_to_dial.dynamodb import number_lists
from click_to_dial.dynamodb.number_lists import ListEntry
from click_to_dial.errors import DynamoDBError
from dialplan_cli import output
from dialplan_cli.lists.entries import Entry, ListError, read_entries, to_entry
from dialplan_cli.options import Json, Stack
from dialplan_cli.plan.problems import unknown
from dialplan_cli.targets import Target, find_target

app = typer.Typer(help="Lists of numbers, which rules name in callee.listed.", no_args_is_help=True)

Name = Annotated[str, typer.Option("--list", metavar="NAME", help="The list, as in the plan.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="+4917012345678, or +49900*.")]
MOST_SHOWN = 20
BATCH = number_lists.MAX_BATCH_ITEMS * number_lists.CONCURRENCY
"""Entries written between two steps of the progress bar."""


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Its columns: number, reason…")],
    name: Name,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Import the other rows all the same.")
    ] = False,
    from_line: Annotated[
        int, typer.Option(help="Where to go on after an import that was interrupted.")
    ] = 1,
    stack: Stack = None,
) -> None:
    """Puts the numbers of a file on a list. The file is checked as a whole beforehand."""
    rows, duplicates = _check(file, skip_invalid)
    output.print_line(
        f"{file}: {rows} entries, {duplicates} of them for a number that is there already."
    )
    if dry_run:
        return
    target = find_target(stack)
    _warn_of_unknown(name, target)
    entries = ((line, each) for line, each in read_entries(file) if line >= from_line)
    valid = ((line, each) for line, each in entries if isinstance(each, Entry))
    progress = iter(
        track(
            valid,
            "Importing",
            rows if from_line == 1 else None,
            console=output.err,
            disable=not output.err.is_terminal,
        )
    )
    written, line = 0, from_line
    try:
        while batch := list(itertools.islice(progress, BATCH)):
            line = batch[0][0]
            target.lists.write(each.stored(name, target.pseudonym) for _, each in batch)
            written += len(batch)
    except (ListError, DynamoDBError, KeyboardInterrupt) as error:
        why = str(error) or "It was interrupted."
        raise ListError(f"{why} Go on with: --from-line {line}") from error
    output.print_line(f"{written} entries are on the list {name}.", "green")


@app.command()
def add(
    number: Number,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    source: Annotated[str, typer.Option(help="Who says so.")] = "",
    expires: Annotated[str, typer.Option(metavar="DAY", help="Its last day, 2026-01-31.")] = "",
    stack: Stack = None,
) -> None:
    """Puts a number, or a prefix, on a list."""
    row = {"number": number, "reason": reason, "source": source, "expires": expires}
    entry = to_entry(row)
    if entry.expires and date.fromisoformat(entry.expires) < datetime.now(UTC).date():
        raise ListError(f"--expires {expires} is over: the entry would count for nothing.")
    target = find_target(stack)
    _warn_of_unknown(name, target)
    target.lists.write([entry.stored(name, target.pseudonym)])
    output.print_line(f"It is on the list {name}.", "green")


@app.command()
def remove(number: Number, name: Name, stack: Stack = None) -> None:
    """Takes a number, or a prefix, off a list."""
    target = find_target(stack)
    if not target.lists.delete(to_entry({"number": number}).key(name, target.pseudonym)):
        raise ListError(f"It is not on the list {name}; a prefix of it may be: dialplan list check")
    output.print_line(f"It is no longer on the list {name}.", "green")


@app.command()
def check(number: Number, name: Name, stack: Stack = None, json: Json = False) -> None:
    """Tells whether a number is on a list, and why."""
    entry = to_entry({"number": number})
    target = find_target(stack)
    stored = target.lists.read(entry_keys(name, entry.number, target.pseudonym))
    now = time.time()
    found = [each for each in stored if each.expires_at is None or each.expires_at > now]
    if json:
        output.show_json(
            {"listed": bool(found), "entries": [_as_json(name, each) for each in found]}
        )
        return
    output.print_line(f"It is {'' if found else 'not '}on the list {name}.")
    for each in found:
        output.print_line("  ".join(_cells(name, each)[1:]))


@app.command()
def export(name: Name, stack: Stack = None) -> None:
    """Prints a list as CSV: prefixes as they are, numbers as the hashes that are kept of them."""
    output.print_error(
        "Numbers are kept as keyed hashes, which nobody can turn back; only prefixes can be read. "
        "This cannot be imported again: keep the file that you imported."
    )
    writer = csv.writer(sys.stdout)
    writer.writerow(("hash_of_number_or_prefix", "reason", "source", "expires"))
    entries = find_target(stack).lists.scan(list_prefix(name))
    writer.writerows(_cells(name, each) for each in entries)


def _as_json(name: str, entry: ListEntry) -> dict[str, Any]:
    return {**asdict(entry), "key": entry.key.removeprefix(list_prefix(name))}


def _cells(name: str, entry: ListEntry) -> tuple[str, str, str, str]:
    key = entry.key.removeprefix(list_prefix(name))
    prefix = key.removeprefix("prefix#")
    last = "" if entry.expires_at is None else str(_day(entry.expires_at - 1))
    return (key if prefix == key else f"+{prefix}*", entry.reason, entry.source, last)


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def _warn_of_unknown(name: str, target: Target) -> None:
    """A list may be filled before the plan that names it is published, but a typo is likelier."""
    store = target.store
    active = store.active()
    if active is None:
        return
    names = store.document(active).get("lists", [])
    if name not in names:
        said = unknown("list", name, names)
        output.print_error(f"The active dial plan asks for no such list: {said}")


def _check(file: Path, skip_invalid: bool) -> tuple[int, int]:
    """The number of valid rows, and of those that name a number once more. Raises ListError."""
    seen: set[str] = set()
    rows = invalid = 0
    for line, entry in read_entries(file):
        if isinstance(entry, ListError):
            invalid += 1
            if invalid <= MOST_SHOWN:
                output.print_error(f"{file}:{line}: {entry}")
            continue
        rows += 1
        seen.add(entry.number)
    if invalid and not skip_invalid:
        raise ListError(
            f"{invalid} rows cannot be read; nothing was imported. Cure "
            "them, or leave them out: --skip-invalid"
        )
    return rows, rows - len(seen)
