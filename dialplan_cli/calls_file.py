"""A table of calls for `simulate`: a CSV file with jtel's parameters and, where given, facts."""

import csv
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.errors import ClickToDialError
from click_to_dial.model import Agent, Record, Scalar
from click_to_dial.ports import CachedFacts, SalesforceRequest, SalesforceResult, StoredItem
from dialplan_cli.csv_rows import rows_of
from dialplan_cli.plan.facts import LOOKUPS
from dialplan_cli.plan.source import as_list

PARAMETERS = ("SalesForceID", "CallerID", "AgentUID")
ANY_RECORD = "001000000000000AAA"  # an id for rows that bring the facts of their record along

Call = Mapping[str, str]


class CallsFileError(ClickToDialError):
    """The table of calls cannot be read."""


def read_calls(path: Path) -> list[Call]:
    """The calls, one for each row. Raises CallsFileError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = rows_of(file, restkey="", restval="")
            calls = [_call(row, reader.line_num) for row in reader]
            columns = list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CallsFileError(f"{path} cannot be read: {error}") from error
    strange = [name for name in columns if name not in PARAMETERS and not _is_fact(name)]
    if "CallerID" not in columns or strange:
        problem = f"has the column '{strange[0]}'" if strange else "has no column CallerID"
        raise CallsFileError(
            f"{path} {problem}. Columns are {', '.join(PARAMETERS)} (the number to be called is "
            f"CallerID), and facts such as record.kind, agent.extension or {LISTED}."
        )
    return calls


def _call(row: dict[str, str], line: int) -> Call:
    if "" in row:
        raise csv.Error(f"line {line} has more cells than there are columns")
    if not (row.get(ATTEMPTS) or "0").isdecimal():
        raise csv.Error(f"line {line}: {ATTEMPTS} must be a whole number")
    return row


def _is_fact(column: str) -> bool:
    return column.startswith(("record.", "agent.")) or column in LOOKUPS


def brings_facts(call: Call) -> bool:
    """Whether its row says what is known of it; then nothing is looked up."""
    return any(_is_fact(name) for name in call)


def parameters(call: Call) -> tuple[str, str, str]:
    """SalesForceID, CallerID and AgentUID of a call."""
    brings_record = any(name.startswith("record.") for name in call)
    record = call.get("SalesForceID", "") or (ANY_RECORD if brings_record else "")
    return record, call["CallerID"], call.get("AgentUID", "") or "agent"


@dataclass(frozen=True, slots=True)
class RowSalesforce:
    """The port `Salesforce`, answering with the facts in a call's own row."""

    call: Call

    def prepare(self, deadline: Deadline) -> None:
        """Nothing: it asks nobody."""

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """The facts as the plan compares them: empty cells are missing."""
        record = self._facts(plan, "record.")
        agent = self._facts(plan, "agent.")
        object_name = record.pop("object", None)
        known = agent.pop("known", bool(agent))
        return SalesforceResult(
            record=Record(True, None if object_name is None else str(object_name), record),
            agent=Agent(known in (True, "true"), agent),
        )

    def _facts(self, plan: DialPlan, group: str) -> dict[str, Scalar]:
        cells = self.call.items()
        return {
            name.removeprefix(group): _typed(plan, name, cell)
            for name, cell in cells
            if name.startswith(group) and cell
        }


@dataclass(frozen=True, slots=True)
class RowCache:
    """The port `FactsCache`, keeping nothing; of the callee it knows what stands in the row."""

    call: Call

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """The lists that the row names, and so many calls of others, just now."""
        lists, attempts = self.call.get(LISTED, "").split(), int(self.call.get(ATTEMPTS) or 0)
        calls = StoredItem(json.dumps([[time.time(), ""]] * attempts), None)
        kinds = {key: key.split("#")[:2] for key in others}
        listed = {key: StoredItem("", None) for key, kind in kinds.items() if kind[1] in lists}
        return CachedFacts(
            items=listed | {key: calls for key in kinds if kinds[key][0] == "attempts"}
        )

    def write(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, result: SalesforceResult
    ) -> None:
        """Forgets it."""


class NotCounted:
    """The port `Attempts`: a call that is only asked about is none."""

    def read(self, key: str) -> None:
        """Nothing."""

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        """Forgets it."""
        return True


def _typed(plan: DialPlan, fact: str, cell: str) -> Scalar:
    """A cell as the type that the plan's rules compare the fact with: CSV knows only text."""
    kinds = _kinds(plan, fact)
    if bool in kinds and cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    if kinds & {int, float}:
        try:
            return float(cell)
        except ValueError:
            return cell
    return cell


def _kinds(plan: DialPlan, fact: str) -> set[type]:
    kinds = set()
    for condition in (each for rule in plan.rules for each in rule.conditions if each.fact == fact):
        expected = condition.expected
        operands = expected.values() if isinstance(expected, Mapping) else [expected]
        kinds |= {type(value) for operand in operands for value in as_list(operand)}
    return kinds
