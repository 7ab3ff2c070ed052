"""The subject of the pages: a running system, a plan file, or both."""

from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from dialplan_cli.targets import Target

EXTENSION = "console"
"""Name under which the app keeps its `Console`."""


@dataclass(frozen=True, slots=True)
class Console:
    """A console for a running system, a plan file, or both.

    `target` is None if no system runs, and `plan_file` is None if no file was given. `write` is
    True if pages may change the system. `author` is recorded in the history of changes.
    """

    target: Target | None
    plan_file: Path | None = None
    write: bool = False
    author: str = ""

    @property
    def name(self) -> str:
        """The names of the file and the system, for the head of each page."""
        names = (self.plan_file, self.target and self.target.name)
        return " · ".join(str(name) for name in names if name)


def console() -> Console:
    """Return the console of the current request."""
    found: Console = current_app.extensions[EXTENSION]
    return found
