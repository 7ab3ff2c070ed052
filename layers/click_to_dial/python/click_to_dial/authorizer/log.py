"""One line for each verdict of the authorizer: its log entry, and its metrics in the same line.

In CloudWatch's embedded metric format, written by hand: Powertools would make a cold start, which
stands in series with the decision's, longer by a tenth.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from datetime import UTC, datetime

from click_to_dial.authorizer.verdict import Verdict

_LEVELS = {"AuthRefused": "WARNING", "AuthUnverified": "ERROR", "AuthFailed": "ERROR"}


def log_verdict(
    namespace: str, service: str, verdict: Verdict, duration_ms: int, request_id: str
) -> None:
    """Writes to stdout the outcome and why, never who or with which token.

    `namespace` and `service`, its dimension, are where its metrics are counted.
    """
    names = [verdict.outcome] + ["AuthCacheFailed"] * verdict.cache_failed
    metrics = [{"Name": name, "Unit": "Count"} for name in names]
    line = {
        "level": _LEVELS.get(verdict.outcome, "INFO"),
        "message": "authorize",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "service": service,
        "function_request_id": request_id,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "cache_failed": verdict.cache_failed,
        "duration_ms": duration_ms,
        **dict.fromkeys(names, 1),
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": namespace, "Dimensions": [["service"]], "Metrics": metrics}
            ],
        },
    }
    sys.stdout.write(json.dumps(line) + "\n")
