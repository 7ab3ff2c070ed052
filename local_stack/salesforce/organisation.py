"""The organisation: its objects with their fields, rows and relationships, and its file.

    {"Contact": [{"Id": "0030000000000AbAAI", "AccountId": "...", "DoNotCall": true}, ...],
     "User": [...], "__prefixes__": {"a0B": "Vehicle__c"}}

Names ignore case. A field exists if a row has it, if it is a standard field (`standard_objects`),
if it was declared, or if its object has no rows at all: then any field may exist.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.standard_objects import (
    PREFIXES,
    STANDARD_FIELDS,
    SYSTEM_FIELDS,
    parent_object,
)

FileRow = Mapping[str, object]
Tables = Mapping[str, Sequence[FileRow]]
"""The rows of each object, as the file has them, with ids of 18 characters."""
Row = dict[str, object]
"""A row whose keys are in lower case."""


class OrganisationError(Exception):
    """The organisation's file cannot be used. The message says where and why."""


@dataclass
class SObject:
    """One object. The keys of `fields` and of each row are in lower case; `rows` are by id."""

    name: str
    prefix: str | None
    fields: dict[str, str]
    rows: dict[str, Row] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    @property
    def label(self) -> str:
        """The name that people see."""
        return self.name.removesuffix("__c").replace("_", " ")

    def field_name(self, name: str) -> str | None:
        """Return the field's own spelling, or None if the user cannot see such a field."""
        key = name.lower()
        if key in self.hidden:
            return None
        return self.fields.get(key) or (None if self.rows else name)

    def relationship(self, name: str) -> tuple[str, str] | None:
        """Return the relationship's own spelling and the key of the field that has the id."""
        custom = name.lower().endswith("__r")
        found = self.field_name(name[:-1] + "c" if custom else name + "Id")
        if found is None:
            return None
        return (found[:-1] + "r" if custom else found[:-2]), found.lower()

    def add(self, row: FileRow) -> None:
        """Add a row, or replace the row with the same Id."""
        defaults: Row = {"isdeleted": False}
        if self.name == "User":
            defaults["isactive"] = True
        self.rows[str(row["Id"])] = defaults | {key.lower(): row[key] for key in row}
        for name in row:
            self.fields.setdefault(name.lower(), name)

    def visible_rows(self) -> Iterator[Row]:
        """Yield the rows that are not deleted."""
        return (row for row in self.rows.values() if row["isdeleted"] is not True)


class Organisation:
    """All objects of an organisation."""

    def __init__(self, tables: Tables, prefixes: Mapping[str, str]) -> None:
        self._objects: dict[str, SObject] = {}
        for prefix, name in (PREFIXES | dict(prefixes)).items():
            self._declare(name, prefix)
        for name in STANDARD_FIELDS:
            self._declare(name, None)
        for name, rows in tables.items():
            sobject = self._declare(name, None)
            for row in rows:
                sobject.add(row)

    def _declare(self, name: str, prefix: str | None) -> SObject:
        names = SYSTEM_FIELDS + STANDARD_FIELDS.get(name, "").split()
        new = SObject(name, prefix, {field_name.lower(): field_name for field_name in names})
        return self._objects.setdefault(name.lower(), new)

    def objects(self) -> Iterable[SObject]:
        """Return all objects, including those without rows."""
        return self._objects.values()

    def named(self, name: str) -> SObject | None:
        """Return the object of this name, or None."""
        return self._objects.get(name.lower())

    def add(self, name: str, row: FileRow) -> None:
        """Add a row to an object, or replace the row with the same Id. The object may be new."""
        self._declare(name, str(row["Id"])[:3]).add(row)

    def set_field(self, name: str, *, visible: bool) -> None:
        """Declare a field such as Contact.Fleet__c, or hide it as field-level security does.

        Raises ValueError if the object does not exist.
        """
        object_name, _, field_name = name.partition(".")
        sobject = self.named(object_name)
        if sobject is None or not field_name:
            raise ValueError(f"{name!r} is not the field of an object, such as Contact.Fleet__c.")
        if visible:
            sobject.fields.setdefault(field_name.lower(), field_name)
            sobject.hidden.discard(field_name.lower())
        else:
            sobject.hidden.add(field_name.lower())

    def find(self, record_id: object) -> tuple[SObject, Row] | None:
        """Return the record with this id and its object, or None if it is missing or deleted."""
        full = to_18(record_id) if isinstance(record_id, str) else None
        for sobject in self._objects.values():
            row = sobject.rows.get(full) if full else None
            if row and row["isdeleted"] is not True:
                return sobject, row
        return None

    def parent(self, sobject: SObject, relationship: str) -> SObject | None:
        """Return the object of a parent, or None if it is unknown or one of several."""
        found = sobject.relationship(relationship)
        if found is None:
            return None
        prefixes = {str(row.get(found[1]))[:3] for row in sobject.rows.values()}
        targets = {other.name for other in self._objects.values() if other.prefix in prefixes}
        name = targets.pop() if len(targets) == 1 else parent_object(relationship, sobject.name)
        return self.named(name) if name else None

    def missing_field(self, object_name: str, path: str) -> str | None:
        """Return the first field of `path` that does not exist, as Object.Field, or None."""
        sobject = self.named(object_name)
        *relationships, last = path.split(".")
        for relationship in relationships:
            if sobject is None:
                return None
            if sobject.relationship(relationship) is None:
                custom = relationship.lower().endswith("__r")
                name = relationship[:-1] + "c" if custom else relationship + "Id"
                return f"{sobject.name}.{name}"
            sobject = self.parent(sobject, relationship)
        if sobject is None or sobject.field_name(last):
            return None
        return f"{sobject.name}.{last}"


# The file -----------------------------------------------------------------------------------------

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)


def read_organisation(path: Path) -> Organisation:
    """Read the organisation from its file. Raises OrganisationError."""
    try:
        return Organisation(*parse_tables(json.loads(path.read_text(encoding="utf-8-sig"))))
    except OSError as error:
        raise OrganisationError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise OrganisationError(f"{path}: is not UTF-8 text.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise OrganisationError(f"{path}, {where}: this is not JSON: {error.msg}.") from None
    except RecursionError:
        raise OrganisationError(f"{path}: is nested too deeply.") from None
    except OrganisationError as error:
        raise OrganisationError(f"{path}: {error}") from None


def parse_tables(content: object) -> tuple[Tables, Mapping[str, str]]:
    """Return the rows by object, and the objects by key prefix. Raises OrganisationError."""
    if not isinstance(content, dict):
        raise OrganisationError('it must be an object such as {"Contact": [...], "User": [...]}.')
    prefixes = _prefixes(content.get("__prefixes__", {}))
    tables: dict[str, list[FileRow]] = {}
    seen: dict[str, str] = {}
    for name, rows in content.items():
        if name == "__prefixes__":
            continue
        if not _NAME.fullmatch(name):
            raise OrganisationError(f"{name!r} is not the API name of an object.")
        if not isinstance(rows, list):
            raise OrganisationError(f"{name}: its rows must be a list.")
        tables[name] = [_row(f"{name}, row {number}", row) for number, row in enumerate(rows, 1)]
        for number, row in enumerate(tables[name], 1):
            record_id = str(row["Id"])
            where = f"{name}, row {number}, field Id: {record_id}"
            if record_id in seen:
                raise OrganisationError(f"{where} is also the Id of {seen[record_id]}.")
            seen[record_id] = f"{name}, row {number}"
            prefix, owners = record_id[:3], PREFIXES | prefixes
            owner: str = owners.get(prefix) or name
            if owner.lower() != name.lower():
                raise OrganisationError(f"{where} begins with the key prefix of {owner}.")
            if prefix not in owners and name.lower() in map(str.lower, owners.values()):
                raise OrganisationError(f"{where} does not begin with the key prefix of {name}.")
            prefixes[prefix] = owner
    return tables, prefixes


def _row(where: str, row: object) -> FileRow:
    if not isinstance(row, dict):
        raise OrganisationError(f'{where}: it must be an object such as {{"Id": "..."}}.')
    checked: dict[str, object] = {}
    for name, value in row.items():
        if name == "attributes":  # an export of the REST API has it in each record
            continue
        if not _NAME.fullmatch(name):
            raise OrganisationError(f"{where}: {name!r} is not the API name of a field.")
        if isinstance(value, list):
            raise OrganisationError(f"{where}, field {name}: a value cannot be a list.")
        checked["Id" if name.lower() == "id" else name] = value
    record_id = checked.get("Id")
    if record_id is None:
        raise OrganisationError(f"{where}: the field Id is missing.")
    full = to_18(record_id) if isinstance(record_id, str) else None
    if full is None:
        raise OrganisationError(
            f"{where}, field Id: {record_id!r} is not a record id (15 characters, or 18 of which"
            " the last three are the checksum)."
        )
    return checked | {"Id": full}


def _prefixes(content: object) -> dict[str, str]:
    if not isinstance(content, dict):
        raise OrganisationError('__prefixes__ must be an object such as {"a0B": "Vehicle__c"}.')
    for prefix, name in content.items():
        if not re.fullmatch(r"[A-Za-z0-9]{3}", prefix, re.ASCII):
            raise OrganisationError(f"__prefixes__: {prefix!r} is not a key prefix (3 characters).")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise OrganisationError(
                f"__prefixes__: {prefix}: {name!r} is not the API name of an object."
            )
        if PREFIXES.get(prefix, name) != name:
            raise OrganisationError(
                f"__prefixes__: {prefix} is the key prefix of {PREFIXES[prefix]}."
            )
    return dict(content)
