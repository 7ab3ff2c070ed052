"""Follows the paths of a query (Type, Account.Type) through the organisation."""

from dataclasses import dataclass

from click_to_dial.salesforce_id import to_18
from local_stack.salesforce.describe import field_type
from local_stack.salesforce.org import Org, SObject
from local_stack.salesforce.schema import NAME_FIELDS, several_parents
from local_stack.salesforce.soql_query import Path
from local_stack.salesforce.soql_tokens import error_at
from local_stack.salesforce.wire import ApiError

Row = dict[str, object]

_NO_COLUMN = (
    "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to"
    " append the '__c' after the custom field name. Please reference your WSDL or the describe call"
    " for the appropriate names."
)
_NO_RELATIONSHIP = (
    "Didn't understand relationship '{}' in field path. If you are attempting to use a custom"
    " relationship, be sure to append the '__r' after the custom relationship name. Please"
    " reference your WSDL or the describe call for the appropriate names."
)

_NAME = SObject("Name", None, {name.lower(): name for name in NAME_FIELDS}, {"": {}})


@dataclass(frozen=True, slots=True)
class Column:
    """A path whose every part exists, in the organisation's own spelling.

    `steps` are the relationships on the way, each with the field that holds the parent's id. The
    kind `object` is the Type of a parent that may be of several objects: which one it is.
    """

    path: Path
    steps: tuple[tuple[str, str], ...]
    name: str
    kind: str

    def value(self, org: Org, row: Row) -> object:
        """The field of a row or its parent; None also where a parent is missing."""
        owner = None
        for _, id_field in self.steps:
            found = org.find(row.get(id_field))
            if found is None:
                return None
            owner, row = found
        return self.of_owner(row, owner)

    def of_owner(self, row: Row, owner: SObject | None) -> object:
        """The field of the row at the end of the path; ids always have 18 characters."""
        if self.kind == "object" and owner:
            return owner.name
        value = row.get(self.name.lower())
        if self.kind in ("id", "reference") and isinstance(value, str):
            return to_18(value) or value
        return value


def bind(org: Org, sobject: SObject, path: Path, query: str) -> Column:
    """The column that `path` means. Raises ApiError with INVALID_FIELD where there is none.

    Behind a relationship that may lead to several objects there is only what all have in common,
    the object Name; where it is not known where one leads, every name is taken to exist.
    """
    at: SObject | None = sobject
    steps: list[tuple[str, str]] = []
    for name in path.names[:-1]:
        step = at.relationship(name) if at else (name, _id_field(name))
        if step is None:
            raise _invalid(query, path, _NO_RELATIONSHIP.format(name))
        steps.append(step)
        at = _NAME if at and several_parents(name, at.name) else at and org.parent(at, name)
    name = path.names[-1]
    found = at.field_name(name) if at else name
    if found is None:
        assert at is not None
        raise _invalid(query, path, _NO_COLUMN.format(name, at.name))
    kind = "object" if at is _NAME and found == "Type" else at and field_type(org, at, found)
    return Column(path, tuple(steps), found, kind or "any")


def _id_field(relationship: str) -> str:
    name = relationship.lower()
    return name[:-1] + "c" if name.endswith("__r") else name + "id"


def _invalid(query: str, path: Path, message: str) -> ApiError:
    return error_at(query, path.position, "INVALID_FIELD", message)
