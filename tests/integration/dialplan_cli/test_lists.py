"""`dialplan list …` on the local system."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from click_to_dial.dynamodb.number_lists import NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import DynamoDBError
from tests.fakes import DOCUMENT
from tests.integration.dialplan_command import Dialplan

NUMBER = "+4917012345678"


@pytest.fixture(autouse=True)
def running(environment: Mapping[str, str]) -> None:
    """Start the local system for each test."""


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


@pytest.mark.parametrize("name", ["", "x" * 81, "a b", "1st"])
def test_a_list_needs_a_name_that_a_plan_can_have(dialplan: Dialplan, name: str) -> None:
    assert dialplan("list", "add", NUMBER, "--list", name) == 2
    assert "must be 1 to 80 letters" in " ".join(dialplan.err.replace("│", "").split())


def test_a_short_prefix_can_be_checked(dialplan: Dialplan) -> None:
    """The keys of its longer prefixes would be the same, and DynamoDB refuses duplicates."""
    assert dialplan("list", "add", "+499*", "--list", "dnc") == 0
    assert dialplan.json("list", "check", "+499*", "--list", "dnc")["listed"] is True


def test_a_list_that_the_active_plan_does_not_use_causes_a_warning(
    dialplan: Dialplan, store: PlanStore
) -> None:
    plan = {**DOCUMENT, "lists": ["dnc"]}
    store.publish(plan, "", author="", comment="", replaces=None)
    assert dialplan("list", "add", NUMBER, "--list", "dnc") == 0
    assert dialplan.err == ""
    assert dialplan("list", "add", NUMBER, "--list", "dcn") == 0
    assert "does not use this list: unknown list 'dcn'; did you mean 'dnc'?" in dialplan.err


def test_an_entry_ends_after_its_last_day(dialplan: Dialplan) -> None:
    assert dialplan("list", "add", NUMBER, "--list", "dnc", "--expires", "2020-01-31") == 1
    assert "2020-01-31 is in the past" in dialplan.err
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is False
    dialplan("list", "add", NUMBER, "--list", "dnc", "--expires", "2999-01-31")
    assert dialplan.json("list", "check", NUMBER, "--list", "dnc")["listed"] is True


def test_a_file_is_imported_and_exported(dialplan: Dialplan, tmp_path: Path) -> None:
    rows = [f"+49170123456{n:02},Robinson,DDV,2999-12-31" for n in range(60)]
    file = table_of(tmp_path, *rows, rows[0], "+49900*,Premium,,")
    assert dialplan("list", "import", file, "--list", "dnc", "--dry-run") == 0
    assert "62 entries, 1 of them repeat a number" in dialplan.out
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
    assert "keep the file that you imported" in dialplan.err
    (tmp_path / "export.csv").write_text(dialplan.out)
    assert dialplan("list", "import", tmp_path / "export.csv", "--list", "dnc") == 1
    assert "the columns are number, reason, source, expires" in dialplan.err
    assert [
        each["reason"] for each in exported if each["hash_of_number_or_prefix"] == "+49900*"
    ] == ["Premium"]
    assert {each["expires"] for each in exported} == {"", "2999-12-31"}


def test_a_file_may_have_semicolons_as_excel_writes_them(
    dialplan: Dialplan, tmp_path: Path
) -> None:
    (tmp_path / "excel.csv").write_text(f"number;reason\n{NUMBER};Robinson, DDV\n", "utf-8-sig")
    assert dialplan("list", "import", tmp_path / "excel.csv", "--list", "dnc") == 0
    found = dialplan.json("list", "check", NUMBER, "--list", "dnc")["entries"]
    assert [each["reason"] for each in found] == ["Robinson, DDV"]


def test_invalid_rows_are_reported_by_line_and_stop_the_import(
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


@pytest.mark.parametrize(
    "row",
    [
        "+4917012345678 +4917012345679",
        "+4917012345678x",
        "++49900*",
        "+49900**",
        "+4917012345678,Robinson,DDV,2999-12-31,and more",
    ],
)
def test_a_row_with_surplus_data_is_invalid(dialplan: Dialplan, tmp_path: Path, row: str) -> None:
    file = table_of(tmp_path, row if "," in row else f"{row},,,")
    assert dialplan("list", "import", file, "--list", "dnc", "--dry-run") == 1
    assert "numbers.csv:2: " in dialplan.err


@pytest.mark.parametrize(
    ("stops_by", "message"),
    [
        (DynamoDBError("DynamoDB accepts no more entries."), "DynamoDB accepts no more entries."),
        (KeyboardInterrupt(), "The import was interrupted."),
    ],
)
def test_an_interrupted_import_can_be_continued(
    dialplan: Dialplan,
    tmp_path: Path,
    table: Any,
    monkeypatch: pytest.MonkeyPatch,
    stops_by: BaseException,
    message: str,
) -> None:
    numbers = [f"+4917012345{n:03}" for n in range(450)]
    file = table_of(tmp_path, *(f"{number},{number},," for number in numbers))
    write, failing = NumberLists._write_batch, {numbers[230]}

    def fails_for_some(self: NumberLists, entries: Any) -> None:
        if failing & {each.reason for each in entries}:
            raise stops_by
        write(self, entries)

    monkeypatch.setattr(NumberLists, "_write_batch", fails_for_some)
    assert dialplan("list", "import", file, "--list", "dnc") == 1
    assert dialplan.err == f"{message} To continue: --from-line 202\n"  # the second batch of 200
    failing.clear()
    assert dialplan("list", "import", file, "--list", "dnc", "--from-line", "202") == 0
    assert "250 entries are on the list dnc." in dialplan.out
    items = table.boto3.scan(TableName=table.name)["Items"]
    assert len(items) == 450


def test_the_last_row_of_a_repeated_number_wins(dialplan: Dialplan, tmp_path: Path) -> None:
    others = [f"+4917012345{n:03},,," for n in range(60)]
    file = table_of(tmp_path, f"{NUMBER},first,,", *others, f"{NUMBER},second,,", *others)
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    entries = dialplan.json("list", "check", NUMBER, "--list", "dnc")["entries"]
    assert [each["reason"] for each in entries] == ["second"]


def test_unprocessed_items_are_sent_again(
    dialplan: Dialplan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table_of(tmp_path, *(f"+4917012345{n:03},,," for n in range(60)))
    make, waits = boto3.client, list[float]()

    def throttled_client(name: str, **options: Any) -> Any:
        client = make(name, **options)
        write = client.batch_write_item

        def some(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803, as boto3 has it
            ((table, requests),) = RequestItems.items()
            write(RequestItems={table: requests[:10]})
            return {"UnprocessedItems": {table: requests[10:]} if requests[10:] else {}}

        client.batch_write_item = some
        return client

    monkeypatch.setattr(boto3, "client", throttled_client)
    monkeypatch.setattr("time.sleep", waits.append)
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    assert sorted(waits) == [0.05, 0.05, 0.1, 0.1], "for batches of 25, 25 and 10"
    for n in (0, 24, 25, 49, 59):
        found = dialplan.json("list", "check", f"+4917012345{n:03}", "--list", "dnc")
        assert found["listed"] is True


def test_an_import_uses_the_same_clients_for_all_batches(
    dialplan: Dialplan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table_of(tmp_path, *(f"+4917012345{n:03},,," for n in range(450)))
    make, made = boto3.client, list[str]()

    def counted_client(name: str, **options: Any) -> Any:
        made.append(name)
        return make(name, **options)

    monkeypatch.setattr(boto3, "client", counted_client)
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    assert made == ["dynamodb", "dynamodb"], "one for plans, one for lists"


@pytest.mark.parametrize("content", ["phone\n+49170\n", "number,why\n", ""])
def test_a_file_with_other_columns_is_refused(
    dialplan: Dialplan, tmp_path: Path, content: str
) -> None:
    (tmp_path / "other.csv").write_text(content)
    assert dialplan("list", "import", tmp_path / "other.csv", "--list", "dnc") == 1
    assert "the columns are number, reason, source, expires" in dialplan.err
