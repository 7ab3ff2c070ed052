"""The HTTP contract with jtel: query parameters in, JSON out (docs/jtel.md).

Every response other than 200 is a problem document: https://www.rfc-editor.org/rfc/rfc9457
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from click_to_dial.decision.service import Report, Request
from click_to_dial.errors import BadParameterError
from click_to_dial.phone_numbers import clean
from click_to_dial.salesforce_id import to_18

PATHS = ("/jtelACD/onClickToDial", "/services/apexrest/jtelACD/onClickToDial")
"""The second one is the path of the Apex class that this API replaces."""

MAX_AGENT_UID = 80
MAX_EMERGENCY_CHARACTERS = 8
"""Maximum length of an emergency number with a plus and a trunk prefix. A longer number is none."""

_NAMES = ("SalesForceID", "CallerID", "AgentUID")
_NOT_UTF8 = "\ufffd"  # API Gateway replaces bytes that are not UTF-8 with it

Event = Mapping[str, Any]
Response = dict[str, Any]
Query = Mapping[str, Sequence[str]]


def is_our_route(event: Event) -> bool:
    """Return whether an API Gateway event is a request for onClickToDial."""
    if not isinstance(event, Mapping):  # not from API Gateway
        return False
    return event.get("httpMethod") == "GET" and event.get("resource") in PATHS


def read_request(event: Event) -> Request:
    """Return the three parameters of a proxy event (REST API, payload version 1.0).

    Raises BadParameterError. If the number may be an emergency number, a fault of the other two
    parameters is only noted in the request.
    """
    query = event.get("multiValueQueryStringParameters")
    if not isinstance(query, Mapping):  # null without a query string
        query = {}
    found: dict[str, str] = {}
    faults: list[BadParameterError] = []
    for name, read in (
        ("SalesForceID", read_record_id),
        ("CallerID", lambda query: clean(_single(query, "CallerID"))),
        ("AgentUID", read_agent_uid),
    ):
        try:
            found[name] = read(query)
        except BadParameterError as error:
            faults.append(error)
    caller_id = found.get("CallerID", "")
    if faults and not 0 < len(caller_id) <= MAX_EMERGENCY_CHARACTERS:
        raise faults[0]
    return Request(
        record_id=found.get("SalesForceID") or None,
        caller_id=caller_id,
        agent_uid=found.get("AgentUID", ""),
        fault=faults[0] if faults else None,
        counted=event.get("dryRun") is not True,  # API Gateway's events have no such key
    )


def read_record_id(query: Query) -> str:
    """Return the 18-character id, or empty text, which the dial plan may allow.

    Raises BadParameterError.
    """
    given = _single(query, "SalesForceID", allow_empty=True)
    record_id = to_18(given) if given.strip() else ""
    if record_id is None:
        raise BadParameterError(
            "SalesForceID",
            "SalesForceID is not a Salesforce record id: 15 letters and digits, or 18 whose last "
            "3 are a checksum of the others.",
        )
    return record_id


def read_agent_uid(query: Query) -> str:
    """Return the login of the agent in NFC, without blanks at its ends.

    Raises BadParameterError.
    """
    agent_uid = unicodedata.normalize("NFC", _single(query, "AgentUID").strip())
    if len(agent_uid) > MAX_AGENT_UID or not agent_uid.isprintable() or _NOT_UTF8 in agent_uid:
        raise BadParameterError(
            "AgentUID", f"AgentUID must be 1 to {MAX_AGENT_UID} printable characters in UTF-8."
        )
    return agent_uid


def answer(report: Report) -> Response:
    """Return the response to a call that was decided: 200, 403, or 404 without a record."""
    decision = report.decision
    if decision is None:
        return problem(
            HTTPStatus.NOT_FOUND,
            "no-such-record",
            "Salesforce has no record with this SalesForceID, or hides it from the integration "
            "user.",
            parameter="SalesForceID",
        )
    if decision.service_number is None:
        return problem(
            HTTPStatus.FORBIDDEN, "call-not-allowed", decision.reason, rule=decision.rule
        )
    signalled = decision.service_number
    body = {"ServiceNumber": signalled.number, "ServiceNumberName": signalled.name}
    return _response(HTTPStatus.OK, "application/json", body)


def bad_parameter(error: BadParameterError) -> Response:
    """Return a 400 that names the parameter and the reason."""
    return problem(HTTPStatus.BAD_REQUEST, "bad-parameter", str(error), parameter=error.parameter)


def no_such_path() -> Response:
    """Return a 404 for another path or method, such as jtel's other requests to Salesforce."""
    return problem(HTTPStatus.NOT_FOUND, "no-such-path", f"This API answers only GET {PATHS[0]}.")


def no_dial_plan() -> Response:
    """Return a 503. The reason may name internals, so only the log has it."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no-dial-plan",
        "No dial plan is published, or it cannot be read at the moment. The log of click-to-dial "
        "has the reason for the id of this request.",
    )


def internal_error() -> Response:
    """Return a 500 without any detail: those are in the log."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "click-to-dial failed. Its log has the details for the id of this request.",
    )


def problem(status: HTTPStatus, kind: str, detail: str, **more: str) -> Response:
    """Return a problem document; `more` are its members `parameter` and `rule`."""
    body = {
        "type": f"urn:click-to-dial:{kind}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        **more,
    }
    return _response(status, "application/problem+json", body)


def _response(status: HTTPStatus, content_type: str, body: Mapping[str, Any]) -> Response:
    return {
        "statusCode": status.value,
        "headers": {
            "Content-Type": f"{content_type}; charset=utf-8",
            "Cache-Control": "no-store",
        },
        "body": json.dumps(body, ensure_ascii=False),
        "isBase64Encoded": False,
    }


def _single(query: Query, name: str, *, allow_empty: bool = False) -> str:
    values = query.get(name, ())
    if not values:
        raise BadParameterError(name, f"{name} is missing{_misspelling(query, name)}.")
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadParameterError(name, f"{name} is not a list of texts in the event.")
    if len(values) > 1:
        raise BadParameterError(name, f"{name} is given {len(values)} times, not once.")
    value: str = values[0]
    if not value.strip() and not allow_empty:
        raise BadParameterError(name, f"{name} is empty.")
    return value


def _misspelling(query: Query, name: str) -> str:
    """Return a hint if a similar parameter was sent; no other parameter is repeated."""
    from difflib import get_close_matches  # only a misspelt query needs it

    others = {other.lower(): other for other in query if other.isascii() and other not in _NAMES}
    close = get_close_matches(name.lower(), others, n=1, cutoff=0.75)
    return f"; the request has {others[close[0]]!r}, which is spelt differently" if close else ""
