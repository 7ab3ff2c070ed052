"""One log line and a few metrics for each verdict of the authorizer."""

from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.observability import count, describe, logger


def log_verdict(verdict: Verdict, duration_ms: int) -> None:
    """Log the outcome and its reason, never the caller or the token."""
    count(verdict.outcome, *["AuthCacheFailed"] * verdict.cache_failed)
    fields = {
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "cache_failed": verdict.cache_failed,
        "duration_ms": duration_ms,
    }
    if verdict.error is not None:
        fields["failure"] = describe(verdict.error)
    if verdict.outcome == "AuthRefused":
        logger.warning("authorize", extra=fields)
    elif verdict.principal is None:
        logger.error("authorize", extra=fields)
    else:
        logger.info("authorize", extra=fields)
