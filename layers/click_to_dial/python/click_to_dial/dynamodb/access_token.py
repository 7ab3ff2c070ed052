"""The Salesforce access token, shared by all sandboxes so that one login serves them all.

Salesforce allows 3,600 logins an hour and user, then refuses all. So whoever needs a new token
takes a lease by a conditional write; the others wait for what comes of it. A failed login is shared
too: nobody tries again before `failed_until`.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from click_to_dial.aws.client import AwsClient
from click_to_dial.aws.errors import AwsError
from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    OutOfTimeError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
)

POLL_SECONDS = 0.05
UNAVAILABLE_SECONDS = 2.0
"""The pause after a login that Salesforce did not answer."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 60.0
"""After one that it refused; doubled each time, yet short enough to notice the fix."""

LEASE_MARGIN_SECONDS = 1.0
"""Who still works on a login holds the lease: it is longer than a login may take."""

LogIn = Callable[[Deadline], str]


class TableFailedError(SalesforceUnavailableError):
    """DynamoDB does not give or keep the token: as good as a Salesforce out of reach."""


class SharedToken:
    """Gives the token, from memory, from the table, or, holding the lease, from `log_in`."""

    def __init__(
        self,
        client: AwsClient,
        table_name: str,
        org: str,
        log_in: LogIn,
        *,
        login_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._item = {
            "TableName": table_name,
            "Key": {"pk": {"S": f"token#{org}"}, "sk": {"S": "token"}},
        }
        self._log_in = log_in
        self._login_seconds = login_seconds
        self._clock = clock
        self._token: str | None = None

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        """A token other than `rejected`, which Salesforce no longer takes.

        Raises SalesforceError (also for a failed login of another sandbox), OutOfTimeError.
        """
        if self._token is not None and self._token != rejected:
            return self._token
        owner = uuid.uuid4().hex  # made now, since sandboxes may be copies of one snapshot
        while True:
            try:
                token = self._shared(rejected) or self._renewed(deadline, rejected, owner)
            except TableFailedError:  # DynamoDB is back soon, if at all
                if deadline.remaining() <= POLL_SECONDS:
                    raise
                token = None
            if token is not None:
                self._token = token
                return token
            if deadline.remaining() <= POLL_SECONDS:
                raise OutOfTimeError("Another sandbox is still logging in to Salesforce.")
            time.sleep(POLL_SECONDS)

    def give_up(self, token: str, error: SalesforceError) -> None:
        """Forgets `token`, which is new and yet refused, and shares `error` for a while."""
        self._token = None
        self._share_failure(error, "#token = :proof", token)

    def _shared(self, rejected: str | None) -> str | None:
        """The token that some sandbox got. Raises what made the last login fail, for a while."""
        item = self._read()
        _raise_if_failed(item, self._clock())
        token = item.get("token", {}).get("S")
        return None if token == rejected else token

    def _renewed(self, deadline: Deadline, rejected: str | None, owner: str) -> str | None:
        """A new token, where the lease can be had; None where another sandbox is at it."""
        if not self._take_lease(rejected, owner):
            return None
        try:
            token = self._log_in(Deadline(min(deadline.remaining(), self._login_seconds)))
        except SalesforceError as error:
            self._share_failure(error, "lease_owner = :proof", owner)
            raise
        with suppress(TableFailedError):  # it serves this sandbox, whether or not it can be shared
            self._update(
                "SET #token = :token, issued_at = :now "
                "REMOVE lease_owner, lease_until, failed_until, failures, reason, message, heals",
                "lease_owner = :proof",
                {":token": _text(token), ":now": _number(self._clock()), ":proof": _text(owner)},
            )
        return token

    def _take_lease(self, rejected: str | None, owner: str) -> bool:
        now = self._clock()
        no_token = "attribute_not_exists(#token)"
        return self._update(
            "SET lease_owner = :owner, lease_until = :until",
            "(attribute_not_exists(lease_until) OR lease_until < :now OR lease_owner = :owner) AND "
            "(attribute_not_exists(failed_until) OR failed_until <= :now) AND "
            + (no_token if rejected is None else f"({no_token} OR #token = :rejected)"),
            {
                ":owner": _text(owner),
                ":until": _number(now + self._login_seconds + LEASE_MARGIN_SECONDS),
                ":now": _number(now),
            }
            | ({} if rejected is None else {":rejected": _text(rejected)}),
        )

    def _share_failure(self, error: SalesforceError, condition: str, proof: str) -> None:
        with suppress(TableFailedError):  # `error` says more than that it cannot be shared
            failures = int(self._read().get("failures", {}).get("N", "0"))
            pause = UNAVAILABLE_SECONDS
            if isinstance(error, SalesforceConfigurationError):
                pause = min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS)
            self._update(
                "SET failed_until = :until, failures = :failures, reason = :reason, "
                "message = :message, heals = :heals REMOVE #token, lease_owner, lease_until",
                condition,
                {
                    ":until": _number(self._clock() + pause),
                    ":failures": _number(min(failures + 1, 10)),
                    ":reason": _text(error.reason),
                    ":message": _text(str(error)),
                    ":heals": {"BOOL": isinstance(error, SalesforceUnavailableError)},
                    ":proof": _text(proof),
                },
            )

    def _read(self) -> Mapping[str, Any]:
        try:
            response = self._client("GetItem", **self._item, ConsistentRead=True)
        except AwsError as error:
            raise _failed(error) from error
        item: Mapping[str, Any] = response.get("Item", {})
        return item

    def _update(self, expression: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Whether the condition held."""
        names = {"#token": "token"} if "#token" in expression + condition else None
        optional = {} if names is None else {"ExpressionAttributeNames": names}
        try:
            self._client(
                "UpdateItem",
                **self._item,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **optional,
            )
        except AwsError as error:
            if error.is_condition_failure:
                return False
            raise _failed(error) from error
        return True


def _raise_if_failed(item: Mapping[str, Any], now: float) -> None:
    if float(item.get("failed_until", {}).get("N", "0")) > now:
        heals = item["heals"]["BOOL"]
        error = SalesforceUnavailableError if heals else SalesforceConfigurationError
        raise error(item["reason"]["S"], item["message"]["S"])


def _failed(error: AwsError) -> TableFailedError:
    return TableFailedError(
        "token-store", f"The shared access token cannot be read or kept: {error.code}."
    )


def _text(value: str) -> Mapping[str, str]:
    return {"S": value}


def _number(value: float) -> Mapping[str, str]:
    return {"N": str(value)}
