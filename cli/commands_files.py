"""The commands about dial plan files: only `validate --salesforce` needs a system to ask."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import File, Json, Stack
from cli.plan_file import PlanFile, read_plan
from cli.plan_schema import plan_schema
from cli.problems import PlanFileError
from cli.salesforce_checks import check_salesforce
from cli.targets import find_target


def validate(
    file: File,
    salesforce: Annotated[
        bool,
        typer.Option("--salesforce", help="Ask Salesforce too whether all that it names is there."),
    ] = False,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Says all that is wrong with a dial plan, by line; exit status 1 where something is."""
    try:
        plan = _checked(file, salesforce or stack is not None, stack)
    except PlanFileError as error:
        if not json:
            raise
        output.show_json({"errors": [asdict(each) for each in error.problems], "warnings": []})
        raise typer.Exit(1) from None
    if json:
        output.show_json({"errors": [], "warnings": [asdict(each) for each in plan.warnings]})
        return
    output.show_warnings(plan.warnings)
    output.say(f"{file} is valid: {len(plan.document['rules'])} rules.", "green")


def _checked(file: Path, salesforce: bool, stack: str | None) -> PlanFile:
    plan = read_plan(file)
    if salesforce:
        check_salesforce(plan, str(file), find_target(stack).organisation)
    return plan


def schema() -> None:
    """Prints the JSON Schema that editors complete and check dial plans with."""
    output.show_json(plan_schema())
