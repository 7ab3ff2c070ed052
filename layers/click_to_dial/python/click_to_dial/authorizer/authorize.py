"""API Gateway's event to a verdict, and a verdict to the policy that API Gateway expects.

No error, log line or metric contains a token or a part of one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError, OutOfTimeError, UnverifiedError

TIME_BUDGET_SECONDS = 2.5
"""For the whole verdict. The decision, which runs after it, has a budget of its own."""

# A Salesforce token is no token68 of RFC 6750, because it contains an exclamation mark.
_BEARER = re.compile(r"bearer +([!-~]{1,4096})", re.ASCII | re.IGNORECASE)

Event = Mapping[str, Any]
Outcome = Literal["AuthAllowed", "AuthAllowedStale", "AuthRefused", "AuthUnverified", "AuthFailed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for a caller, who is allowed only if there is a `principal`.

    `outcome` is counted, `reason` is a code for the log. `cache_failed` is true if a verified token
    could not be read, stored or, worst, deleted. `error` is behind the outcome or `cache_failed`.
    """

    outcome: Outcome
    reason: str
    principal: str | None = None
    cache_failed: bool = False
    error: ClickToDialError | None = field(default=None, compare=False)


Check = Callable[[str, Deadline], Verdict]
"""A mode: verifies a token. Raises UnverifiedError, OutOfTimeError."""

Authorizer = Callable[[Event], Verdict]


def authorize(check: Check, event: Event) -> Verdict:
    """Return the verdict on a request. Never raises an error."""
    try:
        token = bearer_token(event)
        if token is None:
            return Verdict("AuthRefused", "malformed")
        return check(token, Deadline(TIME_BUDGET_SECONDS))
    except UnverifiedError as error:
        return Verdict("AuthUnverified", error.reason, error=error)
    except OutOfTimeError:
        return Verdict("AuthUnverified", "out-of-time")
    except Exception as error:
        return Verdict("AuthFailed", type(error).__name__)


def bearer_token(event: Event) -> str | None:
    """Return the token of an API Gateway REQUEST authorizer's event.

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
    """Return a policy that allows `principal` to call all methods of the stage.

    It covers all methods, because API Gateway applies a cached policy to each of them. There is no
    counterpart that denies: API Gateway would answer it with a 403.
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
