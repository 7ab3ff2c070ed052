"""Decisions are read from CloudWatch Logs, here moto's, the newest first."""

import time
import uuid
from typing import Any

import boto3
import pytest

from click_to_dial.aws import create_client
from dialplan_cli import decision_log
from dialplan_cli.decision_log import DecisionLogError, read_log_group
from tests.logged_calls import line

NOW = float(int(time.time()))


@pytest.fixture
def log_group() -> str:
    name = f"group-{uuid.uuid4()}"
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=name)
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
    return name


def put(log_group: str, stream: str, *events: tuple[float, str]) -> None:
    boto3.client("logs").put_log_events(
        logGroupName=log_group,
        logStreamName=stream,
        logEvents=[{"timestamp": int(at * 1000), "message": text} for at, text in events],
    )


def seconds_ago(log_group: str, since: float) -> list[float]:
    client: Any = create_client("logs")
    return [NOW - call.at for call in read_log_group(client, log_group, NOW - since, NOW).calls]


def test_calls_of_all_sandboxes_are_read_the_newest_first(log_group: str) -> None:
    put(log_group, "one", (NOW - 9000, line(NOW - 9000)), (NOW - 100, line(NOW - 100)))
    put(log_group, "two", (NOW - 500, line(NOW - 500)), (NOW - 50, "START RequestId: 1"))
    assert seconds_ago(log_group, 3600) == [100, 500]
    assert seconds_ago(log_group, 24 * 3600) == [100, 500, 9000]


def test_the_newest_calls_are_kept(log_group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_log, "MAX_CALLS", 3)
    times = [NOW - n for n in (4000, 700, 600, 90, 80)]
    put(log_group, "one", *((at, line(at)) for at in times))
    found = read_log_group(create_client("logs"), log_group, NOW - 86400, NOW)
    assert [NOW - call.at for call in found.calls] == [80, 90, 600]
    assert not found.is_complete


def test_a_log_group_that_does_not_exist_is_an_error_with_its_name() -> None:
    with pytest.raises(DecisionLogError, match="nowhere"):
        read_log_group(create_client("logs"), "nowhere", NOW - 60, NOW)
