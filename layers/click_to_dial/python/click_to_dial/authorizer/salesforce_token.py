"""The mode `salesforce`: callers have an access token of the organisation."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.deadline import Deadline
from click_to_dial.errors import DynamoDBError, OutOfTimeError, UnverifiedError
from click_to_dial.ports import Identity, TokenVerifications
from click_to_dial.salesforce_id import to_18

SALESFORCE_SECONDS = 1.5
"""Time limit of Salesforce; it leaves time to look up if the token was verified before."""


_ORGANIZATION = re.compile(r"(00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?)!", re.ASCII)


@dataclass(frozen=True)
class AccessPolicy:
    """Restriction of the callers to an organisation and to users, named by id or username.

    An empty field allows all. Ids may have 15 characters.
    """

    organization_id: str
    users: frozenset[str]

    def is_token_of_other_organization(self, token: str) -> bool:
        """Return True if `token` begins with the id of an organisation that is not allowed.

        Session ids begin with the id of their organisation and an exclamation mark. Other tokens,
        such as JWTs, do not tell.
        """
        match = _ORGANIZATION.match(token)
        return bool(
            self.organization_id and match and to_18(match[1]) != to_18(self.organization_id)
        )

    def refusal(self, identity: Identity) -> str | None:
        """Return why `identity` may not call; None if it may."""
        if self.organization_id and to_18(self.organization_id) != identity.organization_id:
            return "other-organisation"
        users = {to_18(user) or user.lower() for user in self.users}
        if users and users.isdisjoint({identity.user_id, identity.username.lower()}):
            return "user-not-allowed"
        return None


def check(
    identify: Callable[[str, Deadline], Identity | None],
    verified: TokenVerifications,
    policy: AccessPolicy,
    token: str,
    deadline: Deadline,
) -> Verdict:
    """Return the verdict on a token.

    `identify` returns None for an invalid token, and raises UnverifiedError without an answer. A
    token of another organisation is refused without a request to Salesforce.
    """
    if policy.is_token_of_other_organization(token):
        return Verdict("AuthRefused", "other-organisation")
    try:
        limit = Deadline(min(SALESFORCE_SECONDS, deadline.remaining()))
        identity = deadline.run(lambda: identify(token, limit), SALESFORCE_SECONDS)
    except UnverifiedError as error:
        return _verified_before(verified, token, deadline, error)
    except OutOfTimeError:
        timeout = UnverifiedError("salesforce-timeout")
        return _verified_before(verified, token, deadline, timeout)
    refusal = "salesforce-says-no" if identity is None else policy.refusal(identity)
    if identity is None or refusal is not None:
        failure = _error_of(deadline, lambda: verified.forget(token))
        return Verdict("AuthRefused", refusal or "", None, failure is not None, failure)
    user_id = identity.user_id
    failure = _error_of(deadline, lambda: verified.keep(token, user_id))
    return Verdict("AuthAllowed", "salesforce", user_id, failure is not None, failure)


def _verified_before(
    verified: TokenVerifications, token: str, deadline: Deadline, error: UnverifiedError
) -> Verdict:
    """Return the verdict on a token that Salesforce did not verify because of `error`."""
    try:
        user_id = deadline.run(lambda: verified.user_of(token))
    except (DynamoDBError, OutOfTimeError) as cache_error:
        return Verdict("AuthUnverified", error.reason, cache_failed=True, error=cache_error)
    if user_id is None:
        return Verdict("AuthUnverified", error.reason, error=error)
    return Verdict("AuthAllowedStale", error.reason, user_id, error=error)


def _error_of(
    deadline: Deadline, work: Callable[[], None]
) -> DynamoDBError | OutOfTimeError | None:
    """Do `work` and return its error. The verdict stands either way."""
    try:
        deadline.run(work)
    except (DynamoDBError, OutOfTimeError) as error:
        return error
    return None
