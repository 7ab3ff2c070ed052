"""The mode `key`: callers send a shared key, which Secrets Manager stores."""

import hmac
import math
import time
from collections.abc import Callable

from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.deadline import Deadline
from click_to_dial.errors import SecretError, UnverifiedError

CACHE_SECONDS = 300.0
MIN_READ_INTERVAL_SECONDS = 5.0
"""A key that does not match may be new. This limits the reads that a flood of wrong keys causes."""

STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""The previous value stays valid until the next rotation, so that callers have time to change."""


class SharedKey:
    """The current key and the previous one, cached in memory.

    `read` returns the secret's version with a given label and raises SecretError. `monotonic`
    returns seconds and never goes back.
    """

    def __init__(
        self, read: Callable[[str], str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._read_version = read
        self._monotonic = monotonic
        self._keys: list[bytes] = []
        self._read_at = self._tried_at = -math.inf

    def accepts(self, token: str) -> bool:
        """Return True if `token` is the current key or the previous one. Raises UnverifiedError."""
        now = self._monotonic()
        if now - self._read_at >= CACHE_SECONDS:
            self._keys = []
        if self._matches(token):
            return True
        if now - self._tried_at >= MIN_READ_INTERVAL_SECONDS:
            self._tried_at = now
            values = [self._value(stage) for stage in STAGES]
            self._keys = [value for value in values if value]
            self._read_at = now
            if not self._keys:
                raise UnverifiedError("secret-empty")
        elif not self._keys:
            raise UnverifiedError("secret-unreadable-before")
        return self._matches(token)

    def _matches(self, token: str) -> bool:
        given = token.encode()
        return any([hmac.compare_digest(key, given) for key in self._keys])  # noqa: C419 all of them

    def _value(self, stage: str) -> bytes:
        """Return the value of a version, empty if it does not exist, as before a first rotation."""
        try:
            return self._read_version(stage).strip().encode()
        except SecretError as error:
            if error.code == "ResourceNotFoundException":
                return b""
            raise UnverifiedError(
                f"secret-{error.code}", code=error.code, request_id=error.request_id
            ) from error


def check(key: SharedKey, token: str, deadline: Deadline) -> Verdict:
    """Verify a token. Raises UnverifiedError, OutOfTimeError."""
    if deadline.run(lambda: key.accepts(token)):
        return Verdict("AuthAllowed", "key", principal="key")
    return Verdict("AuthRefused", "wrong-key")
