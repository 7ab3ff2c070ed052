"""Keyed hashes, which replace phone numbers and agents in the table and in the log."""

import hmac
import math
import threading
import time
from collections.abc import Callable
from hashlib import sha256

from click_to_dial.errors import SecretError

RETRY_SECONDS = 5.0
"""Pause after the key could not be read, so that not every hash waits for Secrets Manager."""

Pseudonym = Callable[[str], str]
"""A function that hashes a text. Raises SecretError if its key cannot be read."""


def keyed(key: str) -> Pseudonym:
    """Return a function that hashes a text with `key` to 32 hexadecimal digits.

    There are so few phone numbers that all hashes without a key could be computed in minutes
    (docs/privacy.md).
    """
    return lambda text: hmac.new(key.encode(), text.encode(), sha256).hexdigest()[:32]


class SecretPseudonym:
    """A `Pseudonym` whose key is read from a secret when the first text is hashed.

    `read` returns the key and raises SecretError. `monotonic` returns seconds and never goes back.
    """

    def __init__(
        self, read: Callable[[], str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._hash: Pseudonym | None = None
        self._failure: tuple[float, SecretError] = (-math.inf, SecretError("", code=""))

    def __call__(self, text: str) -> str:
        """Return the hash of a text. Raises SecretError."""
        return (self._hash or self._with_key())(text)

    def _with_key(self) -> Pseudonym:
        """Read the key. One thread does it, others wait for its result."""
        with self._lock:
            if self._hash is not None:
                return self._hash
            failed_at, failure = self._failure
            if self._monotonic() - failed_at < RETRY_SECONDS:
                raise failure
            try:
                key = self._read()
                if not key:
                    raise SecretError("The key of the hashes is empty.", code="EmptySecret")
            except SecretError as error:
                self._failure = (self._monotonic(), error)
                raise
            self._hash = keyed(key)
            return self._hash
