"""What is made anew in each sandbox that starts from a snapshot."""

from collections.abc import Callable
from functools import cache

import pytest

from click_to_dial import snapshot


def test_nothing_of_before_the_snapshot_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Callable[[], None]] = []
    monkeypatch.setattr(snapshot, "register_before_snapshot", hooks.append)
    monkeypatch.setattr(snapshot, "register_after_restore", hooks.append)
    wired = cache(object)
    snapshot.renew_after_restore(wired)
    before_snapshot, after_restore = hooks

    at_init = wired()
    before_snapshot()
    assert wired.cache_info().currsize == 0
    after_restore()

    assert wired.cache_info().currsize == 1
    assert wired() is not at_init
