"""Reads the organisation's file, or says what is wrong with it.

{"Contact": [{"Id": "0030000000000AbAAI", "AccountId": "...", "DoNotCall": true}, ...],
 "User": [...], "__prefixes__": {"a0B": "Vehicle__c"}}
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.schema import PREFIXES

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


class OrgError(Exception):
    """The organisation's file cannot be used; the message says where and why."""


def read(path: Path) -> tuple[Tables, Mapping[str, str]]:
    """The rows by object, and the objects by key prefix. Raises OrgError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise OrgError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise OrgError(f"{path}: is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise OrgError(f"{path}, {where}: this is not JSON: {error.msg}.") from None
    except RecursionError:
        raise OrgError(f"{path}: is nested too deeply.") from None
    try:
        return check(content)
    except OrgError as error:
        raise OrgError(f"{path}: {error}") from None


def check(content: object) -> tuple[Tables, Mapping[str, str]]:
    """`content` as rows by object and objects by key prefix. Raises OrgError."""
    if not isinstance(content, dict):
        raise OrgError('it must be an object such as {"Contact": [...], "User": [...]}.')
    tables = {name: _table(name, rows) for name, rows in content.items() if name != "__prefixes__"}
    prefixes = _prefixes(content.get("__prefixes__", {}))
    seen: dict[str, str] = {}
    for name, rows in tables.items():
        for number, row in enumerate(rows, 1):
            record_id = str(row["Id"])
            here = f"{name}, row {number}, field Id: {record_id}"
            if record_id in seen:
                raise OrgError(f"{here} is also the Id of {seen[record_id]}.")
            seen[record_id] = f"{name}, row {number}"
            _claim(prefixes, record_id[:3], name, here)
    return tables, prefixes


def _claim(prefixes: dict[str, str], prefix: str, name: str, here: str) -> None:
    """A key prefix belongs to one object, and an object has one."""
    owner = (PREFIXES | prefixes).get(prefix)
    if owner is None:
        other = next((known for known, of in prefixes.items() if of == name), prefix)
        if other != prefix or name in PREFIXES.values():
            raise OrgError(f"{here} does not begin with the key prefix of {name}.")
        prefixes[prefix] = name
    elif owner != name:
        raise OrgError(f"{here} begins with the key prefix of {owner}.")


def _table(name: str, rows: object) -> list[Row]:
    if not _NAME.fullmatch(name):
        raise OrgError(f"{name!r} is not the API name of an object.")
    if not isinstance(rows, list):
        raise OrgError(f"{name}: its rows must be a list.")
    return [_row(f"{name}, row {number}", row) for number, row in enumerate(rows, 1)]


def _row(where: str, row: object) -> Row:
    if not isinstance(row, dict):
        raise OrgError(f'{where}: it must be an object such as {{"Id": "..."}}.')
    checked: dict[str, object] = {}
    for field, value in row.items():
        if field == "attributes":  # an export of the REST API has it in each record
            continue
        if not _NAME.fullmatch(field):
            raise OrgError(f"{where}: {field!r} is not the API name of a field.")
        if isinstance(value, list):
            raise OrgError(f"{where}, field {field}: a value cannot be a list.")
        checked["Id" if field.lower() == "id" else field] = value
    record_id = checked.get("Id")
    if record_id is None:
        raise OrgError(f"{where}: the field Id is missing.")
    full = to_18(record_id) if isinstance(record_id, str) else None
    if full is None:
        raise OrgError(
            f"{where}, field Id: {record_id!r} is not a record id (15 characters, or 18 whose last"
            " three are the checksum)."
        )
    return checked | {"Id": full}


def _prefixes(content: object) -> dict[str, str]:
    if not isinstance(content, dict):
        raise OrgError('__prefixes__ must be an object such as {"a0B": "Vehicle__c"}.')
    for prefix, name in content.items():
        if not re.fullmatch(r"[A-Za-z0-9]{3}", prefix, re.ASCII):
            raise OrgError(f"__prefixes__: {prefix!r} is not a key prefix (3 characters).")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise OrgError(f"__prefixes__: {prefix}: {name!r} is not the API name of an object.")
        if PREFIXES.get(prefix, name) != name:
            raise OrgError(f"__prefixes__: {prefix} is the key prefix of {PREFIXES[prefix]}.")
    return dict(content)
