"""The entries of lists of numbers: as a CSV file has them, and as the table holds them."""

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import phonenumbers

from click_to_dial.decision.number_lookups import PREFIX_DIGITS, number_key, prefix_key
from click_to_dial.dynamodb.facts_cache import ENTRY
from click_to_dial.errors import ClickToDialError
from click_to_dial.pseudonym import Pseudonym
from dialplan_cli.csv_files import open_csv
from dialplan_cli.plan.types import is_date

COLUMNS = ("number", "reason", "source", "expires")
_PREFIX = re.compile(r"\+([0-9]+)\*")
_NUMBER = re.compile(r"\+[0-9][0-9\s()./-]*")
_LENGTHS = " or ".join(map(str, PREFIX_DIGITS))


class ListError(ClickToDialError):
    """An entry, or a file of entries, cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A number (E.164) or, with a star at its end, a prefix. `expires` is its last day, in UTC."""

    number: str
    reason: str = ""
    source: str = ""
    expires: str = ""

    def key(self, name: str, pseudonym: Pseudonym) -> str:
        """Its key in the table, on the list `name`."""
        if self.number.endswith("*"):
            return prefix_key(name, self.number.strip("+*"))
        return number_key(name, self.number, pseudonym)

    def item(self, name: str, pseudonym: Pseudonym) -> Mapping[str, Any]:
        """What DynamoDB keeps of it: never the number of a person."""
        data = json.dumps({"reason": self.reason, "source": self.source}, ensure_ascii=False)
        item = {
            "pk": {"S": self.key(name, pseudonym)},
            "sk": {"S": ENTRY},
            "data": {"S": data},
        }
        if self.expires:
            last = datetime.datetime.fromisoformat(self.expires).replace(tzinfo=datetime.UTC)
            end = last + datetime.timedelta(days=1)
            item["expires_at"] = {"N": str(int(end.timestamp()))}
        return item


def to_entry(row: Mapping[str, str]) -> Entry:
    """The entry in a row. Raises ListError."""
    expires = (row.get("expires") or "").strip()
    if expires and not is_date(expires):
        raise ListError("expires must be a day, written year-month-day: 2026-01-31")
    reason, source = ((row.get(name) or "").strip() for name in ("reason", "source"))
    return Entry(_number((row.get("number") or "").strip()), reason, source, expires)


def read_entries(path: Path) -> Iterator[tuple[int, Entry | ListError]]:
    """Each row's line, from 1, with its entry or what is wrong with it. Raises ListError."""
    with open_csv(path) as reader:
        unknown = sorted({*(reader.fieldnames or ())} - {*COLUMNS})
        if unknown or "number" not in (reader.fieldnames or ()):
            raise ListError(
                f"{path}: the columns are {', '.join(COLUMNS)}; all but number may be missing."
            )
        for row in reader:
            try:
                if "" in row:
                    raise ListError("more cells than columns: quote what holds the separator")
                yield reader.line_num, to_entry(row)
            except ListError as error:
                yield reader.line_num, error


def _number(text: str) -> str:
    if prefix := _PREFIX.fullmatch(text):
        digits = prefix[1]
        if len(digits) not in PREFIX_DIGITS:
            raise ListError(
                f"a prefix has {_LENGTHS} digits after the plus; list several, or the longer ones"
            )
        return f"+{digits}*"
    number = None
    if _NUMBER.fullmatch(text):  # the library would read only the first of two in one cell
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(text)
    if number is None or not phonenumbers.is_possible_number(number):
        raise ListError("number must be written with its country, +4917012345678, or as +49900*")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
