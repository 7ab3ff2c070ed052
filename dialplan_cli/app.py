"""The `dialplan` command: its groups of commands, and one clear message for every error.

A new command is a function in the module of its group in `commands/`. Options that several commands
share are in `commands/options.py`.
"""

import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
)

from click_to_dial import __version__
from click_to_dial.errors import ClickToDialError, DynamoDBError, SalesforceError, SecretError
from dialplan_cli import output
from dialplan_cli.commands import calls, console, files, lists, numbers, plans, sync
from dialplan_cli.plan.source import PlanFileError

app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for group in (files, plans, sync, calls, numbers, console):
    app.add_typer(group.app)
app.add_typer(lists.app, name="list")


def _show_version(requested: bool) -> None:
    if requested:
        output.print_line(f"dialplan {__version__}")
        raise typer.Exit


@app.callback()
def dialplan(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Check, publish, explain and roll back the dial plan of click-to-dial.

    The exit status is 0 on success, 1 if the command failed, 2 if its arguments are wrong, and 130
    after Ctrl-C. It is 3 if `explain` shows a refused call or `diff` shows a difference.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command. Exit with status 1 if it failed, and 2 if its arguments are wrong."""
    try:
        app(arguments, prog_name="dialplan")  # raises SystemExit, unless there is an error
    except PlanFileError as error:
        output.print_errors(error.problems)
        count = len(error.problems)
        output.print_error(f"{count} error{'' if count == 1 else 's'}.")
    except SalesforceError as error:
        output.print_error(f"Salesforce ({error.reason}): {error}")
    except (DynamoDBError, SecretError) as error:
        output.print_error(f"{error} {error.__cause__ or ''}".rstrip())
    except UnicodeEncodeError:
        output.print_error(
            "The encoding of the output lacks a character: set PYTHONIOENCODING=utf-8."
        )
    except (NoRegionError, NoCredentialsError) as error:
        message = str(error).rstrip(".")
        output.print_error(f"{message}. Set AWS_PROFILE, or AWS_REGION, or run: aws configure")
    except (ClickToDialError, BotoCoreError, ClientError, OSError) as error:
        output.print_error(str(error))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        output.print_error(
            f"This is a bug in dialplan, please report it: {type(error).__name__}: {error} "
            f"({place.filename}:{place.lineno})"
        )
    sys.exit(1)
