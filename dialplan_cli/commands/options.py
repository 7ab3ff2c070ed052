"""Arguments and options that several commands share."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

ANSWER_IS_NO = 3
"""Exit status of `explain` if the call is refused, and of `diff` if there is a difference."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the user of a container may have no name
        return "unknown"


File = Annotated[
    Path, typer.Argument(metavar="FILE", help="Dial plan in YAML; `-` is standard input.")
]
Stack = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Deployed stack to work on. Default: the local system started by `make run`.",
    ),
]
Author = Annotated[
    str,
    typer.Option(
        default_factory=_user,
        show_default="your user name",
        metavar="NAME",
        help="Author recorded in the history.",
    ),
]
Comment = Annotated[
    str, typer.Option(metavar="TEXT", help="Reason for the change, recorded in the history.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
