"""Lambda function for the REQUEST authorizer of the API: decide who may call it."""

import time
from collections.abc import Mapping
from typing import Any

from click_to_dial.authorizer.authorize import policy
from click_to_dial.authorizer.log import log_verdict
from click_to_dial.authorizer.wiring import authorizer
from click_to_dial.observability import logger, metrics

# Not at the first call: the clients are then part of a snapshot, or ready in a warm sandbox.
authorize = authorizer()


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:
    """Return the policy of a caller who is allowed. Raise the error that makes a 401 otherwise."""
    started = time.monotonic()
    verdict = authorize(event)
    log_verdict(verdict, round((time.monotonic() - started) * 1000))
    if verdict.principal is None:
        raise Exception("Unauthorized")  # the exact text that API Gateway turns into a 401
    return policy(verdict.principal, event["methodArn"])
