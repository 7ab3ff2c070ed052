"""Console output: text, tables and diffs for people, JSON for scripts.

Results go to standard output, errors and warnings to standard error. Colours are used only in a
terminal.
"""

import difflib
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from rich import progress
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialplan_cli.plan.source import Problem

PIPE_WIDTH = 200
"""Width of tables that are not printed to a terminal, in characters."""

T = TypeVar("T")

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_line(text: str, style: str = "") -> None:
    """Print a line of text to standard output."""
    out.print(Text(text, style=style))


def print_error(text: str) -> None:
    """Print an error message to standard error."""
    err.print(Text(text, style="red"))


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
    path = Text(f"{problem.place}: " if problem.path else "", style="cyan")
    err.print(place + Text(f"{label}: ", style=style) + path + Text(problem.message))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table. Its columns share the width of the terminal."""
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    out.print(table)


def track(items: Iterable[T], description: str, total: int | None) -> Iterable[T]:
    """Yield the items and show a progress bar in a terminal. `total` is None if unknown."""
    return progress.track(items, description, total, console=err, disable=not err.is_terminal)


def unified_diff(before: str, after: str, before_name: str, after_name: str) -> str:
    """Return the unified diff of two texts. It is empty if they are equal."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), before_name, after_name, lineterm=""
    )
    return "\n".join(lines)


def print_diff(diff: str) -> None:
    """Print a unified diff, with added and removed lines in colour."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        print_line(line, styles.get(line[:1], ""))
