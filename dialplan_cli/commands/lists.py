"""Commands for number lists: `dialplan list import`, `add`, `remove`, `check` and `export`."""

import csv
import itertools
import re
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from click_to_dial.decision.number_lookups import entry_keys, list_prefix
from click_to_dial.dynamodb import number_lists
from click_to_dial.errors import DynamoDBError
from dialplan_cli import output
from dialplan_cli.commands.options import Json, Stack
from dialplan_cli.number_lists import (
    EXPORT_COLUMNS,
    Entry,
    ListError,
    parse_entry,
    read_entries,
    to_export_row,
)
from dialplan_cli.plan.source import unknown_name
from dialplan_cli.plan.types import ATTRIBUTE, MAX_NAME
from dialplan_cli.targets import Target, find_target

MAX_INVALID_ROWS = 20
"""Maximum number of invalid rows that are shown."""

BATCH = number_lists.MAX_BATCH_ITEMS * number_lists.CONCURRENCY
"""Number of entries that are written at a time."""

app = typer.Typer(no_args_is_help=True)


def _check_name(name: str) -> str:
    """Refuse a name that no dial plan can have, such as one that is too long for a key."""
    if len(name) > MAX_NAME or not re.fullmatch(ATTRIBUTE, name):
        raise typer.BadParameter(
            f"must be 1 to {MAX_NAME} letters, digits and underscores, and begin with no digit."
        )
    return name


Name = Annotated[
    str,
    typer.Option(
        "--list", callback=_check_name, metavar="NAME", help="Name of the list in the dial plan."
    ),
]
Number = Annotated[
    str,
    typer.Argument(
        metavar="NUMBER", help="Number such as +4917012345678, or prefix such as +49900*."
    ),
]


@app.callback()
def lists() -> None:
    """Manage lists of numbers.

    The rules of a dial plan use them by `callee.listed`, for example to refuse calls to people who
    do not want to be called.
    """


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.csv",
            help="CSV file with the column number, and optionally reason, source and expires.",
        ),
    ],
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file without importing it.")
    ] = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Import the valid rows if others are invalid.")
    ] = False,
    from_line: Annotated[
        int,
        typer.Option(metavar="LINE", help="First line to import, after an interrupted import."),
    ] = 1,
    stack: Stack = None,
) -> None:
    """Add the numbers in a file to a list.

    The whole file is checked first. If a row is invalid, nothing is imported, unless
    `--skip-invalid` is given.
    """
    rows, duplicates = _check(file, skip_invalid)
    output.print_line(f"{file}: {rows} entries, {duplicates} of them repeat a number.")
    if dry_run:
        return
    target = find_target(stack)
    _warn_if_unused(name, target)
    entries = ((line, each) for line, each in read_entries(file) if line >= from_line)
    valid = ((line, each) for line, each in entries if isinstance(each, Entry))
    progress = iter(output.track(valid, "Importing", rows if from_line == 1 else None))
    written, line = 0, from_line
    try:
        while batch := list(itertools.islice(progress, BATCH)):
            line = batch[0][0]
            target.lists.write(each.to_stored(name, target.pseudonym) for _, each in batch)
            written += len(batch)
    except (ListError, DynamoDBError, KeyboardInterrupt) as error:
        reason = str(error) or "The import was interrupted."
        raise ListError(f"{reason} To continue: --from-line {line}") from error
    output.print_line(f"{written} entries are on the list {name}.", "green")


@app.command()
def add(
    number: Number,
    name: Name,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Reason, shown by `dialplan list check`.")
    ] = "",
    source: Annotated[
        str, typer.Option(metavar="TEXT", help="Origin of the entry, such as a person or system.")
    ] = "",
    expires: Annotated[
        str, typer.Option(metavar="DAY", help="Last day of the entry in UTC, such as 2026-01-31.")
    ] = "",
    stack: Stack = None,
) -> None:
    """Add a number or a prefix to a list."""
    row = {"number": number, "reason": reason, "source": source, "expires": expires}
    entry = parse_entry(row)
    if entry.expires and date.fromisoformat(entry.expires) < datetime.now(UTC).date():
        raise ListError(f"--expires {expires} is in the past: the entry would have no effect.")
    target = find_target(stack)
    _warn_if_unused(name, target)
    target.lists.write([entry.to_stored(name, target.pseudonym)])
    output.print_line(f"Added to the list {name}.", "green")


@app.command()
def remove(number: Number, name: Name, stack: Stack = None) -> None:
    """Remove a number or a prefix from a list."""
    target = find_target(stack)
    if not target.lists.delete(parse_entry({"number": number}).key(name, target.pseudonym)):
        raise ListError(
            f"It is not on the list {name}. A prefix of it may be: see dialplan list check"
        )
    output.print_line(f"Removed from the list {name}.", "green")


@app.command()
def check(number: Number, name: Name, stack: Stack = None, json: Json = False) -> None:
    """Show whether a number is on a list, and why."""
    entry = parse_entry({"number": number})
    target = find_target(stack)
    stored = target.lists.read(entry_keys(name, entry.number, target.pseudonym))
    now = time.time()
    found = [each for each in stored if each.expires_at is None or each.expires_at > now]
    if json:
        keys = [each.key.removeprefix(list_prefix(name)) for each in found]
        entries = [{**each._asdict(), "key": key} for each, key in zip(found, keys, strict=True)]
        output.print_json({"listed": bool(found), "entries": entries})
        return
    output.print_line(f"It is {'' if found else 'not '}on the list {name}.")
    for each in found:
        _, *cells = to_export_row(each, name)
        output.print_line("  ".join(cells))


@app.command()
def export(name: Name, stack: Stack = None) -> None:
    """Print a list as CSV.

    Prefixes are readable. Of numbers, only keyed hashes are stored, so that the output cannot be
    imported again.
    """
    output.print_error(
        "Numbers are stored as keyed hashes, which cannot be reversed; only prefixes are readable. "
        "This output cannot be imported again: keep the file that you imported."
    )
    writer = csv.writer(sys.stdout)
    writer.writerow(EXPORT_COLUMNS)
    entries = find_target(stack).lists.scan(list_prefix(name))
    writer.writerows(to_export_row(each, name) for each in entries)


def _warn_if_unused(name: str, target: Target) -> None:
    """Warn if the active plan does not name the list.

    It may be filled before such a plan is published, but a typing error is more likely.
    """
    store = target.store
    active = store.active()
    if active is None:
        return
    names = store.document(active).get("lists", [])
    if name not in names:
        message = unknown_name("list", name, names)
        output.print_error(f"The active dial plan does not use this list: {message}")


def _check(file: Path, skip_invalid: bool) -> tuple[int, int]:
    """Return the numbers of valid rows and of rows that repeat a number. Raises ListError."""
    seen: set[str] = set()
    rows = invalid = 0
    for line, entry in read_entries(file):
        if isinstance(entry, ListError):
            invalid += 1
            if invalid <= MAX_INVALID_ROWS:
                output.print_error(f"{file}:{line}: {entry}")
            continue
        rows += 1
        seen.add(entry.number)
    if invalid and not skip_invalid:
        raise ListError(
            f"{invalid} rows cannot be read; nothing was imported. Correct them, or leave them "
            "out with --skip-invalid"
        )
    return rows, rows - len(seen)
