"""Entries of number lists: read from CSV files, converted to stored entries, and exported."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from click_to_dial.dynamodb.number_lists import ListEntry
from click_to_dial.errors import BadParameterError, ClickToDialError
from click_to_dial.list_keys import PREFIX_DIGITS, number_key, numbers_on_lists, prefix_key
from click_to_dial.model import Callee, Numbering
from click_to_dial.phone_numbers import clean, read_international, read_number
from click_to_dial.pseudonym import Pseudonym
from dialplan_cli.csv_files import open_csv
from dialplan_cli.plan.types import is_date

COLUMNS = ("number", "reason", "source", "expires")
EXPORT_COLUMNS = ("hash_of_number_or_prefix", "reason", "source", "expires")

MAX_PROBLEMS = 20
"""Maximum number of errors, and of warnings, that are kept of a file."""

_PREFIX = re.compile(r"\+([0-9]+)\*")
_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)


class ListError(ClickToDialError):
    """A number list cannot be read or changed. The message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list.

    `number` is a number in E.164, or a prefix with a star at its end; `complete` is False if its
    numbering plan has no such number. `expires` is the last day of the entry in UTC, as 2026-01-31,
    or empty.
    """

    number: str
    complete: bool = True
    reason: str = ""
    source: str = ""
    expires: str = ""

    @property
    def expires_at(self) -> int | None:
        """The end of the last day, in seconds since 1970, or None."""
        if not self.expires:
            return None
        last = datetime.fromisoformat(self.expires).replace(tzinfo=UTC)
        return int((last + timedelta(days=1)).timestamp())

    def warnings(self, today: date) -> Iterator[str]:
        """Yield a message for each mistake that the entry probably has."""
        if not self.complete:
            yield "this may not be a complete number; is the area code missing?"
        if self.expires and date.fromisoformat(self.expires) < today:
            yield f"expires {self.expires} is in the past: the entry has no effect"

    def key(self, name: str, pseudonym: Pseudonym) -> str:
        """Return the key of the entry on the list `name`."""
        if self.number.endswith("*"):
            return prefix_key(name, self.number.strip("+*"))
        return number_key(name, self.number, pseudonym)

    def to_stored(self, name: str, pseudonym: Pseudonym) -> ListEntry:
        """Return the entry as it is stored on the list `name`, with a hash of the number."""
        return ListEntry(self.key(name, pseudonym), self.reason, self.source, self.expires_at)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """An error or a warning about a line of a file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """Result of checking a file. `rows` is the number of valid rows.

    `repeated` are the numbers that occur more than once, in `repeats` surplus rows. `errors` and
    `warnings` are the first ones of `invalid` and `doubtful`.
    """

    rows: int
    repeats: int
    repeated: frozenset[str]
    invalid: int
    doubtful: int
    errors: list[RowProblem]
    warnings: list[RowProblem]


def parse_entry(row: Mapping[str, str]) -> Entry:
    """Return the entry in a row. Raises ListError."""
    expires = (row.get("expires") or "").strip()
    if expires and not is_date(expires):
        raise ListError("expires must be a day, written year-month-day: 2026-01-31")
    reason, source = ((row.get(name) or "").strip() for name in ("reason", "source"))
    number, complete = parse_number((row.get("number") or "").strip())
    return Entry(number, complete, reason, source, expires)


def read_entries(path: Path) -> Iterator[tuple[int, Entry | ListError]]:
    """Yield for each row of a CSV file its line, from 1, and its entry or error.

    Raises CsvFileError, and ListError if the columns are wrong.
    """
    with open_csv(path) as reader:
        columns = reader.fieldnames
        if "number" not in columns or not set(columns) <= set(COLUMNS):
            shown = ", ".join(map(repr, columns))[:200] or "nothing"
            raise ListError(
                f"{path}: the columns are {', '.join(COLUMNS)}; all but number may be missing. "
                f"The first line of this file has: {shown}"
            )
        for row in reader:
            try:
                if "" in row:
                    raise ListError(
                        "more cells than columns: put a cell that contains the separator in quotes"
                    )
                yield reader.line_num, parse_entry(row)
            except ListError as error:
                yield reader.line_num, error


def check_file(path: Path, today: date) -> CheckedFile:
    """Check all rows of a CSV file. Raises CsvFileError, and ListError if the columns are wrong."""
    seen: set[str] = set()
    repeated: set[str] = set()
    errors: list[RowProblem] = []
    warnings: list[RowProblem] = []
    rows = repeats = invalid = doubtful = 0
    for line, entry in read_entries(path):
        if isinstance(entry, ListError):
            invalid += 1
            if invalid <= MAX_PROBLEMS:
                errors.append(RowProblem(line, str(entry)))
            continue
        rows += 1
        if entry.number in seen:
            repeats += 1
            repeated.add(entry.number)
        seen.add(entry.number)
        for message in entry.warnings(today):
            doubtful += 1
            if doubtful <= MAX_PROBLEMS:
                warnings.append(RowProblem(line, message))
    return CheckedFile(rows, repeats, frozenset(repeated), invalid, doubtful, errors, warnings)


def parse_prefix(text: str) -> str:
    """Return the digits of a prefix such as +49900*, or an empty text for anything else.

    Raises ListError if it has a length that lists do not have.
    """
    found = _PREFIX.fullmatch(text.strip())
    if found is None:
        return ""
    if len(found[1]) not in PREFIX_DIGITS:
        lengths = " or ".join(map(str, PREFIX_DIGITS))
        raise ListError(
            f"a prefix has {lengths} digits after the plus; list several, or longer ones"
        )
    return found[1]


def read_numbers(text: str, numbering: Numbering | None) -> list[str]:
    """Return the numbers in E.164 that a call to `text` looks up: without surplus digits, too.

    An ambiguous number has two readings. Without `numbering`, the country code is needed. Raises
    ListError.
    """
    try:
        cleaned = clean(text)
        if numbering is None:
            callees: tuple[Callee, ...] = (read_international(cleaned),)
        else:
            callees = read_number(cleaned, numbering)
    except BadParameterError as error:
        message = str(error).replace("CallerID, the number to be called,", "The number")
        if numbering is None:
            message += " No dial plan is published that says how other numbers are read."
        raise ListError(message) from error
    numbers = [number for callee in callees for number in numbers_on_lists(callee)]
    if not numbers:
        raise ListError(f"This is a number of the kind {callees[0].kind}: lists cannot contain it.")
    return list(dict.fromkeys(numbers))


def last_day(expires_at: int | None) -> str:
    """Return the last day of an entry in UTC, such as 2026-01-31, or an empty text."""
    return "" if expires_at is None else str(datetime.fromtimestamp(expires_at - 1, UTC).date())


def hash_of_number_or_prefix(key: str) -> str:
    """Return the hash of the number, or the prefix with its star, in the key of an entry."""
    _, _, number_hash = key.split("#", 2)
    prefix = number_hash.removeprefix("prefix#")
    return number_hash if prefix == number_hash else f"+{prefix}*"


def parse_number(text: str) -> tuple[str, bool]:
    """Return a number in E.164, or a prefix with its star, and whether it may be complete.

    Raises ListError.
    """
    if prefix := parse_prefix(text):
        return f"+{prefix}*", True
    try:
        callee = read_international(clean(text))
    except BadParameterError:
        callee = None
    if callee is None or callee.number is None:
        if _SCIENTIFIC.fullmatch(text):
            raise ListError("a spreadsheet has shortened this number: format its column as text")
        raise ListError(
            "number must be written with its country code, +4917012345678, or as a prefix, +49900*"
        )
    return callee.number, callee.kind != "unknown"
