"""The logger and the metrics that all functions share: the only import of Powertools.

Powertools reads the service, which is the name of the stack, and the namespace from the
environment. Metrics have no other dimension, because CloudWatch bills each value of each dimension.
"""

from collections.abc import Mapping
from typing import Any, NotRequired

from click_to_dial.errors import ClickToDialError
from click_to_dial.skip_imports import skip_imports

SKIPPED: Mapping[str, Mapping[str, Any]] = {
    "aws_lambda_powertools.tracing": {"Tracer": None},  # an agent brings its own tracer
    "aws_lambda_powertools.utilities.jmespath_utils": {},  # finds values in events
    "typing_extensions": {"NotRequired": NotRequired},
}

with skip_imports(SKIPPED):
    from aws_lambda_powertools import Logger, Metrics
    from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()

__all__ = ["MetricUnit", "count", "describe", "log_request_id", "logger", "metrics"]


def log_request_id(event: Any) -> None:
    """Add API Gateway's request id to the log lines. The access log and jtel have the same id."""
    match event:
        case {"requestContext": {"requestId": str(request_id)}}:
            logger.set_correlation_id(request_id)
        case _:
            logger.set_correlation_id(None)


def count(*names: str) -> None:
    """Add one to each of these metrics of the invocation."""
    for name in names:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


def describe(error: ClickToDialError) -> dict[str, str]:
    """Return the log fields of an error: its type, and reason, code and request id if it has them.

    With the request id, the support of AWS or Salesforce can find the request.
    """
    fields = {
        "error": type(error).__name__,
        "reason": getattr(error, "reason", ""),
        "code": error.code,
        "request_id": error.request_id,
    }
    return {name: value for name, value in fields.items() if value}
