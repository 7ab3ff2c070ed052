"""The objects and fields of a Salesforce organisation that the integration user can see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceConfigurationError, SalesforceUnavailableError

INVISIBLE_REASONS = ("no-such-resource", "no-access")
"""Reasons of the error for an object that does not exist, or that the user may not see."""


class SalesforceReader(Protocol):
    """A client that reads rows and descriptions of objects."""

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        """Return all rows of a query. Raises SalesforceError, OutOfTimeError."""

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        """Return the description of an object. Raises SalesforceError, OutOfTimeError."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `parents` are the objects that it can refer to, through `relationship`.

    `case_sensitive` tells if Salesforce compares its values with case. `values` are those of a
    picklist; it accepts no others if `is_restricted`. A permission set can contain the field only
    if `is_permissionable`. `compound` is the field that it is a part of. `is_detail` is True if it
    refers to the master of a detail record.
    """

    name: str
    type: str
    filterable: bool
    parents: tuple[str, ...] = ()
    relationship: str | None = None
    case_sensitive: bool = False
    values: tuple[str, ...] = ()
    is_restricted: bool = False
    is_permissionable: bool = True
    compound: str | None = None
    is_detail: bool = False


@dataclass(frozen=True, slots=True)
class SObject:
    """An object. The keys are in lower case, because Salesforce ignores the case of names."""

    name: str
    fields: Mapping[str, Field]
    relationships: Mapping[str, Field]
    is_custom_setting: bool = False


class SalesforceSchema:
    """The objects of an organisation, each described once."""

    def __init__(self, reader: SalesforceReader, deadline: Deadline) -> None:
        self.reader = reader
        self.deadline = deadline
        self._objects: dict[str, SObject | None] = {}

    def user(self) -> SObject:
        """Return the object User.

        Every organisation has it, so a 404 means that it does not know our version of the API.
        Raises SalesforceError, OutOfTimeError.
        """
        user = self._objects["user"] = _parse(self.reader.describe("User", self.deadline))
        return user

    def object(self, name: str) -> SObject | None:
        """Return an object, or None if the integration user sees no such object.

        Raises SalesforceError, OutOfTimeError.
        """
        key = name.lower()
        if key not in self._objects:
            try:
                self._objects[key] = _parse(self.reader.describe(name, self.deadline))
            except SalesforceConfigurationError as error:
                if error.reason not in INVISIBLE_REASONS:
                    raise
                self._objects[key] = None
        return self._objects[key]

    def field(self, sobject: SObject, path: str) -> Field | None:
        """Return the field at the end of a path from `sobject`.

        Return None if it does not exist, or if the path leads to one of several objects. Raises
        SalesforceError, OutOfTimeError.
        """
        *relationships, last = path.lower().split(".")
        for relationship in relationships:
            step = sobject.relationships.get(relationship)
            parent = self.object(step.parents[0]) if step and len(step.parents) == 1 else None
            if parent is None:
                return None
            sobject = parent
        return sobject.fields.get(last)


def _parse(description: Any) -> SObject:
    try:
        fields = [
            Field(
                name=field["name"],
                type=field["type"],
                filterable=field["filterable"] is True,
                parents=tuple(field["referenceTo"]),
                relationship=field["relationshipName"],
                case_sensitive=field.get("caseSensitive") is True,
                values=tuple(
                    value["value"] for value in field.get("picklistValues", ()) if value["active"]
                ),
                is_restricted=field.get("restrictedPicklist") is True,
                is_permissionable=field.get("permissionable") is not False,
                compound=field.get("compoundFieldName"),
                is_detail=field.get("relationshipOrder") is not None,
            )
            for field in description["fields"]
        ]
        return SObject(
            name=description["name"],
            fields={field.name.lower(): field for field in fields},
            relationships={
                field.relationship.lower(): field for field in fields if field.relationship
            },
            is_custom_setting=description.get("customSetting") is True,
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = "Salesforce's description of an object does not have the documented form."
        raise SalesforceUnavailableError("wrong-types", message) from error
