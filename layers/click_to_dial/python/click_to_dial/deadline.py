"""A time budget that holds whatever happens below: DNS, connect, TLS, a body that drips."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

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
        results: list[T] = []
        errors: list[Exception] = []

        def worker() -> None:
            try:
                results.append(work())
            except Exception as error:
                errors.append(error)

        thread = threading.Thread(target=worker, daemon=True)
        thread.start()
        thread.join(seconds)
        if errors:
            raise errors[0]
        if results:
            return results[0]
        raise OutOfTimeError(f"No answer within {seconds:.3f} s.")
