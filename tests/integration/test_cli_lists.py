"""`dialplan list …` on the system of this machine, and what the decision makes of the entries."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.list_entries import ListError
from cli.list_table import NumberList
from tests.integration.dialplan_command import Dialplan

NUMBER = "+4917012345678"


@pytest.fixture(autouse=True)
def running(environment: Mapping[str, str]) -> None:
    """A system on this machine."""


def table_of(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_text("\n".join(("number,reason,source,expires", *rows)) + "\n")
    return path


def test_a_number_is_added_checked_and_removed(dialplan: Dialplan, table: Any) -> None:
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is False
    added = ("add", "+49 170 12345678", "--list", "dnc", "--reason", "Asked by phone")
    assert dialplan("list", *added) == 0
    assert NUMBER[1:] not in str(table.boto3.scan(TableName=table.name)["Items"])
    found = dialplan.json("list", "check", NUMBER, "--list", "dnc")
    assert (found["listed"], found["entries"][0]["reason"]) == (True, "Asked by phone")
    assert dialplan.json("list", "check", NUMBER, "--list", "vip")["listed"] is False
    assert dialplan("list", "remove", NUMBER, "--list", "dnc") == 0
    assert dialplan("list", "remove", NUMBER, "--list", "dnc") == 1
    assert "It is not on the list dnc" in dialplan.err


def test_an_entry_ends_after_its_last_day(dialplan: Dialplan) -> None:
    dialplan("list", "add", NUMBER, "--list", "dnc", "--expires", "2020-01-31")
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is False
    dialplan("list", "add", NUMBER, "--list", "dnc", "--expires", "2999-01-31")
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is True


def test_a_file_is_imported_and_exported(dialplan: Dialplan, tmp_path: Path) -> None:
    rows = [f"+49170123456{n:02},Robinson,DDV,2999-12-31" for n in range(60)]
    file = table_of(tmp_path, *rows, rows[0], "+49900*,Premium,,")
    assert dialplan("list", "import", file, "--list", "dnc", "--dry-run") == 0
    assert "62 entries, 1 of them for a number that is there already" in dialplan.out
    assert dialplan.json("list", "check", "+4917012345600", "--list", "dnc") == {
        "listed": False,
        "entries": [],
    }
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    for number in ("+4917012345600", "+4917012345659", "+49900123456"):
        assert dialplan.json("list", "check", number, "--list", "dnc")["listed"] is True
    assert dialplan("list", "export", "--list", "dnc") == 0
    exported = list(csv.DictReader(dialplan.out.splitlines()))
    assert len(exported) == 61
    assert [each["reason"] for each in exported if each["entry"] == "+49900*"] == ["Premium"]
    assert {each["expires"] for each in exported} == {"", "2999-12-31"}


def test_invalid_rows_are_named_by_line_and_stop_the_import(
    dialplan: Dialplan, tmp_path: Path
) -> None:
    file = table_of(tmp_path, f"{NUMBER},,,", "0170123,,,", "+4990*,,,", "+4917012345679,,,soon")
    assert dialplan("list", "import", file, "--list", "dnc") == 1
    assert "numbers.csv:3: number must be written with its country" in dialplan.err
    assert "numbers.csv:4: a prefix has 3 or 5 or 7 digits" in dialplan.err
    assert "numbers.csv:5: expires must be a day" in dialplan.err
    assert "3 rows cannot be read; nothing was imported" in dialplan.err
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is False
    assert dialplan("list", "import", file, "--list", "dnc", "--skip-invalid") == 0
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is True


def test_an_import_that_was_interrupted_goes_on(
    dialplan: Dialplan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table_of(tmp_path, *(f"+49170123456{n:02},,," for n in range(60)))
    put, batches = NumberList.put, []

    def failing(self: NumberList, entries: Any) -> None:
        batches.append(len(entries))
        if len(batches) == 2:
            raise ListError("DynamoDB takes no more entries at the moment.")
        put(self, entries)

    monkeypatch.setattr(NumberList, "put", failing)
    assert dialplan("list", "import", file, "--list", "dnc") == 1
    assert "Go on with: --from-line 27" in dialplan.err
    assert dialplan("list", "import", file, "--list", "dnc", "--from-line", "27") == 0
    assert batches == [25, 25, 25, 10]
    assert dialplan.json("list", "check", "+4917012345659", "--list", "dnc")["listed"]


@pytest.mark.parametrize("content", ["phone\n+49170\n", "number,why\n", ""])
def test_a_file_with_other_columns_is_refused(
    dialplan: Dialplan, tmp_path: Path, content: str
) -> None:
    (tmp_path / "other.csv").write_text(content)
    assert dialplan("list", "import", tmp_path / "other.csv", "--list", "dnc") == 1
    assert "the columns are number, reason, source, expires" in dialplan.err
