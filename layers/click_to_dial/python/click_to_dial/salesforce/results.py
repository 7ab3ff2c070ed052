"""From the rows that Salesforce answers to a record and an agent.

Nothing is taken for granted: what does not have the form that was asked for is an error, and an
error of one query leaves the other alone.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import (
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.model import Agent, Attributes, Record, Scalar
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.consent import CONSENT, consent_of
from click_to_dial.salesforce.failures import InvalidIdError, failure
from click_to_dial.salesforce.queries import checked_name, listed, values
from click_to_dial.salesforce_id import to_18

T = TypeVar("T")
Result = list[Any] | SalesforceError
"""The rows of one query, or why there are none."""


def rows_of(answer: Any, reference: str) -> Result:
    """The rows of the sub-request `reference` in the answer to a composite request."""

    def read() -> list[Any]:
        parts = {part["referenceId"]: part for part in answer["compositeResponse"]}
        status, body = parts[reference]["httpStatusCode"], parts[reference]["body"]
        if not isinstance(status, int):
            raise TypeError
        if status == HTTPStatus.NOT_FOUND and reference == "record":
            raise InvalidIdError("not-found")
        if status != HTTPStatus.OK:
            raise failure(status, body)
        if not isinstance(body["records"], list):
            raise TypeError
        return body["records"]

    return _or_error(read)


def rows_of_page(page: Any, data_path: str) -> tuple[list[Any], str | None]:
    """The rows of one page and the path, below `data_path`, of the next; None after the last.

    Raises SalesforceError for a page that does not have Salesforce's form.
    """
    next_page = re.compile(re.escape(data_path) + r"/(query/[\w-]+)")
    try:
        if not isinstance(page["records"], list):
            raise TypeError
        if page["done"]:
            return page["records"], None
        if found := next_page.fullmatch(page["nextRecordsUrl"]):
            return page["records"], found[1]
    except (KeyError, TypeError):
        pass
    raise _nonsense()


def object_name(plan: DialPlan, prefix: str, rows: Result) -> str | Record | SalesforceError:
    """The object of a key prefix; of several, one that the plan lists."""

    def read() -> str | Record:
        names = [row["QualifiedApiName"] for row in _checked(rows) if row["KeyPrefix"] == prefix]
        named = sorted(names, key=lambda name: (not listed(plan, checked_name(name))[1], name))
        return named[0] if named else Record(found=False)

    return _or_error(read)


def record_from(
    plan: DialPlan,
    request: SalesforceRequest,
    object_name: str,
    results: Mapping[str, Result],
    now: float,
) -> Record | SalesforceError:
    """The record with the plan's attributes, as the plan spells its object.

    Where the consent could not be read, the record is an error: missing would not mean none.
    """
    name, fields = listed(plan, object_name)
    rows = results["record"]

    def read() -> Record:
        if rows == [] or isinstance(rows, InvalidIdError):
            return Record(found=False, object_name=name)
        (row,) = _checked(rows)
        if row["Id"][:15] != (request.record_id or "")[:15]:
            raise TypeError
        attributes = dict(_attributes(row, values(fields)))
        if CONSENT in fields:
            attributes[CONSENT] = _consent(value_at(row, fields[CONSENT]), results[CONSENT], now)
        return Record(True, name, attributes)

    return _or_error(read)


def _consent(person: Scalar | None, rows: Result, now: float) -> str:
    """The row says whether there is a person: without one, the query of consents has failed."""
    if person is None:
        return "none"
    if to_18(str(person)) is None:
        raise SalesforceConfigurationError(
            "consent-of-no-person", "The field of the consent holds no id: name IndividualId."
        )
    return consent_of(_checked(rows), now)


def agent_from(plan: DialPlan, results: Mapping[str, Result]) -> Agent | SalesforceError | None:
    """The agent, who is known only where exactly one User fits and is active; None if not asked."""
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


def _or_error(read: Callable[[], T]) -> T | SalesforceError:
    """What `read` makes of the rows; they do not have the form asked for where it stumbles."""
    try:
        return read()
    except SalesforceError as error:
        return error
    except (KeyError, TypeError, ValueError):
        return _nonsense()


def _checked(rows: Result) -> list[Any]:
    if isinstance(rows, SalesforceError):
        raise rows
    return rows


def _attributes(row: Any, fields: Mapping[str, str]) -> Attributes:
    values = {name: value_at(row, path) for name, path in fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def value_at(row: Any, path: str) -> Scalar | None:
    """The field at `path`; None where it, or a parent on the way, is null.

    Raises KeyError or TypeError for a row that is not as it was asked for, and
    SalesforceConfigurationError for a field that is no single value.
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


def _nonsense() -> SalesforceUnavailableError:
    return SalesforceUnavailableError("wrong-types", "The answer does not have Salesforce's form.")
