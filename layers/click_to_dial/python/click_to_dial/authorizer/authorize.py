"""From API Gateway's event to the verdict on it, and from there to the policy.

Nothing of a token leaves here but to whom it is for: no error, log or metric holds any of it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from click_to_dial.authorizer.verdict import Check, Verdict
from click_to_dial.deadline import Deadline
from click_to_dial.errors import OutOfTimeError, UnverifiedError

TIME_BUDGET_SECONDS = 2.5
"""For the whole verdict; the decision, which comes after it, has a budget of its own."""

# A Salesforce token is no token68 as in RFC 6750: it holds an exclamation mark.
_BEARER = re.compile(r"bearer +([!-~]{1,4096})", re.ASCII | re.IGNORECASE)

Event = Mapping[str, Any]
Authorizer = Callable[[Event], Verdict]


def authorize(check: Check, event: Event) -> Verdict:
    """The verdict on a request. Raises nothing, whatever happens."""
    try:
        token = bearer_token(event)
        if token is None:
            return Verdict("AuthRefused", "malformed")
        return check(token, Deadline(TIME_BUDGET_SECONDS))
    except UnverifiedError as error:
        return Verdict("AuthUnverified", error.reason)
    except OutOfTimeError:
        return Verdict("AuthUnverified", "out-of-time")
    except Exception as error:
        return Verdict("AuthFailed", type(error).__name__)


def bearer_token(event: Event) -> str | None:
    """The token of an API Gateway REQUEST authorizer's event.

    None unless there is exactly one Authorization header, `Bearer` and 1 to 4096 printable ASCII
    characters without a blank.
    """
    headers: Mapping[str, list[str]] = event.get("multiValueHeaders") or {}
    values = [
        value
        for name, values in headers.items()
        if name.lower() == "authorization"
        for value in values
    ]
    match = _BEARER.fullmatch(values[0]) if len(values) == 1 else None
    return match[1] if match else None


def policy(principal: str, method_arn: str) -> Mapping[str, Any]:
    """Lets `principal` call all of the stage: API Gateway applies a cached policy to each method.

    There is no counterpart that denies: API Gateway would make it a 403.
    """
    api_and_stage = "/".join(method_arn.split("/")[:2])
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"{api_and_stage}/*",
    }
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
