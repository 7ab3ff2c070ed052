"""The options that several commands share."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="A dial plan in YAML.")]
Stack = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A deployed stack; else what `make run` has started."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"


Author = Annotated[str, typer.Option(default_factory=_user, help="Who changes it.")]
