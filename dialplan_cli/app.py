"""The command `dialplan`: its commands, and one clear sentence for whatever goes wrong."""

import sys
import traceback
from collections.abc import Sequence

import typer
from botocore.exceptions import BotoCoreError, ClientError

from click_to_dial.errors import ClickToDialError, DynamoDBError, SalesforceError, SecretError
from dialplan_cli import output
from dialplan_cli.commands import calls as commands_calls
from dialplan_cli.commands import files as commands_files
from dialplan_cli.commands import lists as commands_lists
from dialplan_cli.commands import plans as commands_plans
from dialplan_cli.commands import sync as commands_sync
from dialplan_cli.plan.problems import PlanFileError

app = typer.Typer(
    help="Validates, publishes, explains and takes back the dial plan of click-to-dial.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    commands_files.validate,
    commands_plans.diff,
    commands_plans.publish,
    commands_plans.history,
    commands_plans.show,
    commands_plans.rollback,
    commands_plans.prune,
    commands_sync.sync,
    commands_files.schema,
    commands_calls.explain,
    commands_calls.simulate,
):
    app.command()(command)
app.add_typer(commands_lists.app, name="list")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command; exits with 1 where it failed, 2 where it was called wrongly."""
    try:
        app(arguments, prog_name="dialplan")
    except PlanFileError as error:
        output.show_errors(error.problems)
        output.print_error(f"{len(error.problems)} to cure.")
        sys.exit(1)
    except SalesforceError as error:
        output.print_error(f"Salesforce ({error.reason}): {error}")
        sys.exit(1)
    except (DynamoDBError, SecretError) as error:
        output.print_error(f"{error} {error.__cause__ or ''}".rstrip())
        sys.exit(1)
    except UnicodeEncodeError:
        output.print_error("Not every character can be written here: set PYTHONIOENCODING=utf-8.")
        sys.exit(1)
    except (ClickToDialError, BotoCoreError, ClientError, OSError) as error:
        output.print_error(str(error))
        sys.exit(1)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        output.print_error(
            f"A defect of dialplan, please report it: {type(error).__name__}: {error} "
            f"({place.filename}:{place.lineno})"
        )
        sys.exit(1)
