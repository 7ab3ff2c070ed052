"""Records, agents and objects from the rows that Salesforce returns.

Rows that do not have the requested form become an error, and an error of one query does not affect
the others.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import SalesforceConfigurationError, SalesforceError
from click_to_dial.model import Agent, Attributes, Record, Scalar, as_text
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.client import QueryResult, checked_name
from click_to_dial.salesforce.consent import CONSENT, Consent, consent_of
from click_to_dial.salesforce.failures import InvalidIdError, wrong_types
from click_to_dial.salesforce_id import to_18

T = TypeVar("T")


def object_name(plan: DialPlan, prefix: str, rows: QueryResult) -> str | Record | SalesforceError:
    """Return the object of a key prefix, or the record that cannot exist if there is none.

    If several objects share the prefix, one that the plan lists is preferred.
    """

    def read() -> str | Record:
        names = [row["QualifiedApiName"] for row in _checked(rows) if row["KeyPrefix"] == prefix]
        by_preference = sorted(
            names, key=lambda name: (not plan.object_fields(checked_name(name))[1], name)
        )
        return by_preference[0] if by_preference else Record(found=False)

    return _or_error(read)


def record_from(
    plan: DialPlan,
    request: SalesforceRequest,
    object_name: str,
    results: Mapping[str, QueryResult],
    now: float,
) -> Record | SalesforceError:
    """Return the record with the plan's attributes and its object as the plan spells it.

    If the consent could not be read, the record is an error: missing would not mean "none".
    """
    name, fields = plan.object_fields(object_name)
    rows = results["record"]

    def read() -> Record:
        if rows == [] or isinstance(rows, InvalidIdError):
            return Record(found=False, object_name=name)
        (row,) = _checked(rows)
        if row["Id"][:15] != (request.record_id or "")[:15]:
            raise TypeError
        paths = {attribute: path for attribute, path in fields.items() if attribute != CONSENT}
        found = [value_at(row, path) for path in plan.numbers.get(name, ())]
        numbers = tuple(as_text(number) for number in found if number is not None)
        record = Record(True, name, _attributes(row, paths), numbers=numbers)
        if CONSENT not in fields:
            return record
        consent = _consent(value_at(row, fields[CONSENT]), results[CONSENT], now)
        attributes = {**record.attributes, CONSENT: consent.state}
        return record._replace(attributes=attributes, valid_until=consent.valid_until)

    return _or_error(read)


def _consent(person: Scalar | None, rows: QueryResult, now: float) -> Consent:
    """Return the consent. Without a person, the query for it has failed, which is expected."""
    if person is None:
        return consent_of([], now)
    if to_18(str(person)) is None:
        raise SalesforceConfigurationError(
            "consent-of-no-person", "The field of the consent holds no id: name IndividualId."
        )
    return consent_of(_checked(rows), now)


def agent_from(
    plan: DialPlan, results: Mapping[str, QueryResult]
) -> Agent | SalesforceError | None:
    """Return the agent, known only if exactly one User matches and is active; None if not asked."""
    rows = results.get("agent")

    def read() -> Agent | None:
        if rows is None or isinstance(rows, InvalidIdError):
            return None if rows is None else Agent(known=False)
        active = [value_at(row, "IsActive") for row in _checked(rows)]
        if not all(isinstance(flag, bool) for flag in active):
            raise TypeError
        if active != [True]:
            return Agent(known=False)
        return Agent(True, _attributes(_checked(rows)[0], plan.agent_attributes))

    return _or_error(read)


def value_at(row: Any, path: str) -> Scalar | None:
    """Return the field at `path`; None if it, or a parent on the way to it, is null.

    Raises KeyError or TypeError for a row without the field, and SalesforceConfigurationError for
    a field that is not a single value.
    """
    for name in path.split("."):
        if row is None:
            return None
        if not isinstance(row, dict):
            raise TypeError
        row = row[name] if name in row else {key.lower(): row[key] for key in row}[name.lower()]
    if row is None or isinstance(row, str | int | float | bool):
        return row
    raise SalesforceConfigurationError(
        "compound-field", f"The field {path} is not a single value: name one of its parts."
    )


def _attributes(row: Any, fields: Mapping[str, str]) -> Attributes:
    values = {name: value_at(row, path) for name, path in fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def _checked(rows: QueryResult) -> list[Any]:
    if isinstance(rows, SalesforceError):
        raise rows
    return rows


def _or_error(read: Callable[[], T]) -> T | SalesforceError:
    """Return the result of `read`; an error if the rows do not have the requested form."""
    try:
        return read()
    except SalesforceError as error:
        return error
    except (KeyError, TypeError, ValueError):
        return wrong_types()
