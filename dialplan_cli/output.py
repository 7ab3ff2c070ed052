"""Console output: text, tables and diffs for people, JSON for scripts.

A command gets its result, a frozen dataclass, from a function that prints nothing, and passes it to
`show`. Results go to standard output, errors and warnings to standard error. Colours are used only
in a terminal.
"""

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from rich import progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialplan_cli.plan.source import Problem

PIPE_WIDTH = 200
"""Width of tables that are not printed to a terminal, in characters."""

_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

T = TypeVar("T")

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def fields(result: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, and of those in it, as a JSON document."""
    return asdict(result)


def show(
    result: T,
    as_json: bool,
    print_text: Callable[[T], object],
    to_json: Callable[[T], Any] = fields,
) -> None:
    """Print the result of a command: as JSON (docs/json-output.md), or as text by `print_text`.

    `to_json` returns the document to print for a result that is not a dataclass of plain values.
    """
    if as_json:
        print_json(to_json(result))
    else:
        print_text(result)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as `1 row` or `2 rows`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def to_text(text: str, style: str = "") -> Text:
    """Return text for a terminal. Control characters, which could move the cursor, are escaped."""
    return Text(_CONTROL_CHARACTERS.sub(lambda found: ascii(found[0])[1:-1], text), style=style)


def print_line(text: str, style: str = "") -> None:
    """Print a line of text to standard output."""
    out.print(to_text(text, style))


def print_error(text: str) -> None:
    """Print an error message to standard error."""
    err.print(to_text(text, "red"))


def print_json(document: Any) -> None:
    """Print a document as JSON to standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_errors(problems: Iterable[Problem]) -> None:
    """Print the errors of a dial plan file, one line each."""
    for problem in problems:
        _print_problem(problem, "error", "red")


def print_warnings(problems: Iterable[Problem]) -> None:
    """Print the warnings about a dial plan file, one line each."""
    for problem in problems:
        _print_problem(problem, "warning", "yellow")


def _print_problem(problem: Problem, label: str, style: str) -> None:
    place = Text(f"{problem.file}:{problem.line}: ", style="bold")
    path = to_text(f"{problem.place}: " if problem.path else "", "cyan")
    err.print(place + Text(f"{label}: ", style=style) + path + to_text(problem.message))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], fixed: Collection[str] = ()
) -> None:
    """Print a table. Its columns share the width of the terminal; those in `fixed` never wrap."""
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=name in fixed, overflow="fold")
    for row in rows:
        table.add_row(*(to_text(str(cell)) for cell in row))
    out.print(table, soft_wrap=False)


def track(items: Iterable[T], description: str, total: int | None) -> Iterable[T]:
    """Yield the items and show a progress bar in a terminal. `total` is None if unknown."""
    return progress.track(items, description, total, console=err, disable=not err.is_terminal)


def count(items: Iterable[T], description: str) -> Iterable[T]:
    """Yield the items and show their number in a terminal, unless the output is shown there too."""
    columns = (progress.TextColumn(f"{description}: {{task.completed}}"), progress.SpinnerColumn())
    hidden = not err.is_terminal or sys.stdout.isatty()
    with progress.Progress(*columns, console=err, disable=hidden, transient=True) as shown:
        yield from shown.track(items, description=description)


def minutes(time: str) -> str:
    """Return an ISO 8601 time in UTC, to the minute, as it is shown in tables."""
    return time[:16].replace("T", " ")


def print_diff(diff: str) -> None:
    """Print a unified diff, with added and removed lines in colour."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        print_line(line, styles.get(line[:1], ""))
