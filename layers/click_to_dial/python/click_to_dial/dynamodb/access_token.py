"""The Salesforce access token, shared by all sandboxes so that one login serves them all.

Salesforce allows 3,600 logins per hour and user, then refuses all. So a sandbox that needs a new
token acquires a lease by a conditional write, and the others wait for its result. A failed login is
shared too: nobody tries again before `failed_until`.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    ClickToDialError,
    ConditionFailedError,
    DynamoDBError,
    OutOfTimeError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    UnreadableItemError,
)
from click_to_dial.ports import MAX_SECONDS_AHEAD, is_access_token

MIN_POLL_SECONDS, MAX_POLL_SECONDS = 0.05, 0.4
"""Pause between two looks at the result of another sandbox. It grows by half each time, so that
many waiting sandboxes do not overload DynamoDB."""
UNAVAILABLE_PAUSE_SECONDS = 2.0
"""Pause after a login that Salesforce did not answer."""
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 5.0, 60.0
"""Pause after a login that Salesforce refused. It doubles each time, but stays short enough to
notice soon that the cause was removed."""

NEW_TOKEN_SECONDS = 10.0
"""Time for which a token counts as new. An older one may have expired, like the one it replaces."""

MAX_FAILURES = 10
"""Maximum number of failed logins that is stored. The pause is longest before that."""

Item = Mapping[str, Any]

LEASE_MARGIN_SECONDS = 1.0
"""Margin added to the login timeout, so that the lease cannot expire during a login."""


class Login(NamedTuple):
    """A function that returns a new token, and the maximum duration of a login in seconds."""

    log_in: Callable[[Deadline], str]
    seconds: float


class TokenStoreError(SalesforceUnavailableError):
    """DynamoDB did not return or store the token, which has the effect of an outage."""


class SharedToken:
    """Returns the token from memory, from the table or, holding the lease, from a login.

    With `ignore_failures`, it logs in although another login has just failed: an administrator who
    runs a command may have removed the cause.
    """

    def __init__(
        self,
        client: AwsClient,
        table_name: str,
        org: str,
        login: Login,
        clock: Callable[[], float] = time.time,
        *,
        ignore_failures: bool = False,
    ) -> None:
        self._ignore_failures = ignore_failures
        self._client = client
        self._item = {
            "TableName": table_name,
            "Key": {"pk": {"S": f"token#{org}"}, "sk": {"S": "token"}},
        }
        self._login = login
        self._clock = clock
        self._token: str | None = None
        self._own_token: str | None = None
        self._failure: ClickToDialError | None = None

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        """Return a token other than `rejected`, which Salesforce no longer accepts.

        Raises SalesforceError (also for a failed login of another sandbox), OutOfTimeError.
        """
        if self._token is not None and self._token != rejected:
            return self._token
        owner = uuid.uuid4().hex  # not earlier, since sandboxes may be copies of one snapshot
        pause = MIN_POLL_SECONDS
        while True:
            try:
                item = self._read()
                self._raise_shared_failure(item)
                token = self._usable_token(item, rejected)
                if token is None and not self._is_leased(item, owner):
                    token = self._renewed(deadline, item.get("token"), owner)
            except TokenStoreError:  # DynamoDB may answer again soon
                if deadline.remaining() <= pause:
                    raise
                token = None
            if token is not None:
                self._token = token
                return token
            if deadline.remaining() <= pause:
                raise OutOfTimeError("Another sandbox is still logging in to Salesforce.")
            time.sleep(pause)
            pause = min(pause * 1.5, MAX_POLL_SECONDS)

    def give_up(self, token: str, error: SalesforceError) -> None:
        """Report that a newly issued token was rejected, so that other sandboxes do not log in.

        A token from the login of another sandbox may have expired, so that it is not reported.
        """
        self._token = None
        if token == self._own_token:
            self._share_failure(error, "#token = :proof", token)

    def take_failure(self) -> ClickToDialError | None:
        """Return, once, why the shared token counted as absent; None if it was readable."""
        failure, self._failure = self._failure, None
        return failure

    def _raise_shared_failure(self, item: Item) -> None:
        """Raise the error of a recent failed login of any sandbox."""
        now = self._clock()
        until = float(item.get("failed_until", {}).get("N", "0"))
        if not self._ignore_failures and now < until <= now + MAX_PAUSE_SECONDS + MAX_SECONDS_AHEAD:
            retryable = item.get("heals", {}).get("BOOL", True)
            error = SalesforceUnavailableError if retryable else SalesforceConfigurationError
            reason = item.get("reason", {}).get("S", "login-unavailable")
            raise error(reason, item.get("message", {}).get("S", ""))

    def _usable_token(self, item: Item, rejected: str | None) -> str | None:
        """Return the token of any sandbox unless it is rejected, malformed or dated ahead.

        If a token was rejected, only a new one replaces it. An older one may have expired as well.
        """
        if "token" not in item:
            return None
        token = item["token"].get("S")
        if not is_access_token(token):
            self._failure = UnreadableItemError("The shared access token has an unknown form.")
            return None
        issued_at = float(item.get("issued_at", {}).get("N", "0"))
        age = self._clock() - issued_at
        if token == rejected or age < -MAX_SECONDS_AHEAD:
            return None
        return str(token) if rejected is None or age <= NEW_TOKEN_SECONDS else None

    def _is_leased(self, item: Item, owner: str) -> bool:
        """Return True while another sandbox than `owner` logs in. It is not disturbed by writes.

        A lease that ends later than any can comes from a wrong clock and is ignored.
        """
        if item.get("lease_owner", {}).get("S") == owner:  # the answer to taking it was lost
            return False
        left = float(item.get("lease_until", {}).get("N", "0")) - self._clock()
        return 0 <= left <= self._login.seconds + LEASE_MARGIN_SECONDS + MAX_SECONDS_AHEAD

    def _renewed(self, deadline: Deadline, replaced: Item | None, owner: str) -> str | None:
        """Return a new token, or None if another sandbox holds the lease.

        `replaced` is the attribute with the token that cannot be used, or None without one.
        """
        if not self._take_lease(replaced, owner):
            return None
        try:
            token = self._login.log_in(Deadline(min(deadline.remaining(), self._login.seconds)))
        except SalesforceError as error:
            self._share_failure(error, "lease_owner = :proof", owner)
            raise
        self._own_token = token
        with suppress(TokenStoreError):  # this sandbox can use it even if it cannot be shared
            self._update(
                "SET #token = :token, issued_at = :now "
                "REMOVE lease_owner, lease_until, failed_until, failures, reason, message, heals",
                "lease_owner = :proof",
                {":token": _text(token), ":now": _number(self._clock()), ":proof": _text(owner)},
            )
        return token

    def _take_lease(self, replaced: Item | None, owner: str) -> bool:
        """Take the lease unless another sandbox holds it, or has just failed to log in.

        A lease or pause is ignored if it is no number, or ends later than any can: because of a
        wrong clock.
        """
        now = self._clock()
        lease_ends = now + self._login.seconds + LEASE_MARGIN_SECONDS
        no_token = "attribute_not_exists(#token)"
        # Every pause ends after 0, so that each is ignored.
        latest_pause = 0 if self._ignore_failures else now + MAX_PAUSE_SECONDS + MAX_SECONDS_AHEAD
        return self._update(
            "SET lease_owner = :owner, lease_until = :until",
            "(NOT attribute_type(lease_until, :number) OR lease_until < :now "
            "OR lease_until > :latest_lease OR lease_owner = :owner) AND "
            "(NOT attribute_type(failed_until, :number) OR failed_until <= :now "
            "OR failed_until > :latest_pause) AND "
            + (no_token if replaced is None else f"({no_token} OR #token = :replaced)"),
            {
                ":owner": _text(owner),
                ":until": _number(lease_ends),
                ":now": _number(now),
                ":number": _text("N"),
                ":latest_lease": _number(lease_ends + MAX_SECONDS_AHEAD),
                ":latest_pause": _number(latest_pause),
            }
            | ({} if replaced is None else {":replaced": replaced}),
        )

    def _share_failure(self, error: SalesforceError, condition: str, proof: str) -> None:
        with suppress(TokenStoreError):  # the caller raises `error`, which is more useful
            failures = float(self._read().get("failures", {}).get("N", "0"))
            failures = min(max(failures, 0), MAX_FAILURES)  # whatever the item contains
            pause = UNAVAILABLE_PAUSE_SECONDS
            if isinstance(error, SalesforceConfigurationError):
                pause = min(MIN_PAUSE_SECONDS * 2**failures, MAX_PAUSE_SECONDS)
            self._update(
                "SET failed_until = :until, failures = :failures, reason = :reason, "
                "message = :message, heals = :heals REMOVE #token, lease_owner, lease_until",
                condition,
                {
                    ":until": _number(self._clock() + pause),
                    ":failures": _number(min(failures + 1, MAX_FAILURES)),
                    ":reason": _text(error.reason),
                    ":message": _text(str(error)),
                    ":heals": {"BOOL": isinstance(error, SalesforceUnavailableError)},
                    ":proof": _text(proof),
                },
            )

    def _read(self) -> Item:
        try:
            with dynamodb_errors("The shared access token cannot be read."):
                response = self._client.get_item(**self._item, ConsistentRead=True)
        except DynamoDBError as error:
            raise _token_store_error(error) from error
        item: Item = response.get("Item", {})
        return item

    def _update(self, expression: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Update the item and return True, or return False if the condition did not hold."""
        names = {"#token": "token"} if "#token" in expression + condition else None
        optional = {} if names is None else {"ExpressionAttributeNames": names}
        try:
            with dynamodb_errors("The shared access token cannot be written."):
                self._client.update_item(
                    **self._item,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    **optional,
                )
        except ConditionFailedError:
            return False
        except DynamoDBError as error:
            raise _token_store_error(error) from error
        return True


def _token_store_error(error: DynamoDBError) -> TokenStoreError:
    return TokenStoreError("token-store", str(error), code=error.code, request_id=error.request_id)


def _text(value: str) -> Mapping[str, str]:
    return {"S": value}


def _number(value: float) -> Mapping[str, str]:
    return {"N": str(value)}
