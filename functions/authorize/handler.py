"""Lambda function for the REQUEST authorizer of the API: decide who may call it."""

import time
from collections.abc import Mapping
from typing import Any

from click_to_dial.authorizer.authorize import policy
from click_to_dial.authorizer.wiring import authorizer, verdict_log

# Now, not at the first call: a snapshot or a warm sandbox then has them.
authorize, log_verdict = authorizer(), verdict_log()


def lambda_handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:
    """The policy for a caller who is let in. Raises what API Gateway makes a 401 for any other."""
    started = time.monotonic()
    verdict = authorize(event)
    log_verdict(verdict, round((time.monotonic() - started) * 1000), context.aws_request_id)
    if verdict.principal is None:
        raise Exception("Unauthorized")  # API Gateway knows exactly this text
    return policy(verdict.principal, event["methodArn"])
