"""Log lines of decisions, as the function writes them."""

import json
from datetime import UTC, datetime
from typing import Any

NOON = 1_796_000_000.0
"""A time in seconds since 1970."""


def line(at: float = NOON, **fields: Any) -> str:
    """Return a log line of a call that was allowed at a time, with some other fields."""
    time = datetime.fromtimestamp(at, UTC)
    return json.dumps(
        {
            "level": "INFO",
            "message": "onClickToDial",
            "timestamp": f"{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03}+0000",
            "correlation_id": "request-1",
            "outcome": "Allowed",
            "rule": "everyone",
            "rules_before": [["emergency", None], ["opted-out", "record.do_not_call"]],
            "rules_evaluated": 3,
            "reason": "",
            "plan_version": 7,
            "duration_ms": 40,
            "callee": "0123abcd",
            "callee_kind": "mobile",
            "ambiguous": False,
            "record_from": "cached",
            "agent_from": "salesforce",
            "record_age": 12,
            "agent_age": 0,
            "salesforce_calls": 1,
            "salesforce_failures": [],
            **fields,
        }
    )
