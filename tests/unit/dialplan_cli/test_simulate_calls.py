"""The table of calls: its columns, and what is read from its cells."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from click_to_dial.dialplan import load
from dialplan_cli.csv_files import CsvFileError
from dialplan_cli.simulate import simulate
from dialplan_cli.simulate_calls import (
    ANY_RECORD,
    MAX_ERRORS,
    Call,
    LoadedPlan,
    find_assumptions,
    parse_calls,
    read_table,
)
from tests.fakes import DOCUMENT

RULES = [
    {"id": "listed", "when": {"callee.listed": ["dnc"]}, "refuse": "Listed."},
    {"id": "opted-out", "when": {"record.do_not_call": True}, "refuse": "No calls."},
    {"id": "large", "when": {"record.size": {"gte": 50}}, "signal": {"number": "hotline"}},
    {"id": "kind", "when": {"record.kind": "Customer"}, "signal": {"number": "hotline"}},
    {"id": "mixed", "when": {"record.code": [7, "x"]}, "signal": {"number": "hotline"}},
    {
        "id": "own",
        "when": {"record.owner": {"same_as": "agent.id"}},
        "signal": {"agent": "extension", "prefix": "", "name": ""},
        "otherwise": {"signal": {"mapping": "by-country", "key": "record.country"}},
    },
    {"id": "everyone-else", "when": {}, "signal": {"number": "hotline"}},
]
FIELDS = {"do_not_call": "A", "size": "B", "kind": "C", "code": "D", "owner": "E", "country": "F"}
PLAN: dict[str, Any] = {
    **DOCUMENT,
    "objects": {"Contact": FIELDS},
    "lists": ["dnc", "vip"],
    "rules": RULES,
}

Read = Callable[[str], list[Call]]


def loaded(document: dict[str, Any]) -> LoadedPlan:
    return LoadedPlan(load(document), document)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a table by two plans; only one of them has the rules."""
    plans = loaded(dict(DOCUMENT)), loaded(PLAN)

    def read(text: str) -> list[Call]:
        path = tmp_path / "calls.csv"
        path.write_text(text, encoding="utf-8")
        return parse_calls(read_table(path), plans)

    return read


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        *(("do_not_call", cell, True) for cell in ("true", "TRUE", "1", "WAHR", "yes", "Ja")),
        *(("do_not_call", cell, False) for cell in ("false", "0", "Falsch", "NO", "nein", " no ")),
        ("size", "12", 12),
        ("size", "-1.50", -1.5),
        ("size", "1.0001", 1.0001),
        ("kind", "1", "1"),
        ("kind", "true", "true"),
        ("kind", "12E4", "12E4"),
        ("code", "7", 7),
        ("code", "x", "x"),
        ("owner", "005Tv00000Ah001IAB", "005Tv00000Ah001IAB"),
    ],
)
def test_a_cell_is_read_by_the_type_that_a_rule_compares_it_with(
    read: Read, column: str, cell: str, value: object
) -> None:
    (call,) = read(f"CallerID,record.{column}\n+491701,{cell}\n")
    assert call.facts == {f"record.{column}": value}
    assert type(call.facts[f"record.{column}"]) in (type(value), float)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("record.do_not_call", "maybe", "is compared with true or false"),
        ("record.do_not_call", "2", "is compared with true or false"),
        ("record.size", "many", "is compared with a number"),
        ("record.size", "1.000", "is compared with a number"),
        ("record.size", "1,5", "is compared with a number"),
        ("record.size", "nan", "is compared with a number"),
        ("record.size", "١٢", "is compared with a number"),
        ("record.size", "4,98946E+11", "is a number that a spreadsheet has rounded"),
        ("record.kind", "4.98946E+11", "is a number that a spreadsheet has rounded"),
        ("SalesForceID", "003Tv00000Lx002IAC", "is not a Salesforce record id"),
        ("SalesForceID", "12345", "is not a Salesforce record id"),
        ("agent.known", "perhaps", "is compared with true or false"),
        ("callee.attempts", "many", "must be a whole number"),
        ("callee.attempts", "-1", "must be a whole number"),
        ("callee.attempts", "10000", "must be a whole number of at most four digits"),
        ("callee.listed", "vip dnd", "contains an unknown list 'dnd'; did you mean 'dnc'?"),
    ],
)
def test_an_unreadable_cell_is_an_error_with_its_line(
    read: Read, column: str, cell: str, message: str
) -> None:
    with pytest.raises(CsvFileError) as raised:
        read(f'CallerID,{column}\n+491701,\n+491702,"{cell}"\n')
    assert f"calls.csv:3: {column} {message}" in str(raised.value)


def test_an_error_does_not_repeat_the_cell_which_may_be_a_name_or_a_number(read: Read) -> None:
    with pytest.raises(CsvFileError) as raised:
        read("SalesForceID,CallerID,record.size\nAnna Huber,4E+11,+491701\n")
    assert len(str(raised.value).splitlines()) == 3
    assert not {"Anna", "4E", "491701"} & set(str(raised.value).replace("+", " ").split())


def test_a_rounded_number_to_be_called_is_an_error(read: Read) -> None:
    with pytest.raises(
        CsvFileError, match=r"calls\.csv:2: CallerID is a number that a spreadsheet"
    ):
        read('CallerID,AgentUID\n"4,98946E+11",ahuber\n')


def test_all_errors_are_reported_up_to_a_limit(read: Read) -> None:
    with pytest.raises(CsvFileError) as raised:
        read("CallerID;record.size;record.do_not_call\n" + "+491701;a;b\n" * MAX_ERRORS)
    lines = str(raised.value).splitlines()
    assert len(lines) == MAX_ERRORS + 1
    assert "calls.csv:2: record.do_not_call" in lines[1]
    assert lines[-1] == f"{MAX_ERRORS} more errors."


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("AgentUID\nahuber\n", "has no column CallerID"),
        ("CallerID,kind\n1,x\n", "has the column 'kind': unknown fact 'kind'"),
        ("CallerID,record.knid\n1,x\n", "did you mean 'record.kind'?"),
        ("CallerID,record.knid\n1,x\n", "did you mean 'record.kind'?\nColumns are"),
        ("CallerID,callee.kind\n1,mobile\n", "has the column 'callee.kind': remove it, because"),
        ("CallerID,CallerID\n1,2\n", "two columns have the name 'CallerID'"),
        ("CallerID\n1,2\n", "calls.csv:2: the row has more cells"),
        ("CallerID\n", "has no calls"),
        ("", "has no column CallerID"),
    ],
)
def test_a_file_with_wrong_columns_is_refused(read: Read, table: str, message: str) -> None:
    with pytest.raises(CsvFileError, match=r"calls\.csv") as raised:
        read(table)
    assert message in str(raised.value)


def test_a_column_of_only_one_plan_is_known(read: Read) -> None:
    (call,) = read("CallerID,record.size\n+491701,3\n")
    assert call.facts == {"record.size": 3}


def test_parameters_are_passed_as_they_are(read: Read) -> None:
    record = "003Tv00000Lx002IAB"
    assert read(f"SalesForceID,CallerID,AgentUID\n{record} , 49170 1,ahuber \n,1,\n") == [
        Call(1, record, " 49170 1", "ahuber"),
        Call(2, "", "1", ""),
    ]


def test_a_call_with_facts_needs_no_record_and_no_agent(read: Read) -> None:
    assert read("CallerID,record.kind\n1,\n") == [Call(1, ANY_RECORD, "1", "agent", {})]
    assert read("CallerID,agent.extension\n1,217\n") == [
        Call(1, "", "1", "agent", {"agent.extension": "217"})
    ]


def test_agents_without_a_column_are_assumed_to_be_unknown_as_they_are_decided(
    tmp_path: Path,
) -> None:
    rules = [{"id": "a", "when": {"agent.known": False}, "refuse": "No."}, *RULES]
    plan = loaded({**PLAN, "rules": rules})
    path = tmp_path / "calls.csv"
    path.write_text("CallerID,record.kind\n4930123456,x\n")
    table = read_table(path)
    (outcome,) = simulate(parse_calls(table, [plan]), plan.plan, plan.plan).outcomes
    assert outcome.after.text == "403 No."
    message = "agent.known is false in all calls, because the file has no column agent.known."
    assert f"Assumption: {message}" in find_assumptions(table, [plan])


def test_columns_that_a_plan_uses_and_the_file_lacks_are_named(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("CallerID,record.kind,agent.extension\n1,x,2\n")
    messages = find_assumptions(read_table(path), [loaded(dict(DOCUMENT)), loaded(PLAN)])
    assert [message.rpartition(" ")[2] for message in messages] == [
        "agent.id.",
        "callee.listed.",
        "record.code.",
        "record.country.",
        "record.do_not_call.",
        "record.owner.",
        "record.size.",
    ]
    assert messages[1:3] == [
        "Assumption: no number is on a list, because the file has no column callee.listed.",
        "Assumption: record.code is missing in all calls, because the file has no column "
        "record.code.",
    ]
