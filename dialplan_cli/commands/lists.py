"""Commands for number lists: `dialplan list import`, `add`, `check` and others."""

import csv
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from click_to_dial.dynamodb.list_changes import ListChange
from dialplan_cli import lists, output
from dialplan_cli.commands.options import INTERRUPTED, Author, Json, Stack
from dialplan_cli.lists import CheckResult, ImportReport, ImportStoppedError
from dialplan_cli.number_lists import (
    EXPORT_COLUMNS,
    CheckedFile,
    ListError,
    check_file,
    parse_entry,
)
from dialplan_cli.plan.source import unknown_name
from dialplan_cli.plan.types import LIST_NAME, MAX_NAME
from dialplan_cli.targets import Target, find_target

app = typer.Typer(no_args_is_help=True)


def _check_name(name: str | None) -> str | None:
    """Refuse a name that no dial plan can have, such as one that is too long for a key."""
    if name is not None and (len(name) > MAX_NAME or not re.fullmatch(LIST_NAME, name)):
        raise typer.BadParameter("must be a name of letters, digits, _ and -, at most 80")
    return name


Name = Annotated[
    str,
    typer.Option(
        "--list", metavar="NAME", callback=_check_name, help="Name of the list in the dial plan."
    ),
]
Number = Annotated[
    str,
    typer.Argument(
        metavar="NUMBER", help="Number such as +4917012345678, or prefix such as +49900*."
    ),
]


@app.callback()
def list_() -> None:
    """Manage lists of numbers.

    The rules of a dial plan use them by `callee.listed`, for example to refuse calls to people who
    do not want to be called. Each change is recorded, without numbers: see `dialplan list history`.
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
    author: Author,
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
    json: Json = False,
) -> None:
    """Add the numbers in a file to a list.

    The whole file is checked first. If a row is invalid, nothing is imported, unless
    `--skip-invalid` is given. The exit status of an interrupted import is 130.
    """
    checked = check_file(file, datetime.now(UTC).date())
    print_problems(file, checked)
    if checked.invalid and not skip_invalid:
        raise ListError(
            f"{output.counted(checked.invalid, 'row')} cannot be read; nothing was imported. "
            "Correct the file, or import only the other rows with --skip-invalid"
        )
    if not checked.rows:
        raise ListError(f"{file} has no numbers that can be imported.")
    if dry_run:
        output.show(lists.to_report(name, file, checked), json, _print_report)
        return
    target = find_target(stack)
    _warn_if_unused(name, target)
    total = checked.rows if from_line == 1 else None
    rows = output.track(lists.rows_of(file, from_line), "Importing", total)
    change = lists.new_change(name, "import", author, file.name)
    try:
        report = lists.import_file(target, change, file, checked, rows)
    except ImportStoppedError as error:
        if not error.interrupted:
            raise
        output.print_error(str(error))
        raise typer.Exit(INTERRUPTED) from None
    output.show(report, json, _print_report)


@app.command()
def add(
    number: Number,
    name: Name,
    author: Author,
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
    json: Json = False,
) -> None:
    """Add a number or a prefix to a list.

    If it is on the list already, its reason, source and end are replaced.
    """
    row = {"number": number, "reason": reason, "source": source, "expires": expires}
    entry = parse_entry(row)
    today = datetime.now(UTC).date()
    if entry.expires and date.fromisoformat(entry.expires) < today:
        raise ListError(f"--expires {expires} is in the past: the entry would have no effect.")
    for message in entry.warnings(today):
        output.print_error(f"Warning: {message}")
    target = find_target(stack)
    _warn_if_unused(name, target)
    change = lists.add(target, lists.new_change(name, "add", author), entry)
    output.show(change, json, _print_change)


@app.command()
def remove(
    number: Number, name: Name, author: Author, stack: Stack = None, json: Json = False
) -> None:
    """Remove a number or a prefix from a list."""
    entry = parse_entry({"number": number})
    change = lists.new_change(name, "remove", author)
    output.show(lists.remove(find_target(stack), change, entry), json, _print_change)


@app.command()
def check(number: Number, name: Name, stack: Stack = None, json: Json = False) -> None:
    """Show whether a number is on a list, and why.

    The number is read as the number of a call: with or without its country code, in all its
    readings, and without surplus digits.
    """
    output.show(lists.check(find_target(stack), name, number), json, print_check)


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists."""

    lists: list[lists.ListSummary]


@app.command()
def ls(stack: Stack = None, json: Json = False) -> None:
    """Show all lists with their numbers of entries.

    Lists are shown if they have entries, if they had some, or if the active dial plan names them.
    This reads the whole table.
    """
    output.show(Lists(lists.summaries(find_target(stack))), json, print_lists)


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of lists, the newest first."""

    changes: list[ListChange]


@app.command()
def history(
    name: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="NAME", callback=_check_name, help="Only changes of this list."
        ),
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Show who changed a list, and when.

    The newest change comes first. Numbers are not recorded, only how many were added, were there
    already, or were removed.
    """
    output.show(Changes(lists.history(find_target(stack), name)), json, print_changes)


@dataclass(frozen=True, slots=True)
class Export:
    """The entries of a list, of which there may be too many for the memory."""

    name: str
    entries: Iterable[lists.ListedEntry]


@app.command()
def export(name: Name, stack: Stack = None, json: Json = False) -> None:
    """Print a list as CSV.

    Prefixes are readable. Of numbers, only keyed hashes are stored, so that the output cannot be
    imported again.
    """
    entries = lists.export(find_target(stack), name)
    output.print_error(
        "Numbers are stored as keyed hashes, which cannot be reversed; only prefixes are readable. "
        "This output cannot be imported again: keep the file that you imported."
    )
    counted = output.count(entries, "Exporting")
    output.show(Export(name, counted), json, print_export, export_to_json)


def print_export(export: Export) -> None:
    """Print the entries as CSV."""
    writer = csv.writer(sys.stdout)
    writer.writerow(EXPORT_COLUMNS)
    for each in export.entries:
        writer.writerow([getattr(each, column) for column in EXPORT_COLUMNS])


def export_to_json(export: Export) -> dict[str, Any]:
    """Return the entries as a JSON document."""
    return {"name": export.name, "entries": [asdict(each) for each in export.entries]}


def _warn_if_unused(name: str, target: Target) -> None:
    """Warn if the active plan does not name the list. Raises ListError for one in Salesforce.

    It may be filled before such a plan is published, but a typing error is more likely.
    """
    lists.require_own(target, name)
    names = lists.published_lists(target)
    if names is not None and name not in names:
        message = unknown_name("list", name, names)
        output.print_error(f"The active dial plan does not use this list: {message}")


def print_problems(file: Path, checked: CheckedFile) -> None:
    """Print the errors and the warnings about a file to standard error."""
    for label, problems, total in (
        ("", checked.errors, checked.invalid),
        ("warning: ", checked.warnings, checked.doubtful),
    ):
        for each in problems:
            output.print_error(f"{file}:{each.line}: {label}{each.message}")
        if total > len(problems):
            output.print_error(f"{label}… and {total - len(problems)} more")


def _print_report(report: ImportReport) -> None:
    output.print_line(
        f"{report.file}: {output.counted(report.rows, 'valid row')}, of which {report.repeats} "
        "repeat a number."
    )
    if not report.dry_run:
        output.print_line(
            f"Added {output.counted(report.added, 'number')} to the list {report.name}. "
            f"Already there: {report.already_there}.",
            "green",
        )


def _print_change(change: ListChange) -> None:
    if change.action == "remove":
        output.print_line(f"Removed from the list {change.name}.", "green")
    elif change.added:
        output.print_line(f"Added to the list {change.name}.", "green")
    else:
        output.print_line(
            f"It was on the list {change.name} already. Its reason, source and end were replaced.",
            "green",
        )


def print_check(result: CheckResult) -> None:
    """Print whether a list contains a number, and the entries that do."""
    output.print_line(f"It is {'' if result.listed else 'not '}on the list {result.name}.")
    if len(result.readings) > 1:
        output.print_line(f"Numbers that were looked up: {', '.join(result.readings)}")
    for each in result.entries:
        prefix = (
            each.hash_of_number_or_prefix if each.hash_of_number_or_prefix.endswith("*") else ""
        )
        cells = (prefix, each.reason, each.source, each.expires)
        if any(cells):
            output.print_line("  ".join(filter(None, cells)))


def print_lists(result: Lists) -> None:
    """Print a table of all lists."""
    if not result.lists:
        output.print_line("There is no list.")
        return
    rows = [
        (
            each.name,
            each.entries,
            each.prefixes,
            each.expired,
            "yes" if each.used else "no",
            output.minutes(each.changed_at or ""),
        )
        for each in result.lists
    ]
    columns = ("list", "entries", "prefixes", "expired", "in the plan", "changed (UTC)")
    output.print_table(columns, rows, columns[1:])


def print_changes(result: Changes) -> None:
    """Print a table of the changes."""
    if not result.changes:
        output.print_line("No change of a list was recorded.")
        return
    rows = [
        (
            output.minutes(each.changed_at),
            each.name,
            each.action + ("" if each.finished else " (unfinished)"),
            each.added,
            each.already_there,
            each.removed,
            each.author,
            each.file,
        )
        for each in result.changes
    ]
    columns = ("when (UTC)", "list", "change", "added", "there", "removed", "who", "file")
    output.print_table(columns, rows, columns[:1] + columns[3:6])
