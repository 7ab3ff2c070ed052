"""A time budget that ends even if a resolver, a connection or a slow response body hangs."""

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from click_to_dial.errors import OutOfTimeError

T = TypeVar("T")
Outcomes = SimpleQueue[tuple[T | None, Exception | None]]
"""Queue that receives the result or the exception of a job."""


class Deadline:
    """A point in time, `seconds` from now on a monotonic clock."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, never negative."""
        return max(0.0, self._ends_at - self._monotonic())

    def run(self, work: Callable[[], T], at_most: float | None = None) -> T:
        """Run `work` in a thread and return its result or raise its exception.

        Wait until the deadline, but no longer than `at_most` seconds; then raise OutOfTimeError.
        `work` continues in its thread and its result is dropped: no socket timeout covers a
        resolver that hangs or a body that arrives byte by byte.
        """
        if self.remaining() <= 0 or (at_most is not None and at_most <= 0):
            raise OutOfTimeError("The time budget is used up.")
        return self.wait(begin(work), at_most)

    def wait(self, outcomes: Outcomes[T], at_most: float | None = None) -> T:
        """Return the result of work that `begin` has started, or raise its exception.

        Wait as long as `run` does. Without time, only a result that is there already is returned.
        """
        seconds = self.remaining() if at_most is None else min(self.remaining(), at_most)
        try:
            result, error = outcomes.get(timeout=seconds)
        except Empty:
            raise OutOfTimeError(f"No answer within {seconds:.3f} s.") from None
        if error is not None:
            raise error
        return cast(T, result)


def run_together(jobs: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run all jobs at the same time, the first in this thread. Return each result or exception."""
    others = [begin(job) for job in jobs[1:]]
    results: list[T | Exception] = []
    for job in jobs[:1]:
        try:
            results.append(job())
        except Exception as error:
            results.append(error)
    for outcomes in others:
        result, raised = outcomes.get()
        results.append(cast(T, result) if raised is None else raised)
    return results


_Job = tuple[Callable[[], Any], SimpleQueue[Any]]
"""Work, and the queue for its result or exception."""

_idle: list[SimpleQueue[_Job]] = []
"""Job queues of idle threads. To start a thread for each job would take more CPU than everything
else in a decision. A thread that hangs is not in this list."""


def begin(work: Callable[[], T]) -> Outcomes[T]:
    """Start `work` in a thread and return a queue that receives its result or its exception.

    The thread runs in a copy of the caller's context, so that spans of a tracing agent belong to
    the caller's trace. It is a daemon thread, so a job that hangs does not delay the process's end.
    """
    outcomes: Outcomes[T] = SimpleQueue()
    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        threading.Thread(target=_run_jobs, args=(jobs,), daemon=True).start()
    jobs.put((partial(contextvars.copy_context().run, work), outcomes))
    return outcomes


def _run_jobs(jobs: SimpleQueue[_Job]) -> None:
    while True:
        work, outcomes = jobs.get()
        result, error = None, None
        try:
            result = work()
        except Exception as raised:
            error = raised
        _idle.append(jobs)  # before the result is sent, so that its receiver can reuse this thread
        outcomes.put((result, error))
        del work, outcomes, result, error  # an idle thread must not keep them alive
