"""Lambda function for the REQUEST authorizer of the API: decide who may call it."""

import time
from collections.abc import Mapping
from typing import Any

from click_to_dial.authorizer.authorize import Verdict, policy
from click_to_dial.authorizer.log import log_verdict
from click_to_dial.authorizer.wiring import authorizer
from click_to_dial.observability import log_request_id, logger, metrics

# Not at the first call: the clients are then part of a snapshot, or ready in a warm sandbox.
authorize = authorizer()


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:
    """Return the policy of a caller who is allowed. Raise the error that makes a 401 otherwise."""
    try:
        found = policy_with_context(event, context)
    except Exception as error:  # the event is not from API Gateway
        log_verdict(Verdict("AuthFailed", type(error).__name__), 0)
        found = None
    if found is None:
        raise Exception("Unauthorized")  # the exact text that API Gateway turns into a 401
    return found


@logger.inject_lambda_context
def policy_with_context(event: dict[str, Any], context: Any) -> Mapping[str, Any] | None:
    """Return the policy, or None for a caller who is refused.

    Each log line has the ids of the event and of the invocation.
    """
    log_request_id(event)
    started = time.monotonic()
    verdict = authorize(event)
    log_verdict(verdict, round((time.monotonic() - started) * 1000))
    return None if verdict.principal is None else policy(verdict.principal, event["methodArn"])
