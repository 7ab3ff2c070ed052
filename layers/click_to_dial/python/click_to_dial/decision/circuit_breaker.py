"""A circuit breaker per sandbox: while Salesforce is down, nobody waits for it."""

import time
from collections.abc import Callable

FAILURES = 2
"""In a row. One alone may be chance; each costs an agent the whole time budget."""
OPEN_SECONDS = 5.0
"""After which one call tries again: recovery is noticed that soon."""


class CircuitBreaker:
    """Counts failures in a row. A sandbox serves one call at a time, so it needs no lock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the next call is not worth trying."""
        waited = self._monotonic() - self._opened_at
        return self._failures >= FAILURES and waited < OPEN_SECONDS

    def succeeded(self) -> None:
        """Salesforce answered."""
        self._failures = 0

    def failed(self) -> None:
        """Salesforce did not answer; the pause starts (again) where that is not the first time."""
        self._failures += 1
        self._opened_at = self._monotonic()
