"""The commands about dial plan files: only `validate --salesforce` needs a system to ask."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dialplan_cli import output
from dialplan_cli.checks.jtel import check_jtel, read_service_numbers
from dialplan_cli.checks.salesforce import check_salesforce
from dialplan_cli.options import File, Json, Stack
from dialplan_cli.plan.read import PlanFile, read_plan
from dialplan_cli.plan.schema import plan_schema
from dialplan_cli.plan.source import PlanFileError
from dialplan_cli.targets import find_target


def validate(
    file: File,
    salesforce: Annotated[
        bool,
        typer.Option("--salesforce", help="Ask Salesforce too whether all that it names is there."),
    ] = False,
    jtel: Annotated[
        Path | None,
        typer.Option(
            metavar="NUMBERS.csv",
            help="An export of jtel's ServiceNumbers: is all that is signalled among them?",
        ),
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Says all that is wrong with a dial plan, by line; exit status 1 where something is."""
    asked = salesforce or stack is not None
    try:
        plan = _checked(file, asked, jtel, stack)
    except PlanFileError as error:
        if not json:
            raise
        output.show_json({"errors": [asdict(each) for each in error.problems], "warnings": []})
        raise typer.Exit(1) from None
    warnings = plan.warnings if asked else plan.warnings + plan.offline_warnings
    if json:
        output.show_json({"errors": [], "warnings": [asdict(each) for each in warnings]})
        return
    output.show_warnings(warnings)
    output.print_line(f"{file} is valid: {len(plan.document['rules'])} rules.", "green")


def _checked(file: Path, salesforce: bool, jtel: Path | None, stack: str | None) -> PlanFile:
    plan = read_plan(file)
    organisation = find_target(stack).organisation if salesforce else None
    if organisation is not None:
        check_salesforce(plan, organisation)
    if jtel is not None:
        check_jtel(plan, read_service_numbers(jtel), organisation)
    return plan


def schema() -> None:
    """Prints the JSON Schema that editors complete and check dial plans with."""
    output.show_json(plan_schema())
