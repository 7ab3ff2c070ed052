"""Check of a plan against jtel: jtel signals only numbers among its ServiceNumbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError
from click_to_dial.salesforce.client import checked_name
from click_to_dial.salesforce.results import value_at
from dialplan_cli.checks.salesforce_schema import SalesforceReader
from dialplan_cli.csv_files import open_csv
from dialplan_cli.plan.read import PlanFile
from dialplan_cli.plan.references import outcomes
from dialplan_cli.plan.source import Findings, PlanFileError, child

TIMEOUT_SECONDS = 60.0


class JtelFileError(ClickToDialError):
    """The export of jtel's ServiceNumbers cannot be read."""


@dataclass(frozen=True, slots=True)
class ServiceNumbers:
    """The values by which jtel finds a number."""

    names: frozenset[str]
    second_names: frozenset[str]

    def contain(self, number: str, name: str) -> bool:
        """Tell whether jtel can signal the number."""
        return number in self.names or name in self.second_names


def read_service_numbers(path: FilePath) -> ServiceNumbers:
    """Read an export with the columns Name and Name2, separated by commas or semicolons.

    Raises CsvFileError, JtelFileError.
    """
    with open_csv(path) as reader:
        rows = list(reader)
    if not rows or "Name" not in rows[0]:
        raise JtelFileError(f"{path} has no rows with a column Name: is it jtel's ServiceNumbers?")
    names, second = ({row.get(column) or "" for row in rows} - {""} for column in ("Name", "Name2"))
    return ServiceNumbers(frozenset(names), frozenset(second))


def check_jtel(plan: PlanFile, known: ServiceNumbers, salesforce: SalesforceReader | None) -> None:
    """Check that jtel can signal the numbers of the plan and, with Salesforce, of the agents.

    Raises PlanFileError with all problems, SalesforceError, OutOfTimeError.
    """
    findings = list(check_numbers(plan.document["service_numbers"], known))
    if salesforce is not None:
        findings += check_agents(plan, known, salesforce)
    if findings:
        raise PlanFileError(plan.source.locate(findings))


def check_numbers(numbers: Mapping[str, Mapping[str, str]], known: ServiceNumbers) -> Findings:
    """Find service numbers of the plan that jtel does not know."""
    for key, number in numbers.items():
        if not known.contain(number["number"], number["name"]):
            message = "jtel has no ServiceNumber with this number as Name, or this name as Name2"
            yield ("service_numbers", key), message


def check_agents(plan: PlanFile, known: ServiceNumbers, salesforce: SalesforceReader) -> Findings:
    """Find agents' numbers that jtel does not know. Raises SalesforceError, OutOfTimeError."""
    attributes = plan.document["agents"]["attributes"]
    for path, outcome in outcomes(plan.document):
        signal = child(outcome, "signal")
        if "agent" not in signal:
            continue
        field = checked_name(attributes[signal["agent"]])
        soql = f"SELECT Id,{field} FROM User WHERE IsActive = true AND {field} != null"
        rows = salesforce.select(soql, Deadline(TIMEOUT_SECONDS))
        numbers = [f"{signal['prefix']}{value_at(row, field)}" for row in rows]
        unknown = [each for each in numbers if not known.contain(each, signal["name"] or each)]
        if unknown:
            message = f"jtel cannot signal the numbers of {len(unknown)} of {len(rows)} active "
            yield (*path, "signal"), f"{message}users, such as {unknown[0]}"
