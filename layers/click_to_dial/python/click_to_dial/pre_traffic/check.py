"""Check a new version of the decision function with two requests, before it gets traffic."""

from collections.abc import Callable, Mapping
from typing import Any

from click_to_dial.errors import InvocationError

Event = Mapping[str, Any]

Invoke = Callable[[Event], Any]
"""Sends an event to the new version and returns its response. Raises InvocationError."""

QUERY = {
    "SalesForceID": "001000000000000AAA",  # a valid id of an account that does not exist
    "CallerID": "+493023125000",  # one of the German numbers that are reserved for films
    "AgentUID": "pre-traffic-check",
}
MALFORMED = {"SalesForceID": "malformed"}


def faults(invoke: Invoke, request_id: str) -> list[str]:
    """Return what is wrong with the responses of the version; empty if nothing is.

    A malformed id must lead to a 400. A valid click may lead to any response except 500, because
    plan, table and Salesforce decide the others. Log lines of the version contain `request_id`.
    """
    found = []
    for name, query, is_correct in (
        ("a malformed id", QUERY | MALFORMED, lambda status: status == 400),
        ("a valid click", QUERY, lambda status: status in (200, 400, 403, 404, 503)),
    ):
        try:
            response = invoke(event(query, request_id))
            status = response.get("statusCode") if isinstance(response, Mapping) else None
            if not is_correct(status):
                found.append(f"The response to {name} has the status {status}.")
        except InvocationError as error:
            found.append(f"There was no response to {name}: {error}")
    return found


def event(query: Mapping[str, str], request_id: str) -> Event:
    """Return API Gateway's event of a request that must not be counted as a call."""
    return {
        "httpMethod": "GET",
        "resource": "/jtelACD/onClickToDial",
        "path": "/jtelACD/onClickToDial",
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
        "requestContext": {"requestId": request_id},
        "dryRun": True,
    }
