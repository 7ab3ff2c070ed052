"""The table of calls that are simulated: a CSV file with jtel's parameters and facts.

Columns such as `record.kind` bring the facts of the calls; without them the calls are looked up.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.dialplan.model import Otherwise, Outcome, Refuse, SignalNumber
from click_to_dial.model import Scalar
from click_to_dial.salesforce_id import to_18
from dialplan_cli.csv_files import CsvFileError, open_csv
from dialplan_cli.plan.facts import COMPARISONS, LOOKUPS, all_conditions, known_facts, operands
from dialplan_cli.plan.source import as_list, unknown_name

PARAMETERS = ("SalesForceID", "CallerID", "AgentUID")

ANY_RECORD, ANY_AGENT = "001000000000000AAA", "agent"
"""SalesForceID and AgentUID of calls that bring facts and leave these cells empty."""

MAX_ERRORS = 20
"""Maximum number of errors of a file that are reported."""

BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "wahr", "yes", "ja", "1"), True),
    **dict.fromkeys(("false", "falsch", "no", "nein", "0"), False),
}
"""The spellings of a checkbox, in lower case. Spreadsheets translate true and false."""

_COLUMNS = (
    f"Columns are {', '.join(PARAMETERS)} (the number to be called is CallerID), and facts such as "
    f"record.kind, agent.extension or {LISTED}."
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_THOUSANDS = re.compile(r"-?[0-9]{1,3}(\.[0-9]{3})+")
_ROUNDED = re.compile(r"-?[0-9]+([.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
"""A long number as spreadsheets show it: most of its digits are lost."""


class LoadedPlan(NamedTuple):
    """A dial plan, and the document that it was loaded from.

    `unread_mappings` are those kept in Salesforce whose entries are not known.
    """

    plan: DialPlan
    document: Mapping[str, Any]
    unread_mappings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A row of the table. `row` counts the calls from 1.

    `facts` are None if the table has no columns of facts. Otherwise they have the types that the
    rules compare them with, and those of empty cells are missing.
    """

    row: int
    record_id: str
    number: str
    agent_uid: str
    facts: Mapping[str, Scalar] | None = None


@dataclass(frozen=True, slots=True)
class CallTable:
    """A file of calls: its columns, and the line and the cells of each row."""

    path: Path
    columns: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, str]]]

    @property
    def facts(self) -> list[str]:
        """The columns of facts. If there are any, nothing is looked up."""
        return [name for name in self.columns if name not in PARAMETERS]


def read_table(path: Path) -> CallTable:
    """Read a file of calls. Raises CsvFileError."""
    with open_csv(path) as reader:
        rows = []
        for row in reader:
            if "" in row:
                raise CsvFileError(
                    f"{path}:{reader.line_num}: the row has more cells than there are columns"
                )
            rows.append((reader.line_num, row))
        columns = tuple(reader.fieldnames or ())
    if "CallerID" not in columns:
        raise CsvFileError(f"{path} has no column CallerID. {_COLUMNS}")
    if not rows:
        raise CsvFileError(f"{path} has no calls.")
    return CallTable(path, columns, rows)


def parse_calls(table: CallTable, plans: Sequence[LoadedPlan]) -> list[Call]:
    """Return the calls. Raises CsvFileError with the line of each cell that cannot be read."""
    check_columns(table, plans)
    types = operand_types(plans)
    lists = {name for each in plans for name in list_names(each)}
    calls: list[Call] = []
    errors: list[str] = []
    for number, (line, row) in enumerate(table.rows, 1):
        values: dict[str, Scalar] = {}
        for name, cell in row.items():
            try:
                if cell.strip():
                    values[name] = parse_cell(name, cell, types.get(name, set()), lists)
            except ValueError as error:
                errors.append(f"{table.path}:{line}: {name} {error}")
        record_id, caller_id, agent_uid = (str(values.pop(name, "")) for name in PARAMETERS)
        if not table.facts:
            calls.append(Call(number, record_id, caller_id, agent_uid))
            continue
        if any(name.startswith("record.") or name == ON_RECORD for name in table.facts):
            record_id = record_id or ANY_RECORD
        calls.append(Call(number, record_id, caller_id, agent_uid or ANY_AGENT, values))
    if len(errors) > MAX_ERRORS:
        errors[MAX_ERRORS:] = [f"{len(errors) - MAX_ERRORS} more errors."]
    if errors:
        raise CsvFileError("\n".join(errors))
    return calls


def check_columns(table: CallTable, plans: Sequence[LoadedPlan]) -> None:
    """Refuse columns that are facts of none of the plans. Raises CsvFileError."""
    facts = {name for each in plans for name in known_facts(each.document)} | set(LOOKUPS)
    known = {name for name in facts if _is_column(name)}
    for name in table.facts:
        if name in known:
            continue
        problem = unknown_name("fact", name, known)
        if name in facts:
            problem = "remove it, because this fact follows from CallerID or from the time"
        raise CsvFileError(f"{table.path} has the column '{name}': {problem}\n{_COLUMNS}")


def find_assumptions(table: CallTable, plans: Sequence[LoadedPlan]) -> list[str]:
    """Return a message for each mapping without entries, and for each fact that is not there.

    If the table has facts, those are the facts that a plan uses and the table does not have.
    """
    mappings = sorted({name for each in plans for name in each.unread_mappings})
    unread = [
        f"Assumption: the mapping {name} has no entries, because they were not yet read from "
        "Salesforce."
        for name in mappings
    ]
    if not table.facts:
        return unread
    used = {fact for each in plans for fact in used_facts(each.plan) if _is_column(fact)}
    if any(name.startswith("agent.") for name in table.facts):
        used.discard("agent.known")  # an agent with a fact is known
    assumed = {
        LISTED: "no number is on a list",
        ATTEMPTS: "no number was called before",
        "agent.known": "agent.known is false in all calls",
    }
    return unread + [
        f"Assumption: {assumed.get(fact, f'{fact} is missing in all calls')}, because the file has "
        f"no column {fact}."
        for fact in sorted(used - set(table.facts))
    ]


def _is_column(fact: str) -> bool:
    """Tell whether a row can bring the fact. The others follow from the number and the time."""
    return fact.startswith(("record.", "agent.")) or fact in (*LOOKUPS, ON_RECORD)


def list_names(plan: LoadedPlan) -> list[str]:
    """Return the names of the lists of the plan, whether or not its rules use them."""
    lists = as_list(plan.document.get("lists", []))
    return [each if isinstance(each, str) else each["name"] for each in lists]


def operand_types(plans: Sequence[LoadedPlan]) -> Mapping[str, set[type]]:
    """Return the types that the rules compare each fact with: CSV has no types."""
    checkboxes: dict[str, set[type]] = {"agent.known": {bool}, ON_RECORD: {bool}}
    types: defaultdict[str, set[type]] = defaultdict(set, checkboxes)
    for each in plans:
        for path, fact, expected in all_conditions(each.document):
            for _, operator, value in operands(path, expected):
                if operator != "present" and operator not in COMPARISONS:
                    types[fact].add(type(value))
    return types


def parse_cell(name: str, cell: str, types: set[type], lists: set[str]) -> Scalar:
    """Return the value of a cell in the column `name`, which is not blank.

    `types` are those that the rules compare the fact with, `lists` the names of the plans' lists.
    Raises ValueError with a message that continues the name of the column.
    """
    text = cell.strip()
    if _ROUNDED.fullmatch(text):
        raise ValueError(
            "is a number that a spreadsheet has rounded: format the column as text, and export the "
            "calls again"
        )
    if name == "SalesForceID" and to_18(text) is None:
        raise ValueError(
            "is not a Salesforce record id: 15 letters and digits, or 18 whose last 3 are a "
            "checksum of the others"
        )
    if name in PARAMETERS:
        return cell if name == "CallerID" else text  # a blank before a number is a plus
    if name == ATTEMPTS:
        if not re.fullmatch("[0-9]{1,4}", text):
            raise ValueError("must be a whole number of at most four digits")
        return int(text)
    if name == LISTED:
        for each in text.split():
            if each not in lists:
                raise ValueError(f"contains an {unknown_name('list', each, lists)}")
        return text
    return parse_fact(text, types)


def parse_fact(text: str, types: set[type]) -> Scalar:
    """Return a fact in one of the types that the rules compare it with. Raises ValueError."""
    if bool in types:
        if text.lower() in BOOLEANS:
            return BOOLEANS[text.lower()]
        if types == {bool}:
            raise ValueError("is compared with true or false: write one of them")
    if types & {int, float}:
        if _NUMBER.fullmatch(text) and not _THOUSANDS.fullmatch(text):
            return float(text)
        if str not in types:
            raise ValueError(
                "is compared with a number: write digits, without separators of thousands and "
                "with a decimal point: 1234.5"
            )
    return text


def used_facts(plan: DialPlan) -> Iterator[str]:
    """Yield the facts in the conditions and signals of the plan's rules, some more than once."""
    for rule in plan.rules:
        for condition in rule.conditions:
            yield condition.group if condition.lists or condition.limit else condition.fact
            yield from (fact for fact, _ in condition.compared)
        outcome: Otherwise = rule.outcome
        while isinstance(outcome, Outcome) and not isinstance(outcome, Refuse):
            if not isinstance(outcome, SignalNumber):
                yield outcome.fact
            outcome = outcome.otherwise
