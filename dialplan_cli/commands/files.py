"""Commands for dial plan files: `validate`, `schema` and `permission-set`."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from click_to_dial.deadline import Deadline
from dialplan_cli import output
from dialplan_cli.checks.jtel import check_jtel, read_service_numbers
from dialplan_cli.checks.salesforce import TIMEOUT_SECONDS, check_salesforce
from dialplan_cli.checks.salesforce_schema import SalesforceSchema
from dialplan_cli.commands.options import File, Json, Stack
from dialplan_cli.permission_set import required_access, write_permission_set
from dialplan_cli.plan.examples import check_results
from dialplan_cli.plan.read import read_plan
from dialplan_cli.plan.schema import plan_schema
from dialplan_cli.plan.source import PlanFileError, Problem
from dialplan_cli.targets import find_target

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Validation:
    """Result of checking a plan. `rules` and `examples` are counts, 0 if there are errors."""

    file: str
    rules: int
    examples: int
    errors: list[Problem]
    warnings: list[Problem]


@dataclass(frozen=True, slots=True)
class WrittenPermissionSet:
    """The content of a permission set and its files.

    `left_out` are fields that need no permission. `notes` are what to check.
    """

    files: list[str]
    objects: list[str]
    fields: list[str]
    permissions: list[str]
    left_out: list[str]
    notes: list[str]


@app.command()
def validate(
    file: File,
    salesforce: Annotated[
        bool,
        typer.Option(
            "--salesforce",
            help="Also check that Salesforce has every object and field that the plan names.",
        ),
    ] = False,
    jtel: Annotated[
        Path | None,
        typer.Option(
            metavar="NUMBERS.csv",
            help="Also check that this export of jtel's ServiceNumbers has every number that the "
            "plan signals.",
        ),
    ] = None,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Check a dial plan file.

    Every problem is reported with its line. The exit status is 1 if there is an error, or if the
    plan decides one of its examples differently. `--stack` implies `--salesforce`.
    """
    ask_salesforce = salesforce or stack is not None
    try:
        plan = read_plan(file)
        warnings = plan.warnings + check_results(plan.document, plan.source, time.time())
        organisation = find_target(stack).organisation if ask_salesforce else None
        if organisation is not None:
            warnings += check_salesforce(plan, organisation)
        if jtel is not None:
            check_jtel(plan, read_service_numbers(jtel), organisation)
    except PlanFileError as error:
        if not json:
            raise
        output.print_json(output.fields(Validation(str(file), 0, 0, list(error.problems), [])))
        raise typer.Exit(1) from None
    if not ask_salesforce:
        warnings += plan.offline_warnings
    validation = Validation(
        file=plan.source.file,
        rules=len(plan.document["rules"]),
        examples=len(plan.source.data.get("examples") or ()),
        errors=[],
        warnings=list(warnings),
    )
    output.show(validation, json, print_validation)


@app.command()
def schema(json: Json = False) -> None:
    """Print the JSON Schema of dial plan files.

    Editors use it to complete and check a dial plan while you write it. It is JSON in any case.
    """
    output.print_json(plan_schema())


@app.command("permission-set")
def permission_set(
    file: File,
    folder: Annotated[
        Path,
        typer.Option("--output", metavar="FOLDER", help="Folder to write the files to."),
    ] = Path("permission-set"),
    name: Annotated[
        str, typer.Option(metavar="NAME", help="API name of the permission set.")
    ] = "Click_to_Dial",
    salesforce: Annotated[
        bool,
        typer.Option(
            "--salesforce", help="Ask Salesforce what the relationships of the plan lead to."
        ),
    ] = False,
    stack: Stack = None,
    json: Json = False,
) -> None:
    """Write the permission set for a dial plan.

    It gives the integration user read access to the objects and fields of the plan. The folder is a
    project that `sf project deploy start --manifest package.xml` deploys. `--stack` implies
    `--salesforce`.
    """
    plan = read_plan(file)
    schema = None
    if salesforce or stack is not None:
        organisation = find_target(stack).organisation
        schema = SalesforceSchema(organisation, Deadline(TIMEOUT_SECONDS))
    access = required_access(plan.source.data, schema)
    files = write_permission_set(access, name, folder)
    written = WrittenPermissionSet(
        files=[str(path) for path in files],
        objects=sorted(access.objects | access.metadata_types | access.custom_settings),
        fields=sorted(access.fields),
        permissions=sorted(access.user_permissions),
        left_out=sorted(access.left_out),
        notes=access.notes,
    )
    output.show(written, json, _print_permission_set)


def _print_permission_set(written: WrittenPermissionSet) -> None:
    if written.left_out:
        output.print_line(f"No permission is needed for {', '.join(written.left_out)}.")
    for note in written.notes:
        output.print_line(f"{note}.", "yellow")
    counts = f"{len(written.objects)} objects, {len(written.fields)} fields"
    output.print_line(f"Written to {', '.join(written.files)}: {counts}.", "green")


def print_validation(valid: Validation) -> None:
    """Print the warnings, and that the plan is valid."""
    output.print_warnings(valid.warnings)
    counts = f"{valid.rules} rules" + f", {valid.examples} examples" * (valid.examples > 0)
    output.print_line(f"{valid.file} is valid: {counts}.", "green")
