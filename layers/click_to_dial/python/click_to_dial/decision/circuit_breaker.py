"""Circuit breaker of a sandbox: while Salesforce is down, calls do not wait for it."""

import time
from collections.abc import Callable

MAX_FAILURES = 2
"""Consecutive failures that open the circuit. Each costs an agent the whole time budget."""
OPEN_SECONDS = 5.0
"""Pause before one call tries again."""


class CircuitBreaker:
    """Counter of consecutive failures. A sandbox serves one call at a time, so it needs no lock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._opened_at = 0.0

    @property
    def is_open(self) -> bool:
        """Return whether Salesforce should not be asked now."""
        waited = self._monotonic() - self._opened_at
        return self._failures >= MAX_FAILURES and waited < OPEN_SECONDS

    def succeeded(self) -> None:
        """Report that Salesforce answered."""
        self._failures = 0

    def failed(self) -> None:
        """Report that Salesforce did not answer. The pause starts again."""
        self._failures += 1
        self._opened_at = self._monotonic()
