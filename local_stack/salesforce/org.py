"""The organisation: its objects, their fields, rows and relationships. Names ignore case.

A field exists where any row of its object holds it, where it is a standard one (`schema`), where
it was declared, or where its object has no rows at all; then nothing is known against it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.org_file import Row, Tables
from local_stack.salesforce.schema import PREFIXES, STANDARD_FIELDS, SYSTEM_FIELDS, parent_object


@dataclass
class SObject:
    """One object; `fields` and `rows` have keys in lower case and ids of 18 characters."""

    name: str
    prefix: str | None
    fields: dict[str, str]
    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def field_name(self, name: str) -> str | None:
        """The field's own spelling; None where there is none that the user may see."""
        key = name.lower()
        if key in self.hidden:
            return None
        return self.fields.get(key) or (None if self.rows else name)

    def relationship(self, name: str) -> tuple[str, str] | None:
        """The relationship's own spelling, and the field (in lower case) that holds its id."""
        custom = name.lower().endswith("__r")
        found = self.field_name(name[:-1] + "c" if custom else name + "Id")
        if found is None:
            return None
        return (found[:-1] + "r" if custom else found[:-2]), found.lower()

    def add(self, row: Row) -> None:
        """Adds a row, or replaces the one with its Id."""
        defaults: dict[str, object] = {"isdeleted": False}
        if self.name == "User":
            defaults["isactive"] = True
        self.rows[str(row["Id"])] = defaults | {key.lower(): row[key] for key in row}
        for name in row:
            self.fields.setdefault(name.lower(), name)

    def visible_rows(self) -> Iterator[dict[str, object]]:
        """The rows that a query finds: those that are not deleted."""
        return (row for row in self.rows.values() if row["isdeleted"] is not True)


class Org:
    """All objects of the organisation."""

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
        """Every object, also those without rows."""
        return self._objects.values()

    def named(self, name: str) -> SObject | None:
        """The object of this name."""
        return self._objects.get(name.lower())

    def add(self, name: str, row: Row) -> None:
        """Adds a row to an object, or replaces the one with its Id; the object may be new."""
        self._declare(name, str(row["Id"])[:3]).add(row)

    def set_field(self, name: str, *, visible: bool) -> None:
        """Declares a field such as Contact.Fleet__c, or hides it (field-level security).

        Raises ValueError for an object that does not exist.
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

    def find(self, record_id: object) -> tuple[SObject, dict[str, object]] | None:
        """The record with this id and its object; None also for a deleted one."""
        full = to_18(record_id) if isinstance(record_id, str) else None
        for sobject in self._objects.values():
            row = sobject.rows.get(full) if full else None
            if row and row["isdeleted"] is not True:
                return sobject, row
        return None

    def parent(self, sobject: SObject, relationship: str) -> SObject | None:
        """The object that a relationship leads to; None where it may be any, or is not known."""
        found = sobject.relationship(relationship)
        if found is None:
            return None
        prefixes = {str(row.get(found[1]))[:3] for row in sobject.rows.values()}
        targets = {other.name for other in self._objects.values() if other.prefix in prefixes}
        name = targets.pop() if len(targets) == 1 else parent_object(relationship, sobject.name)
        return self.named(name) if name else None

    def missing_field(self, object_name: str, path: str) -> str | None:
        """The first part of `path` that does not exist, as Object.Field; None where all do."""
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
