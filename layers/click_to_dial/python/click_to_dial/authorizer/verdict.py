"""What a mode of the authorizer finds out about a caller."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from click_to_dial.deadline import Deadline

Outcome = Literal["AuthAllowed", "AuthAllowedStale", "AuthRefused", "AuthUnverified", "AuthFailed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a caller is let in: only where there is a `principal`.

    `outcome` is counted, `reason` is a code for the log. `cache_failed`: a confirmation could not
    be read, kept or, worst, forgotten.
    """

    outcome: Outcome
    reason: str
    principal: str | None = None
    cache_failed: bool = False


Check = Callable[[str, Deadline], Verdict]
"""A mode: the verdict on a token. Raises UnverifiedError, OutOfTimeError."""
