"""Which objects and fields the integration user sees in Salesforce, by describe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceConfigurationError, SalesforceUnavailableError
from click_to_dial.sync.mappings import Rows

INVISIBLE = ("no-such-resource", "no-access")
"""How Salesforce speaks of an object that does not exist, or that the user may not see."""


class Organisation(Rows, Protocol):
    """Salesforce, as far as plans are checked against it."""

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        """The object and its fields. Raises SalesforceError, OutOfTimeError."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field; `parents` are the objects that it may refer to, through `relationship`."""

    name: str
    type: str
    filterable: bool
    parents: tuple[str, ...]
    relationship: str | None


@dataclass(frozen=True, slots=True)
class SObject:
    """An object; the keys are in lower case, since Salesforce ignores the case of names."""

    name: str
    fields: Mapping[str, Field]
    relationships: Mapping[str, Field]


class Schema:
    """The organisation's objects, each asked for once."""

    def __init__(self, organisation: Organisation, deadline: Deadline) -> None:
        self.organisation = organisation
        self.deadline = deadline
        self._objects: dict[str, SObject | None] = {}

    def user(self) -> SObject:
        """User. Every organisation has it, so that a 404 is about the version of the API.

        Raises SalesforceError, OutOfTimeError.
        """
        user = self._objects["user"] = _read(self.organisation.describe("User", self.deadline))
        return user

    def object(self, name: str) -> SObject | None:
        """The object; None where the integration user sees none of this name.

        Raises SalesforceError, OutOfTimeError.
        """
        key = name.lower()
        if key not in self._objects:
            self._objects[key] = self._ask(name)
        return self._objects[key]

    def _ask(self, name: str) -> SObject | None:
        try:
            return _read(self.organisation.describe(name, self.deadline))
        except SalesforceConfigurationError as error:
            if error.reason in INVISIBLE:
                return None
            raise


def _read(description: Any) -> SObject:
    try:
        fields = [_field(field) for field in description["fields"]]
        return SObject(
            name=description["name"],
            fields={field.name.lower(): field for field in fields},
            relationships={
                field.relationship.lower(): field for field in fields if field.relationship
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = "The description of an object does not have Salesforce's form."
        raise SalesforceUnavailableError("wrong-types", message) from error


def _field(field: Mapping[str, Any]) -> Field:
    return Field(
        name=field["name"],
        type=field["type"],
        filterable=field["filterable"] is True,
        parents=tuple(field["referenceTo"]),
        relationship=field["relationshipName"],
    )
