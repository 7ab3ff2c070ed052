"""Commands for number lists: `dialplan list import`, `add`, `remove`, `check` and `export`."""

import csv
import itertools
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import track

from dialplan_cli import output
from dialplan_cli.commands.options import Json, Stack
from dialplan_cli.lists.table import AT_ONCE, NumberList, StoredEntry
from dialplan_cli.number_lists import Entry, ListError, read_entries, to_entry
from dialplan_cli.plan.source import unknown_name
from dialplan_cli.targets import find_target

MAX_INVALID_ROWS = 20
"""Maximum number of invalid rows that are shown."""

app = typer.Typer(no_args_is_help=True)

Name = Annotated[
    str, typer.Option("--list", metavar="NAME", help="Name of the list in the dial plan.")
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
    numbers = _list(name, stack)
    _warn_if_unused(numbers)
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
        while batch := list(itertools.islice(progress, AT_ONCE)):
            line = batch[0][0]
            numbers.put(each for _, each in batch)
            written += len(batch)
    except (ListError, BotoCoreError, ClientError, KeyboardInterrupt) as error:
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
    entry = to_entry(row)
    if entry.expires and date.fromisoformat(entry.expires) < datetime.now(UTC).date():
        raise ListError(f"--expires {expires} is in the past: the entry would have no effect.")
    numbers = _list(name, stack)
    _warn_if_unused(numbers)
    numbers.put([entry])
    output.print_line(f"Added to the list {name}.", "green")


@app.command()
def remove(number: Number, name: Name, stack: Stack = None) -> None:
    """Remove a number or a prefix from a list."""
    if not _list(name, stack).remove(to_entry({"number": number})):
        raise ListError(
            f"It is not on the list {name}. A prefix of it may be: see dialplan list check"
        )
    output.print_line(f"Removed from the list {name}.", "green")


@app.command()
def check(number: Number, name: Name, stack: Stack = None, json: Json = False) -> None:
    """Show whether a number is on a list, and why."""
    entry = to_entry({"number": number})
    found = [each for each in _list(name, stack).entries_of(entry.number) if each.counts]
    if json:
        output.print_json({"listed": bool(found), "entries": [asdict(each) for each in found]})
        return
    output.print_line(f"It is {'' if found else 'not '}on the list {name}.")
    for each in found:
        output.print_line("  ".join(_cells(each)[1:]))


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
    writer.writerow(("hash_of_number_or_prefix", "reason", "source", "expires"))
    writer.writerows(_cells(each) for each in _list(name, stack).all_entries())


def _cells(kept: StoredEntry) -> tuple[str, str, str, str]:
    prefix = kept.key.removeprefix("prefix#")
    last = "" if kept.expires_at is None else str(_day(kept.expires_at - 1))
    return (kept.key if prefix == kept.key else f"+{prefix}*", kept.reason, kept.source, last)


def _day(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def _list(name: str, stack: str | None) -> NumberList:
    return NumberList(name, find_target(stack), boto3.client("dynamodb"))


def _warn_if_unused(numbers: NumberList) -> None:
    """Warn if the active plan does not name the list.

    It may be filled before such a plan is published, but a typing error is more likely.
    """
    store = numbers.target.store
    active = store.active()
    if active is None:
        return
    names = store.document(active).get("lists", [])
    if numbers.name not in names:
        message = unknown_name("list", numbers.name, names)
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
