"""Hooks of SnapStart, which starts sandboxes from a snapshot of an initialised one.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from collections.abc import Callable

from click_to_dial import aws

try:
    from snapshot_restore_py import register_after_restore, register_before_snapshot
except ImportError:  # only Lambda's runtime has it
    register_after_restore = register_before_snapshot = lambda hook: hook


def around_snapshot(prepare: Callable[[], None], resume: Callable[[], None]) -> None:
    """Call `prepare` before the snapshot, and `resume` in each sandbox that is restored from it.

    The AWS clients that `prepare` makes have no credentials, so that the snapshot contains none.
    `resume` must not use them.
    """

    def before_snapshot() -> None:
        with aws.without_credentials():
            prepare()

    register_before_snapshot(before_snapshot)
    register_after_restore(resume)
