"""`dialplan list …` on the local system."""

import csv
from pathlib import Path
from typing import Any

import pytest

from click_to_dial import aws
from click_to_dial.dynamodb.number_lists import NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import DynamoDBError
from tests.fakes import DOCUMENT
from tests.integration.dialplan_command import Dialplan

NUMBER = "+4917012345678"


@pytest.fixture(autouse=True)
def running(store: PlanStore) -> None:
    """Start the local system for each test, with a plan that names two lists."""
    plan = {**DOCUMENT, "lists": ["dnc", "vip"]}
    store.publish(plan, "", author="", comment="", replaces=None)


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
    assert "must be a name of letters" in " ".join(dialplan.err.replace("│", "").split())


def test_a_short_prefix_can_be_checked(dialplan: Dialplan) -> None:
    """The keys of its longer prefixes would be the same, and DynamoDB refuses duplicates."""
    assert dialplan("list", "add", "+499*", "--list", "dnc") == 0
    assert dialplan.json("list", "check", "+499*", "--list", "dnc")["listed"] is True


def test_a_list_that_the_active_plan_does_not_use_causes_a_warning(dialplan: Dialplan) -> None:
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
    assert "62 valid rows, of which 1 repeat a number" in dialplan.out
    assert dialplan.json("list", "check", "+4917012345600", "--list", "dnc")["entries"] == []
    assert dialplan("list", "import", file, "--list", "dnc", "--author", "jane") == 0
    assert "Added 61 numbers to the list dnc. Already there: 0." in dialplan.out
    assert dialplan("list", "import", file, "--list", "dnc", "--author", "joe") == 0
    assert "Added 0 numbers to the list dnc. Already there: 61." in dialplan.out
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
    ("stops_by", "message", "status"),
    [
        (DynamoDBError("DynamoDB is full."), "DynamoDB is full.", 1),
        (KeyboardInterrupt(), "The import was interrupted.", 130),
    ],
)
def test_an_interrupted_import_can_be_continued(
    dialplan: Dialplan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stops_by: BaseException,
    message: str,
    status: int,
) -> None:
    numbers = [f"+4917012345{n:03}" for n in range(1000)]
    file = table_of(tmp_path, *(f"{number},{number},," for number in numbers))
    write, failing = NumberLists._write_batch, {numbers[930]}

    def fails_for_some(self: NumberLists, entries: Any) -> None:
        if failing & {each.reason for each in entries}:
            raise stops_by
        write(self, entries)

    monkeypatch.setattr(NumberLists, "_write_batch", fails_for_some)
    assert dialplan("list", "import", file, "--list", "dnc") == status
    continued = "925 numbers were written. To continue: --from-line 802"  # the second batch of 800
    assert dialplan.err == f"{message} {continued}\n"
    failing.clear()
    assert dialplan("list", "import", file, "--list", "dnc", "--from-line", "802") == 0
    assert "Added 75 numbers to the list dnc. Already there: 125." in dialplan.out
    assert dialplan.json("list", "ls")["lists"][0]["entries"] == 1000
    changes = dialplan.json("list", "history")["changes"]
    assert [(each["added"], each["finished"]) for each in changes] == [(75, True), (925, False)]


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
    make, waits = aws.create_client, list[float]()

    def throttled_client(name: str, **options: Any) -> Any:
        client = make(name, **options)
        if name != "dynamodb":
            return client
        write = client.batch_write_item

        def some(RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803, as boto3 has it
            ((table, requests),) = RequestItems.items()
            write(RequestItems={table: requests[:10]})
            return {"UnprocessedItems": {table: requests[10:]} if requests[10:] else {}}

        client.batch_write_item = some
        return client

    monkeypatch.setattr(aws, "create_client", throttled_client)
    monkeypatch.setattr("time.sleep", waits.append)
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    assert sorted(waits) == [0.05, 0.05, 0.1, 0.1], "for batches of 25, 25 and 10"
    assert "Added 60 numbers to the list dnc. Already there: 0." in dialplan.out
    for n in (0, 24, 25, 49, 59):
        found = dialplan.json("list", "check", f"+4917012345{n:03}", "--list", "dnc")
        assert found["listed"] is True


def test_an_import_uses_the_same_clients_for_all_batches(
    dialplan: Dialplan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table_of(tmp_path, *(f"+4917012345{n:03},,," for n in range(450)))
    make, made = aws.create_client, list[str]()

    def counted_client(name: str, **options: Any) -> Any:
        made.append(name)
        return make(name, **options)

    monkeypatch.setattr(aws, "create_client", counted_client)
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    assert sorted(made) == ["dynamodb", "secretsmanager"]


@pytest.mark.parametrize("content", ["phone\n+49170\n", "number,why\n", ""])
def test_a_file_with_other_columns_is_refused(
    dialplan: Dialplan, tmp_path: Path, content: str
) -> None:
    (tmp_path / "other.csv").write_text(content)
    assert dialplan("list", "import", tmp_path / "other.csv", "--list", "dnc") == 1
    assert "the columns are number, reason, source, expires" in dialplan.err


def test_numbers_that_repeat_in_another_batch_are_counted_once(
    dialplan: Dialplan, tmp_path: Path
) -> None:
    assert dialplan("list", "add", NUMBER, "--list", "dnc") == 0
    others = [f"+4917012346{n:03},,," for n in range(900)]
    file = table_of(tmp_path, others[0], f"{NUMBER},,,", *others, f"{NUMBER},,,")
    report = dialplan.json("list", "import", file, "--list", "dnc")
    counts = (report["rows"], report["repeats"], report["added"], report["already_there"])
    assert counts == (903, 2, 900, 1)


def test_each_change_is_recorded_without_numbers(
    dialplan: Dialplan, tmp_path: Path, table: Any
) -> None:
    file = table_of(tmp_path, f"{NUMBER},,,", "+4917012345679,,,")
    dialplan("list", "import", file, "--list", "dnc", "--author", "jane")
    dialplan("list", "add", NUMBER, "--list", "dnc", "--author", "joe")
    dialplan("list", "remove", NUMBER, "--list", "dnc", "--author", "joe")
    dialplan("list", "add", "+49900*", "--list", "vip", "--author", "joe")
    changes = dialplan.json("list", "history")["changes"]
    fields = ("name", "action", "author", "added", "already_there", "removed", "file", "finished")
    assert [tuple(each[field] for field in fields) for each in changes] == [
        ("vip", "add", "joe", 1, 0, 0, "", True),
        ("dnc", "remove", "joe", 0, 0, 1, "", True),
        ("dnc", "add", "joe", 0, 1, 0, "", True),
        ("dnc", "import", "jane", 2, 0, 0, "numbers.csv", True),
    ]
    items = table.boto3.scan(TableName=table.name)["Items"]
    recorded = str([item for item in items if item["pk"]["S"] == "list-changes"])
    assert "7012345" not in recorded
    hashes = {
        item["pk"]["S"].split("#")[2] for item in items if item["pk"]["S"].startswith("list#")
    }
    assert not any(each in recorded for each in hashes)
    assert len(dialplan.json("list", "history", "--list", "vip")["changes"]) == 1
    assert dialplan("list", "history") == 0
    assert "numbers.csv" in dialplan.out


@pytest.mark.parametrize("number", [NUMBER, "+49 170 12345678", "+49 (0)170.123-456-78"])
def test_a_number_in_the_name_of_a_file_is_not_recorded(
    dialplan: Dialplan, tmp_path: Path, number: str
) -> None:
    file = table_of(tmp_path, f"{NUMBER},,,").rename(tmp_path / f"opt-out {number}_2026-11-28.csv")
    assert dialplan("list", "import", file, "--list", "dnc") == 0
    (change,) = dialplan.json("list", "history")["changes"]
    assert change["file"] == "opt-out +…_2026-11-28.csv"


def test_a_change_that_was_not_made_is_shown_as_unfinished(
    dialplan: Dialplan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DynamoDBError("DynamoDB is full.")

    monkeypatch.setattr(NumberLists, "_write_batch", fail)
    assert dialplan("list", "add", NUMBER, "--list", "dnc") == 1
    assert dialplan.err == "DynamoDB is full.\n"
    (change,) = dialplan.json("list", "history")["changes"]
    assert (change["added"], change["finished"]) == (0, False)
    dialplan("list", "history")
    assert "add (unfinished)" in " ".join(dialplan.out.split())


@pytest.mark.parametrize("command", ["check", "remove", "export"])
def test_an_unknown_list_is_an_error(dialplan: Dialplan, command: str) -> None:
    number = [] if command == "export" else [NUMBER]
    assert dialplan("list", command, *number, "--list", "dcn") == 1
    assert "unknown list 'dcn'; did you mean 'dnc'? (all lists: dialplan list ls)\n" in dialplan.err
    assert dialplan.out == ""
    dialplan("list", "add", "+4930123456", "--list", "dcn")
    assert dialplan("list", command, *number, "--list", "dcn") == (1 if command == "remove" else 0)
    assert "unknown list" not in dialplan.err


def test_a_list_name_has_no_separators(dialplan: Dialplan) -> None:
    assert dialplan("list", "add", NUMBER, "--list", "a#b") == 2
    assert "must be a name of letters, digits, _ and -" in dialplan.err


@pytest.mark.parametrize(
    ("listed", "asked", "readings"),
    [
        (NUMBER, "0170 12345678", ["+4917012345678"]),
        (NUMBER, "4917012345678", ["+4917012345678"]),
        (NUMBER, "004917012345678", ["+4917012345678"]),
        ("+49431265030", "431265030", ["+431265030", "+49431265030"]),
        ("+4917012345678", "+491701234567899", ["+491701234567899", "+4917012345678"]),
        ("+49170*", "0170 12345678", ["+4917012345678"]),
        ("+49170*", "+49170*", ["+49170*"]),
        ("+491*", "+49170*", ["+49170*"]),
    ],
)
def test_check_finds_a_number_in_all_its_readings(
    dialplan: Dialplan, listed: str, asked: str, readings: list[str]
) -> None:
    assert dialplan("list", "add", listed, "--list", "dnc", "--reason", "Asked") == 0
    found = dialplan.json("list", "check", asked, "--list", "dnc")
    assert (found["listed"], found["readings"]) == (True, readings)
    assert [each["reason"] for each in found["entries"]] == ["Asked"]
    assert dialplan("list", "remove", listed, "--list", "dnc") == 0
    assert dialplan("list", "add", listed, "--list", "dnc") == 0
    assert dialplan("list", "check", asked, "--list", "dnc") == 0
    assert "\n\n" not in dialplan.out
    assert dialplan("list", "check", asked, "--list", "vip") == 0
    assert dialplan.out.startswith("It is not on the list vip.")


def test_a_shorter_prefix_is_not_covered_by_a_longer_one(dialplan: Dialplan) -> None:
    dialplan("list", "add", "+49170*", "--list", "dnc")
    assert dialplan.json("list", "check", "+491*", "--list", "dnc")["listed"] is False


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("112", "a number of the kind emergency"),
        ("abc", "The number contains something that is not a digit"),
    ],
)
def test_check_explains_what_cannot_be_on_a_list(
    dialplan: Dialplan, asked: str, message: str
) -> None:
    assert dialplan("list", "check", asked, "--list", "dnc") == 1
    assert message in dialplan.err


def test_doubtful_entries_are_warned_of(dialplan: Dialplan, tmp_path: Path) -> None:
    file = table_of(tmp_path, f"{NUMBER},,,2020-01-31", "+15551234,,,", "+4930123456,,,2999-01-31")
    report = dialplan.json("list", "import", file, "--list", "dnc", "--dry-run")
    assert [each["line"] for each in report["warnings"]] == [2, 3]
    assert "numbers.csv:2: warning: expires 2020-01-31 is in the past" in dialplan.err
    assert "numbers.csv:3: warning: this may not be a complete number; is the area" in dialplan.err


def test_all_lists_are_shown_with_their_counts(dialplan: Dialplan, tmp_path: Path) -> None:
    rows = [f"{NUMBER},,,2020-01-31", "+49900*,,,", "+4930123456,,,2999-01-31"]
    dialplan("list", "import", table_of(tmp_path, *rows), "--list", "dnc")
    dialplan("list", "add", NUMBER, "--list", "old")
    shown = dialplan.json("list", "ls")["lists"]
    fields = ("name", "entries", "prefixes", "expired", "used")
    assert [tuple(each[field] for field in fields) for each in shown] == [
        ("dnc", 2, 1, 1, True),
        ("old", 1, 0, 0, False),
        ("vip", 0, 0, 0, True),
    ]
    assert shown[2]["changed_at"] is None
    assert dialplan("list", "ls") == 0
    assert dialplan.out.splitlines()[1].split()[:5] == ["dnc", "2", "1", "1", "yes"]


@pytest.mark.parametrize(
    "content",
    [
        f"number;reason\n{NUMBER};Robinson\n".encode("utf-16"),
        f"number\treason\n{NUMBER}\tRobinson\n".encode(),
        f"sep=;\nnumber;reason\n{NUMBER};Robinson\n".encode(),
        f'"sep=|"\r\nnumber|reason\r\n{NUMBER}|Robinson\r\n'.encode("utf-8-sig"),
        f"number;reason;;;\n{NUMBER};Robinson;;;\n;;;;\n".encode(),
        f"number;reason\n{NUMBER};Robinson;;;\n".encode(),
        f" number , reason \n\n{NUMBER},Robinson\n".encode(),
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(
    dialplan: Dialplan, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    assert dialplan("list", "import", tmp_path / "file.csv", "--list", "dnc") == 0, dialplan.err
    found = dialplan.json("list", "check", NUMBER, "--list", "dnc")["entries"]
    assert [each["reason"] for each in found] == ["Robinson"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"number,number\n{NUMBER},\n".encode(), "file.csv:1: two columns have the name 'number'"),
        (f"number,,reason\n{NUMBER},,\n".encode(), "file.csv:1: a column has no name"),
        (f"number;reason\n{NUMBER};M\u00fcller\n".encode("latin-1"), "file.csv:2: this is neither"),
        (f"number\n{NUMBER}\n".encode("utf-16-le"), "file.csv:1: this is UTF-16 text without"),
        (f"number,reason\n\n{NUMBER},,more\n".encode(), "file.csv:3: more cells than columns"),
        (f'number,reason\n{NUMBER},"Robinson\n'.encode(), "file.csv:2: unexpected end of data"),
        (b"sep=;\nnumber;reason\n0170123;\n", "file.csv:3: number must be written with its"),
        (b"number,reason\n", "file.csv has no numbers that can be imported"),
        (b"number\n4.91702E+12\n", "file.csv:2: a spreadsheet has shortened this number"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_line(
    dialplan: Dialplan, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "file.csv").write_bytes(content)
    assert dialplan("list", "import", tmp_path / "file.csv", "--list", "dnc") == 1
    assert message in dialplan.err
    assert dialplan.json("list", "history")["changes"] == []
