"""A time budget that holds whatever happens below: DNS, connect, TLS, a body that drips."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from click_to_dial.errors import OutOfTimeError

T = TypeVar("T")


class Deadline:
    """A point in time, `seconds` from now on a monotonic clock."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._ends_at - self._monotonic())

    def run(self, work: Callable[[], T], at_most: float | None = None) -> T:
        """The result, or the exception, of `work`, waited for until the deadline or `at_most` s.

        Raises OutOfTimeError when the time is up. `work` then goes on unheard in its thread: no
        timeout of a socket covers a resolver that hangs or a body that comes byte by byte.
        """
        seconds = self.remaining() if at_most is None else min(self.remaining(), at_most)
        if seconds <= 0:
            raise OutOfTimeError("The time budget is used up.")
        try:
            result, error = begin(work).get(timeout=seconds)
        except Empty:
            raise OutOfTimeError(f"No answer within {seconds:.3f} s.") from None
        if error is not None:
            raise error
        return cast(T, result)


_Job = tuple[Callable[[], Any], SimpleQueue[Any]]
"""Some work, and where its result or its exception goes."""

_idle: list[SimpleQueue[_Job]] = []
"""Where threads wait that have nothing to do. To start a thread for each piece of work would take
more CPU than all else in a decision; one whose work is stuck is not here until it is done."""


def begin(work: Callable[[], T]) -> SimpleQueue[tuple[T | None, Exception | None]]:
    """Starts `work` in a thread. Its result, or its exception, is put into the queue."""
    outcomes: SimpleQueue[tuple[T | None, Exception | None]] = SimpleQueue()
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        threading.Thread(target=_work_off, args=(jobs,), daemon=True).start()
    jobs.put((work, outcomes))
    return outcomes


def _work_off(jobs: SimpleQueue[_Job]) -> None:
    while True:
        work, outcomes = jobs.get()
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        _idle.append(jobs)  # first, so that who gets the outcome finds this thread idle
        outcomes.put((result, error))
        del work, outcomes, result, error  # an idle thread holds nothing
