"""The handler of the sync: its result, log line and metrics, which contain no keys."""

import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from click_to_dial.errors import DynamoDBError, SalesforceUnavailableError
from click_to_dial.observability import logger
from click_to_dial.sync.mappings import Change, SyncRefusedError
from functions.sync import handler

CHANGES = [
    Change("by-brand", {}, {"Alpha": "hotline", "Beta": "hotline"}, ("'Gamma': is not a service",)),
    Change("by-team", {"Sales": "hotline"}, {"Sales": "hotline"}, ()),
]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[Any, dict[str, Any], dict[str, Any]]]:
    """Run the handler; return its result, log line and metrics."""

    def run(result: list[Change] | Exception) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        def synchronise() -> list[Change]:
            if isinstance(result, Exception):
                raise result
            return result

        monkeypatch.setattr(handler, "synchroniser", lambda: synchronise)
        monkeypatch.setattr(handler, "list_synchroniser", lambda: list)
        monkeypatch.setattr(logger.registered_handler, "stream", sys.stdout)
        context = SimpleNamespace(
            function_name="sync",
            memory_limit_in_mb=512,
            invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:sync",
            aws_request_id="request-1",
        )
        answer = handler.lambda_handler({}, context)
        log, metrics = map(json.loads, capsys.readouterr().out.splitlines())
        return answer, log, metrics

    return run


def test_a_sync_reports_the_number_of_entries(run: Any) -> None:
    answer, log, metrics = run(CHANGES)
    assert answer == {"entries": {"by-brand": 2, "by-team": 1}}
    assert (log["level"], log["outcome"]) == ("INFO", "SyncSucceeded")
    assert (log["mappings"], log["changed"], log["entries"], log["rows_left_out"]) == (2, 1, 3, 1)
    assert (metrics["SyncSucceeded"], metrics["SyncLeftOutRows"]) == ([1.0], [1.0])
    for name in ("Alpha", "Gamma", "Sales"):
        assert name not in json.dumps([answer, log, metrics])


def test_a_mapping_that_keeps_its_entries_is_a_failure(run: Any) -> None:
    failure = SyncRefusedError("It would lose 67% of its 3 entries.")
    kept = Change(
        "by-team", {"Sales": "hotline"}, {}, ("'Sales': is not a service number",), failure
    )
    answer, log, metrics = run([CHANGES[0], kept])
    assert answer == {"entries": {"by-brand": 2}, "failed": {"by-team": str(failure)}}
    assert (log["level"], log["outcome"]) == ("ERROR", "SyncFailed")
    assert (log["error"], log["remedy"]) == ("SyncRefusedError", f"by-team: {failure}")
    assert (log["mappings"], log["changed"], log["entries"], log["rows_left_out"]) == (2, 1, 2, 1)
    assert (metrics["SyncFailed"], metrics["SyncLeftOutRows"]) == ([1.0], [1.0])
    assert "SyncSucceeded" not in metrics
    assert "Sales" not in json.dumps([answer, log, metrics])


def test_each_failure_is_logged_with_the_id_of_its_request(run: Any) -> None:
    failure = SalesforceUnavailableError("unavailable", "HTTP 503", request_id="4d3c")
    _, log, _ = run([CHANGES[0], Change("by-team", {}, {}, (), failure)])
    assert log["failures"] == [
        {"mapping": "by-team", "error": "SalesforceUnavailableError"}
        | {"reason": "unavailable", "request_id": "4d3c"}
    ]
    _, log, _ = run(DynamoDBError("The table failed.", code="Throttled", request_id="4d3c"))
    assert log["failures"] == [
        {"error": "DynamoDBError", "code": "Throttled", "request_id": "4d3c"},
    ]


def test_without_left_out_rows_nothing_is_counted(run: Any) -> None:
    _, _, metrics = run(CHANGES[1:])
    assert "SyncLeftOutRows" not in metrics


@pytest.mark.parametrize(
    "error",
    [
        SalesforceUnavailableError("unavailable", "HTTP 503: see status.salesforce.com"),
        DynamoDBError("The dial plans cannot be reached."),
        SyncRefusedError("Mapping 'by-brand' would lose 67% of its 3 entries."),
    ],
)
def test_a_failure_is_logged_and_counted_but_not_raised(run: Any, error: Exception) -> None:
    answer, log, metrics = run(error)
    assert answer == {"failed": str(error)}
    assert (log["level"], log["outcome"]) == ("ERROR", "SyncFailed")
    assert (log["error"], log["remedy"]) == (type(error).__name__, str(error))
    assert metrics["SyncFailed"] == [1.0]
