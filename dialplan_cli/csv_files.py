"""Read CSV files as spreadsheets and other systems write them."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click_to_dial.errors import ClickToDialError


class CsvFileError(ClickToDialError):
    """A CSV file cannot be read."""


@contextmanager
def open_csv(path: Path) -> Iterator["csv.DictReader[str]"]:
    """Open a CSV file in UTF-8.

    The separator is a comma or, as Excel writes it in many countries, a semicolon. A
    missing cell is an empty text. Cells beyond the last column are in the row under the key "".
    Raises CsvFileError, also while the rows are read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = ";" if ";" in file.readline() else ","
            file.seek(0)
            yield csv.DictReader(file, delimiter=delimiter, strict=True, restkey="", restval="")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CsvFileError(f"{path} cannot be read: {error}") from error
