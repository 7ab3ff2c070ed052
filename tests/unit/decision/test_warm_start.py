"""What a sandbox does before its first event, and what is made anew after a snapshot."""

from collections.abc import Callable
from functools import cache

import pytest

from click_to_dial.decision import warm_start as start


class UseCase:
    def __init__(self) -> None:
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    hooks: list[Callable[[], None]] = []
    monkeypatch.setattr(start, "register_before_snapshot", hooks.append)
    monkeypatch.setattr(start, "register_after_restore", hooks.append)
    return hooks


def test_a_sandbox_begins_at_once_what_its_first_decision_needs(
    hooks: list[Callable[[], None]],
) -> None:
    wired = cache(UseCase)
    start.start(wired, from_snapshot=False)  # type: ignore[arg-type]
    assert wired().prepared == 1
    assert hooks == []


def test_a_missing_setting_is_told_by_each_event_not_by_a_sandbox_that_does_not_start() -> None:
    def missing() -> None:
        raise KeyError("TABLE_NAME")

    start.start(cache(missing), from_snapshot=False)  # type: ignore[arg-type]


def test_nothing_of_before_the_snapshot_is_left(hooks: list[Callable[[], None]]) -> None:
    wired = cache(UseCase)
    start.start(wired, from_snapshot=True)  # type: ignore[arg-type]
    before_snapshot, after_restore = hooks

    at_init = wired()
    before_snapshot()
    assert wired.cache_info().currsize == 0
    after_restore()

    assert wired.cache_info().currsize == 1
    assert wired() is not at_init
    assert (at_init.prepared, wired().prepared) == (0, 1)
