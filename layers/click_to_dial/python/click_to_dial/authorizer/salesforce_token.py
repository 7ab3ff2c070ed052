"""The mode `salesforce`: callers hold an access token that Salesforce vouches for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.deadline import Deadline
from click_to_dial.errors import DynamoDBError, OutOfTimeError, UnverifiedError
from click_to_dial.salesforce_id import to_18

SALESFORCE_SECONDS = 1.5
"""So that there is time left to look up whether the token was confirmed before."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token it is, as Salesforce says. Both ids have 18 characters."""

    user_id: str
    username: str
    organization_id: str


class Confirmations(Protocol):
    """Which tokens Salesforce confirmed lately: ConfirmedTokens. All raise DynamoDBError."""

    def keep(self, token: str, user_id: str) -> None:
        """Salesforce has just said that this is a token of this user, who may call."""

    def user_of(self, token: str) -> str | None:
        """The user id, where `token` was confirmed lately enough."""

    def forget(self, token: str) -> None:
        """Salesforce has just said no."""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Whose tokens are let in; an empty field restricts nothing. Ids may have 15 characters."""

    organization_id: str
    users: frozenset[str]

    def refusal(self, identity: Identity) -> str | None:
        """Why `identity` is not let in; None where it is."""
        if self.organization_id and to_18(self.organization_id) != identity.organization_id:
            return "other-organisation"
        users = {to_18(user) or user.lower() for user in self.users}
        if users and users.isdisjoint({identity.user_id, identity.username.lower()}):
            return "user-not-allowed"
        return None


def check(
    ask: Callable[[str], Identity | None],
    confirmations: Confirmations,
    admission: AccessPolicy,
    token: str,
    deadline: Deadline,
) -> Verdict:
    """The verdict on a token. `ask` gives None for no, and raises UnverifiedError for no answer."""
    try:
        identity = deadline.run(lambda: ask(token), SALESFORCE_SECONDS)
    except UnverifiedError as error:
        return _confirmed_before(confirmations, token, deadline, error.reason)
    except OutOfTimeError:
        return _confirmed_before(confirmations, token, deadline, "salesforce-timeout")
    refusal = "salesforce-says-no" if identity is None else admission.refusal(identity)
    if identity is None or refusal is not None:
        failed = not _done(deadline, lambda: confirmations.forget(token))
        return Verdict("AuthRefused", refusal or "", cache_failed=failed)
    user_id = identity.user_id
    failed = not _done(deadline, lambda: confirmations.keep(token, user_id))
    return Verdict("AuthAllowed", "salesforce", principal=user_id, cache_failed=failed)


def _confirmed_before(
    confirmations: Confirmations, token: str, deadline: Deadline, reason: str
) -> Verdict:
    try:
        user_id = deadline.run(lambda: confirmations.user_of(token))
    except (DynamoDBError, OutOfTimeError):
        return Verdict("AuthUnverified", reason, cache_failed=True)
    if user_id is None:
        return Verdict("AuthUnverified", reason)
    return Verdict("AuthAllowedStale", reason, principal=user_id)


def _done(deadline: Deadline, work: Callable[[], None]) -> bool:
    """Whether `work` was done in time. The verdict stands either way."""
    try:
        deadline.run(work)
    except (DynamoDBError, OutOfTimeError):
        return False
    return True
