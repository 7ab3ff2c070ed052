"""What the service needs of the world: the shapes of the adapters and of the tests' fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError, SalesforceError

if TYPE_CHECKING:  # the authorizer does without them
    from click_to_dial.dialplan import DialPlan
    from click_to_dial.model import Agent, Record, Scalar

NOT_FOUND_SECONDS = 10
"""For how long "there is no such record", or user, is believed: one made just now is soon seen."""


@dataclass(frozen=True, slots=True)
class SalesforceRequest:
    """What a decision has to ask Salesforce: of `None` nothing.

    `object_name` is the object of the record's key prefix where it was learned before.
    """

    record_id: str | None
    agent_uid: str | None
    object_name: str | None = None


@dataclass(frozen=True, slots=True)
class SalesforceResult:
    """What Salesforce said. Each part is None where it was not asked, an error where it failed."""

    record: Record | SalesforceError | None
    agent: Agent | SalesforceError | None
    calls: int = 1
    """HTTP requests that it took, logins not counted."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Owner of an access token, as Salesforce says. Both ids have 18 characters."""

    user_id: str
    username: str
    organization_id: str


@dataclass(frozen=True, slots=True)
class StoredItem:
    """What the table holds under one key, until `expires_at` (seconds since 1970; None: for ever).

    It may still be there after that, since DynamoDB deletes late.
    """

    data: str
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class CachedFacts:
    """Facts of an earlier call, with their age in seconds; None where none are kept."""

    record: Record | None = None
    record_age: float = 0.0
    agent: Agent | None = None
    agent_age: float = 0.0
    object_name: str | None = None
    items: Mapping[str, StoredItem] | None = field(default_factory=dict)
    """The other items that were asked for; None if some of them were not returned."""
    failure: ClickToDialError | None = None
    """Why the cache could not be read."""


class DialPlans(Protocol):
    """The published dial plan."""

    failure: ClickToDialError | None
    """Why it could not be checked whether it is still the active one; None where it could."""

    def get(self, deadline: Deadline) -> DialPlan:
        """The active plan. Raises DialPlanError where there is none to decide by."""


class FactsCache(Protocol):
    """What Salesforce said earlier, to any sandbox."""

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """What is kept of these two in the plan's shape, and the items of other keys.

        Raises DynamoDBError.
        """

    def write(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, result: SalesforceResult
    ) -> None:
        """Keeps the parts of `result` that are no errors. Raises DynamoDBError."""


class Attempts(Protocol):
    """The calls that a number got."""

    def read(self, key: str) -> StoredItem | None:
        """The item as it is now. Raises DynamoDBError."""

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        """Writes `after`, or says False where `before` is no longer there. Raises DynamoDBError."""


class Salesforce(Protocol):
    """The organisation's records and users."""

    def prepare(self, deadline: Deadline) -> None:
        """Does all that can be done before the first request.

        Raises SalesforceError, OutOfTimeError.
        """

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Record and agent in one round trip. Raises SalesforceError, OutOfTimeError."""


class AccessTokens(Protocol):
    """The access token for Salesforce that all sandboxes share."""

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        """Return a token other than `rejected`. Raises SalesforceError, OutOfTimeError."""

    def give_up(self, token: str, error: SalesforceError) -> None:
        """Report that a newly issued token was rejected, so that other sandboxes stop logging in.

        `error` is raised by their `get` for a while.
        """


class TokenVerifications(Protocol):
    """Callers' tokens that Salesforce has verified lately. All methods raise DynamoDBError."""

    def keep(self, token: str, user_id: str) -> None:
        """Keep that Salesforce has just verified `token` as one of this user."""

    def user_of(self, token: str) -> str | None:
        """Return the user id if `token` was verified lately enough, else None."""

    def forget(self, token: str) -> None:
        """Forget `token`: Salesforce has just rejected it, or its user may not call."""


class MappingReader(Protocol):
    """Salesforce, for the mappings that it keeps."""

    def __call__(
        self, source: Mapping[str, str], deadline: Deadline
    ) -> Sequence[tuple[Scalar | None, Scalar | None]]:
        """Return key and value of each row of a mapping; None is an empty field.

        `source` is the part `salesforce` of a mapping in the dial plan. Raises SalesforceError,
        OutOfTimeError.
        """
