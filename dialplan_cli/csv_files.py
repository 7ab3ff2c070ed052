"""Read CSV files as spreadsheets and other systems write them."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click_to_dial.errors import ClickToDialError

DELIMITERS = (";", "\t", ",")
"""The first one that is in the line with the names of the columns separates the cells."""

_DECLARED_DELIMITER = re.compile(r'"?sep=([;,|:\t])"?')  # the first line of some files for Excel


class CsvFileError(ClickToDialError):
    """A CSV file cannot be read."""


class CsvRows:
    """The rows of a CSV file. Each is a mapping from the names of the columns to the cells.

    `line_num` is the last line of the current row in the file, from 1. A missing cell is an empty
    text. If a row has a cell without a column, that cell has the key "". Rows without any text are
    left out.
    """

    def __init__(self, file: io.TextIOBase) -> None:
        """Read the names of the columns. Raises csv.Error."""
        first = file.readline()
        declared = _DECLARED_DELIMITER.fullmatch(first.rstrip("\r\n"))
        self._lines_before = 1 if declared else 0
        header = file.readline() if declared else first
        in_header = (each for each in DELIMITERS if each in header)
        delimiter = declared[1] if declared else next(in_header, ",")
        file.seek(0)
        if declared:
            file.readline()
        self._reader = csv.reader(file, delimiter=delimiter, strict=True)
        self.fieldnames = [name.strip() for name in next(self._reader, [])]
        while self.fieldnames and not self.fieldnames[-1]:  # of ;;; at the end of each line
            self.fieldnames.pop()
        if "\0" in first:
            raise csv.Error("this is UTF-16 text without its mark; save the file as CSV UTF-8")
        for name in self.fieldnames:
            if not name:
                raise csv.Error("a column has no name")
            if self.fieldnames.count(name) > 1:
                raise csv.Error(f"two columns have the name {name!r}")

    @property
    def line_num(self) -> int:
        """The last line of the current row."""
        return self._lines_before + self._reader.line_num

    def __iter__(self) -> Iterator[dict[str, str]]:
        """Yield the rows. Raises csv.Error."""
        count = len(self.fieldnames)
        for cells in self._reader:
            if not any(cells):
                continue
            row = dict.fromkeys(self.fieldnames, "") | dict(
                zip(self.fieldnames, cells, strict=False)
            )
            surplus = [cell for cell in cells[count:] if cell]
            yield row | {"": surplus[0]} if surplus else row


@contextmanager
def open_csv(path: Path) -> Iterator[CsvRows]:
    """Open a CSV file in UTF-8, or in UTF-16 with a byte order mark.

    The cells are separated by semicolons, tabs or commas, or as a first line `sep=;` says. Raises
    CsvFileError, also while the rows are read.
    """
    rows = None
    try:
        with path.open("rb") as binary:
            start = binary.read(4)
            binary.seek(0)
            is_utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            encoding = "utf-16" if is_utf16 else "utf-8-sig"
            with io.TextIOWrapper(binary, encoding, newline="") as file:
                rows = CsvRows(file)
                yield rows
    except UnicodeDecodeError as error:
        message = "this is neither UTF-8 nor UTF-16 text; save the file as CSV UTF-8"
        raise CsvFileError(f"{path}:{undecodable_line(path)}: {message}") from error
    except csv.Error as error:
        line = 1 if rows is None else rows.line_num
        raise CsvFileError(f"{path}:{line}: {error}") from error
    except OSError as error:
        raise CsvFileError(f"{path} cannot be read: {error.strerror}") from error


def undecodable_line(path: Path) -> int:
    """Return the number of the first line that is not UTF-8, or 1 if all are."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1
