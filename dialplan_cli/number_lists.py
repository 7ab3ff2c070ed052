"""Entries of number lists: read from CSV files, converted to stored entries, and exported."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click_to_dial.decision.number_lookups import (
    PREFIX_DIGITS,
    list_prefix,
    number_key,
    prefix_key,
)
from click_to_dial.dynamodb.number_lists import ListEntry
from click_to_dial.errors import BadParameterError, ClickToDialError
from click_to_dial.phone_numbers import clean, read_international
from click_to_dial.pseudonym import Pseudonym
from dialplan_cli.csv_files import open_csv
from dialplan_cli.plan.types import is_date

COLUMNS = ("number", "reason", "source", "expires")
EXPORT_COLUMNS = ("hash_of_number_or_prefix", "reason", "source", "expires")

_PREFIX = re.compile(r"\+([0-9]+)\*")


class ListError(ClickToDialError):
    """A number list cannot be read or changed. The message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list.

    `number` is a number in E.164, or a prefix with a star at its end. `expires` is the last day of
    the entry in UTC, as 2026-01-31, or empty.
    """

    number: str
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

    def key(self, name: str, pseudonym: Pseudonym) -> str:
        """Return the key of the entry on the list `name`."""
        if self.number.endswith("*"):
            return prefix_key(name, self.number.strip("+*"))
        return number_key(name, self.number, pseudonym)

    def to_stored(self, name: str, pseudonym: Pseudonym) -> ListEntry:
        """Return the entry as it is stored on the list `name`, with a hash of the number."""
        return ListEntry(self.key(name, pseudonym), self.reason, self.source, self.expires_at)


def parse_entry(row: Mapping[str, str]) -> Entry:
    """Return the entry in a row. Raises ListError."""
    expires = (row.get("expires") or "").strip()
    if expires and not is_date(expires):
        raise ListError("expires must be a day, written year-month-day: 2026-01-31")
    reason, source = ((row.get(name) or "").strip() for name in ("reason", "source"))
    return Entry(_parse_number((row.get("number") or "").strip()), reason, source, expires)


def read_entries(path: Path) -> Iterator[tuple[int, Entry | ListError]]:
    """Yield for each row of a CSV file its line, from 1, and its entry or error.

    Raises CsvFileError, and ListError if the columns are wrong.
    """
    with open_csv(path) as reader:
        columns = reader.fieldnames or ()
        if "number" not in columns or not set(columns) <= set(COLUMNS):
            raise ListError(
                f"{path}: the columns are {', '.join(COLUMNS)}; all but number may be missing."
            )
        for row in reader:
            try:
                if "" in row:
                    raise ListError("more cells than columns: quote what holds the separator")
                yield reader.line_num, parse_entry(row)
            except ListError as error:
                yield reader.line_num, error


def to_export_row(entry: ListEntry, name: str) -> tuple[str, str, str, str]:
    """Return the cells of EXPORT_COLUMNS for a stored entry of the list `name`."""
    number_hash = entry.key.removeprefix(list_prefix(name))
    prefix = number_hash.removeprefix("prefix#")
    number = number_hash if prefix == number_hash else f"+{prefix}*"
    last_day = ""
    if entry.expires_at is not None:
        last_day = str(datetime.fromtimestamp(entry.expires_at - 1, UTC).date())
    return number, entry.reason, entry.source, last_day


def _parse_number(text: str) -> str:
    """Return a number in E.164, or a prefix with its star. Raises ListError."""
    if prefix := _PREFIX.fullmatch(text):
        digits = prefix[1]
        if len(digits) not in PREFIX_DIGITS:
            lengths = " or ".join(map(str, PREFIX_DIGITS))
            raise ListError(
                f"a prefix has {lengths} digits after the plus; list several, or longer ones"
            )
        return f"+{digits}*"
    try:
        number = read_international(clean(text)).number
    except BadParameterError:
        number = None
    if number is None:
        raise ListError(
            "number must be written with its country code, +4917012345678, or as a prefix, +49900*"
        )
    return number
