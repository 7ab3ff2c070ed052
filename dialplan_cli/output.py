"""What people see, in colours where a terminal is, and the JSON that machines read instead."""

import difflib
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialplan_cli.plan.source import Problem

PIPE_WIDTH = 200  # where no terminal says how wide it is, lines must not break

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_line(text: str, style: str = "") -> None:
    """One line for people."""
    out.print(Text(text, style=style))


def print_error(text: str) -> None:
    """What went wrong."""
    err.print(Text(text, style="red"))


def show_json(document: Any) -> None:
    """The answer for machines, alone on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def show_errors(problems: Iterable[Problem]) -> None:
    """What must be cured, one line each."""
    _show_problems(problems, "error", "red")


def show_warnings(problems: Iterable[Problem]) -> None:
    """What is hardly meant, one line each."""
    _show_problems(problems, "warning", "yellow")


def _show_problems(problems: Iterable[Problem], label: str, style: str) -> None:
    for problem in problems:
        where = Text(f"{problem.file}:{problem.line}: ", style="bold")
        path = Text(f"{problem.path}: " if problem.path else "", style="cyan")
        err.print(where + Text(f"{label}: ", style=style) + path + Text(problem.message))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table; the columns share the width of the terminal."""
    table = Table(*columns, title=title or None, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    out.print(table)


def difference(before: str, after: str, before_name: str, after_name: str) -> str:
    """A unified diff; empty where nothing differs."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), before_name, after_name, lineterm=""
    )
    return "\n".join(lines)


def show_difference(diff: str) -> None:
    """The diff, added and removed lines in colours."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines():
        print_line(line, styles.get(line[:1], ""))
