"""The commands about dial plan files alone: they need no system to work on."""

from dataclasses import asdict

import typer

from cli import output
from cli.options import File, Json
from cli.plan_file import read_plan
from cli.plan_schema import plan_schema
from cli.problems import PlanFileError


def validate(file: File, json: Json = False) -> None:
    """Says all that is wrong with a dial plan, by line; exit status 1 where something is."""
    try:
        plan = read_plan(file)
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


def schema() -> None:
    """Prints the JSON Schema that editors complete and check dial plans with."""
    output.show_json(plan_schema())
