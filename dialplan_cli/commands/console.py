"""Command `console`: show a running system, or a plan file, in a browser."""

from pathlib import Path
from typing import Annotated

import typer

from dialplan_cli import output
from dialplan_cli.commands.options import Author, Stack
from dialplan_cli.targets import find_target, local_target

app = typer.Typer()


@app.command()
def console(
    author: Author,
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="Dial plan in YAML to show in place of the active one.",
        ),
    ] = None,
    stack: Stack = None,
    write: Annotated[
        bool, typer.Option("--write", help="Allow changes: publish, roll back, edit lists.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="PORT", help="Default: any free port.")
    ] = 0,
) -> None:
    """Open a web console for a system or a plan.

    The command prints an address for a browser on this machine and serves it until Ctrl-C. Only
    that address gives access. Nothing can be changed without `--write`.
    """
    from dialplan_cli.console.context import Console  # Flask: other commands start faster without
    from dialplan_cli.console.serve import ConsoleServer

    target = find_target(stack) if stack or file is None else local_target()
    server = ConsoleServer(Console(target, file, write, author), port)
    output.print_line(f"Console, until Ctrl-C: {server.url}")
    server.serve()
