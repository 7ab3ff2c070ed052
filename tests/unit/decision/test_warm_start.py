"""Work before a sandbox's first event, with and without SnapStart."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from click_to_dial.decision import warm_start
from click_to_dial.decision.warm_start import rehearse, start
from click_to_dial.observability import metrics


class Service:
    def __init__(self) -> None:
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    hooks: list[Callable[[], None]] = []
    monkeypatch.setattr(warm_start, "register_before_snapshot", hooks.append)
    monkeypatch.setattr(warm_start, "register_after_restore", hooks.append)
    return hooks


def test_a_sandbox_starts_at_once_what_its_first_decision_needs(
    hooks: list[Callable[[], None]],
) -> None:
    build = cache(Service)
    start(build, from_snapshot=False)  # type: ignore[arg-type]
    assert build().prepared == 1
    assert hooks == []


def test_a_missing_setting_does_not_stop_a_sandbox_because_each_event_reports_it() -> None:
    def missing() -> None:
        raise KeyError("TABLE_NAME")

    start(cache(missing), from_snapshot=False)  # type: ignore[arg-type]


def test_nothing_is_read_or_connected_before_the_snapshot(
    hooks: list[Callable[[], None]],
) -> None:
    build = cache(Service)
    start(build, from_snapshot=True)  # type: ignore[arg-type]
    before_snapshot, after_restore = hooks

    before_snapshot()
    assert build.cache_info().currsize == 1
    assert build().prepared == 0
    after_restore()

    assert build().prepared == 1


def test_the_decision_before_the_snapshot_writes_no_log_and_counts_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Unit tests cannot open sockets, so it opens none either."""
    answer = rehearse()
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["ServiceNumber"] == "498999998100"
    assert capfd.readouterr() == ("", "")
    assert metrics.metric_set == {}
