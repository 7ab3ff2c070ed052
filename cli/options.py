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
Author = Annotated[str, typer.Option(default_factory=getpass.getuser, help="Who changes it.")]
