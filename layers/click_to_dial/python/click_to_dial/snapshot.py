"""SnapStart: what a sandbox must not share with the others that start from the same snapshot.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from functools import _lru_cache_wrapper
from typing import Any

try:
    from snapshot_restore_py import register_after_restore, register_before_snapshot
except ImportError:  # only Lambda's runtime has it
    register_after_restore = register_before_snapshot = lambda hook: hook


def renew_after_restore(wired: "_lru_cache_wrapper[Any]") -> None:
    """Makes anew, in each sandbox, what `wired` (a functools.cache) makes.

    So connections, the access token and the age of the dial plan are its own.
    It is made once before the snapshot too, which then holds all that is read and compiled for it.
    """

    def forget() -> None:
        wired()
        wired.cache_clear()

    def renew() -> None:
        wired.cache_clear()
        wired()

    register_before_snapshot(forget)
    register_after_restore(renew)
