"""CSV files of spreadsheets are read as they were written, and any others refused in a sentence."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialplan_cli.csv_files import CsvFileError, open_csv

COLUMNS = ["number", "reason", "source"]
ROWS = st.lists(st.lists(st.text(max_size=8), min_size=3, max_size=3), max_size=5)
SAME_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@SAME_FILE
@given(
    ROWS,
    st.sampled_from(";,\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(0, 3),
    st.booleans(),
)
def test_what_a_spreadsheet_writes_is_read(
    tmp_path: Path,
    rows: list[list[str]],
    delimiter: str,
    encoding: str,
    empty_columns: int,
    declared: bool,
) -> None:
    text = io.StringIO(newline="")
    if declared or delimiter == "|":
        text.write(f"sep={delimiter}\r\n")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([*each, *[""] * empty_columns] for each in [COLUMNS, *rows])
    path = tmp_path / "file.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    with open_csv(path) as found:
        assert found.fieldnames == COLUMNS
        assert [list(row.values()) for row in found] == [row for row in rows if any(row)]


@SAME_FILE
@given(st.binary(max_size=60) | st.builds(lambda end: b"sep=" + end, st.binary(max_size=20)))
def test_any_other_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    problem = f"{path}:"
    try:
        with open_csv(path) as rows:
            assert all("" not in rows.fieldnames for _ in rows)
    except CsvFileError as error:
        problem = str(error)
    assert problem.startswith(f"{path}:")
    assert "\n" not in problem


def test_the_line_of_a_row_is_the_one_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('sep=;\nnumber;reason\n1;"a\nb"\n\n2;\n')
    with open_csv(path) as rows:
        assert [(rows.line_num, row["number"]) for row in rows] == [(4, "1"), (6, "2")]


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CsvFileError, match=r"nope\.csv cannot be read: No such file"):  # noqa: SIM117
        with open_csv(tmp_path / "nope.csv"):
            pass
