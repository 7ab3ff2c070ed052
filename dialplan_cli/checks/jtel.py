"""A plan against jtel: jtel can only signal what is among its ServiceNumbers."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError
from click_to_dial.salesforce.client import SalesforceClient, checked_name
from click_to_dial.salesforce.results import value_at
from dialplan_cli.csv_rows import rows_of
from dialplan_cli.plan.problems import Path, PlanFileError, Problem, show_path
from dialplan_cli.plan.read import PlanFile
from dialplan_cli.plan.references import outcomes, part
from dialplan_cli.plan.source import read_yaml

PATIENCE_SECONDS = 60.0
_UNKNOWN = "jtel has no ServiceNumber with this number as its Name, or this name as its Name2"

Found = Iterator[tuple[Path, str]]


class JtelFileError(ClickToDialError):
    """The export of jtel's ServiceNumbers cannot be read."""


@dataclass(frozen=True, slots=True)
class ServiceNumbers:
    """What jtel finds a number by."""

    names: frozenset[str]
    second_names: frozenset[str]

    def know(self, number: str, name: str) -> bool:
        """Whether jtel can signal it."""
        return number in self.names or name in self.second_names


def read_service_numbers(path: FilePath) -> ServiceNumbers:
    """An export with the columns Name and Name2, separated by commas or semicolons.

    Raises JtelFileError.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(rows_of(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JtelFileError(f"{path} cannot be read: {error}") from error
    if not rows or "Name" not in rows[0]:
        raise JtelFileError(f"{path} has no rows with a column Name: is it jtel's ServiceNumbers?")
    names, second = ({row.get(column) or "" for row in rows} - {""} for column in ("Name", "Name2"))
    return ServiceNumbers(frozenset(names), frozenset(second))


def check_jtel(
    plan: PlanFile, file: str, known: ServiceNumbers, organisation: SalesforceClient | None
) -> None:
    """What the plan signals and jtel does not know; with Salesforce, the agents' numbers too.

    Raises PlanFileError with all of it, SalesforceError, OutOfTimeError.
    """
    found = list(_numbers(plan.document["service_numbers"], known))
    if organisation is not None:
        found += _agents(plan, known, organisation)
    if found:
        source = read_yaml(plan.source)
        lines = [(source.places[path].line, path, message) for path, message in found]
        raise PlanFileError(
            [Problem(file, line, show_path(path), said) for line, path, said in sorted(lines)]
        )


def _numbers(numbers: Mapping[str, Mapping[str, str]], known: ServiceNumbers) -> Found:
    for key, number in numbers.items():
        if not known.know(number["number"], number["name"]):
            yield ("service_numbers", key), _UNKNOWN


def _agents(plan: PlanFile, known: ServiceNumbers, organisation: SalesforceClient) -> Found:
    attributes = plan.document["agents"]["attributes"]
    for path, outcome in outcomes(plan.document):
        signal = part(outcome, "signal")
        if "agent" not in signal:
            continue
        field = checked_name(attributes[signal["agent"]])
        soql = f"SELECT Id,{field} FROM User WHERE IsActive = true AND {field} != null"
        rows = organisation.select(soql, Deadline(PATIENCE_SECONDS))
        numbers = [f"{signal['prefix']}{value_at(row, field)}" for row in rows]
        unknown = [each for each in numbers if not known.know(each, signal["name"] or each)]
        if unknown:
            message = f"jtel cannot signal the numbers of {len(unknown)} of {len(rows)} active "
            yield (*path, "signal"), message + f"users, such as {unknown[0]}"
