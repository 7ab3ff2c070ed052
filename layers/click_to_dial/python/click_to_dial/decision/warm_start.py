"""What a sandbox does before its first event, whichever way it starts.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from contextlib import suppress
from functools import _lru_cache_wrapper

from click_to_dial.decision.service import ClickToDial

try:
    from snapshot_restore_py import register_after_restore, register_before_snapshot
except ImportError:  # only Lambda's runtime has it
    register_after_restore = register_before_snapshot = lambda hook: hook


def start(wired: "_lru_cache_wrapper[ClickToDial]", *, from_snapshot: bool) -> None:
    """Wires the use case (`wired` is cached), and begins what its first decision would wait for.

    Under SnapStart both happen in each sandbox after it was restored, so that connections, the
    access token and the age of the dial plan are its own. It is wired once before the snapshot too,
    which then holds all that is read and compiled for it.
    """

    def forget() -> None:
        wired()
        wired.cache_clear()

    def begin() -> None:
        wired().prepare()

    if from_snapshot:
        register_before_snapshot(forget)
        register_after_restore(begin)
        return
    with suppress(KeyError):  # a setting is missing, as each event will say
        begin()
