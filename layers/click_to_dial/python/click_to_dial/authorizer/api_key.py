"""The mode `key`: callers know a shared secret of Secrets Manager, which is kept in memory."""

import hmac
import math
import time
from collections.abc import Callable

from click_to_dial.authorizer.verdict import Verdict
from click_to_dial.aws.client import AwsClient
from click_to_dial.aws.errors import AwsError
from click_to_dial.deadline import Deadline
from click_to_dial.errors import UnverifiedError

KEEP_SECONDS = 300.0
RETRY_SECONDS = 5.0
"""A key that does not match may be a new one, or one of a flood of wrong ones."""

STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""The previous value stays good until the next rotation, so that callers can change over."""


class SharedKey:
    """The key and the one before it. `monotonic` gives seconds and never goes back."""

    def __init__(
        self, client: AwsClient, secret_id: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._monotonic = monotonic
        self._keys: list[bytes] = []
        self._read_at = self._tried_at = -math.inf

    def accepts(self, token: str) -> bool:
        """Whether `token` is the key or the one before it. Raises UnverifiedError."""
        now = self._monotonic()
        if now - self._read_at >= KEEP_SECONDS:
            self._keys = []
        if self._matches(token):
            return True
        if now - self._tried_at >= RETRY_SECONDS:
            self._read(now)
        elif not self._keys:
            raise UnverifiedError("secret-unreadable-before")
        return self._matches(token)

    def _matches(self, token: str) -> bool:
        given = token.encode()
        return any([hmac.compare_digest(key, given) for key in self._keys])  # noqa: C419 all of them

    def _read(self, now: float) -> None:
        self._tried_at = now
        values = [self._value(stage).strip().encode() for stage in STAGES]
        self._keys = [value for value in values if value]
        self._read_at = now
        if not self._keys:
            raise UnverifiedError("secret-empty")

    def _value(self, stage: str) -> str:
        """Empty where there is none: a secret that was never rotated has no previous value."""
        try:
            answer = self._client("GetSecretValue", SecretId=self._secret_id, VersionStage=stage)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return ""
            raise UnverifiedError(f"secret-{error.code}") from None
        return str(answer.get("SecretString", ""))


def check(key: SharedKey, token: str, deadline: Deadline) -> Verdict:
    """The verdict on a token. Raises UnverifiedError, OutOfTimeError."""
    if deadline.run(lambda: key.accepts(token)):
        return Verdict("AuthAllowed", "key", principal="key")
    return Verdict("AuthRefused", "wrong-key")
