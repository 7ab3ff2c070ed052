"""The ports: protocols that the adapters and the fakes of the tests implement, and their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError, SalesforceError

if TYPE_CHECKING:  # the authorizer does without them
    from click_to_dial.dialplan import DialPlan
    from click_to_dial.model import Agent, CompletedRun, Record, Scalar

Entries = Mapping[str, str]
"""The entries of a mapping: the key of a service number by the value that is looked up."""

NOT_FOUND_SECONDS = 10
"""How long the cache keeps that a record or user does not exist; it may have been created since."""


MAX_SECONDS_AHEAD = 5
"""Facts and tokens dated further in the future come from a wrong clock and count as absent."""


class SalesforceRequest(NamedTuple):
    """Look-ups to make in Salesforce. A field that is None is skipped.

    `object_name` is the object of the record's key prefix, if it is known from an earlier look-up.
    """

    record_id: str | None
    agent_uid: str | None
    object_name: str | None = None


class SalesforceResult(NamedTuple):
    """Result of the look-ups. A part is None if it was not requested, an error if it failed.

    `calls` is the number of HTTP requests without logins. `token_failure` is the reason if the
    shared access token was unreadable, so that a login replaced it.
    """

    record: Record | SalesforceError | None
    agent: Agent | SalesforceError | None
    calls: int = 1
    token_failure: ClickToDialError | None = None


class Identity(NamedTuple):
    """Owner of an access token, as Salesforce says. Both ids have 18 characters."""

    user_id: str
    username: str
    organization_id: str


class StoredItem(NamedTuple):
    """Item of the table, valid until `expires_at` (seconds since 1970; None: no limit).

    DynamoDB deletes late, so an item may have expired. `run` is the number of the run that read it
    from Salesforce; None for other items.
    """

    data: str
    expires_at: float | None = None
    run: int | None = None


class CachedFacts(NamedTuple):
    """Facts from the cache with their age in seconds; None if they are not there.

    `items` are the other requested items. One that does not exist is left out, and one that could
    not be read is None. `failure` is the reason if the cache, or an item of it, could not be read.
    """

    record: Record | None = None
    record_age: float = 0.0
    agent: Agent | None = None
    agent_age: float = 0.0
    object_name: str | None = None
    items: Mapping[str, StoredItem | None] = {}
    failure: ClickToDialError | None = None


@dataclass(frozen=True)
class BlobRef:
    """A reference to a text: the SHA-256 of its UTF-8 form and its number of chunks."""

    hash: str
    chunks: int


class CachedMapping(NamedTuple):
    """The entries of a mapping kept in Salesforce, as of `read_at`, an ISO 8601 time."""

    body: BlobRef
    entries: int
    read_at: str


class ActivePlan(NamedTuple):
    """The plan that decides now.

    `revision` counts all changes, also those of cached mappings and of `lists`, which has the last
    completed run of each list kept in Salesforce.
    """

    revision: int
    version: int
    body: BlobRef
    mappings: Mapping[str, CachedMapping]
    activated_at: str
    activated_by: str
    lists: Mapping[str, CompletedRun] = {}


class DialPlans(Protocol):
    """The published dial plan.

    `failure` is the reason if the plan could not be checked for changes.
    """

    failure: ClickToDialError | None

    def get(self, deadline: Deadline) -> DialPlan:
        """Return the active plan. Raises DialPlanError if there is none."""


class PublishedPlans(Protocol):
    """The published dial plans and the cached entries of their mappings."""

    def active(self) -> ActivePlan | None:
        """Return the active plan. Raises DynamoDBError."""

    def load(self, active: ActivePlan) -> tuple[Mapping[str, Any], Mapping[str, Entries]]:
        """Return document and cached entries. Raises DynamoDBError, NoDialPlanError if deleted."""


class CachedMappings(PublishedPlans, Protocol):
    """The cached entries, to be updated."""

    def switch_mappings(self, active: ActivePlan, entries: Mapping[str, Entries]) -> ActivePlan:
        """Replace the entries of some mappings. Raises DynamoDBError, PlanConflictError."""


class FactsCache(Protocol):
    """Cache of facts from Salesforce, shared by all sandboxes."""

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """Return record and agent, if cached for this plan's fields, and the items of other keys.

        Raises DynamoDBError.
        """

    def write(
        self,
        plan: DialPlan,
        record_id: str | None,
        agent_uid: str,
        result: SalesforceResult,
        asked_at: float,
    ) -> None:
        """Write the parts of `result` that are not errors, unless a later answer is cached.

        `asked_at` is the time before Salesforce was asked, in seconds since 1970. Raises
        DynamoDBError if a part could not be written.
        """


class Attempts(Protocol):
    """Calls to each number, by which limits are checked."""

    def read(self, key: str) -> StoredItem | None:
        """Return the current item; None if there is none. Raises DynamoDBError."""

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        """Replace the item, or return False if it is not `before`. Raises DynamoDBError."""


class Salesforce(Protocol):
    """Records and users of the organisation."""

    def prepare(self, deadline: Deadline) -> None:
        """Connect and log in before the first request. Raises SalesforceError, OutOfTimeError."""

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Return record and agent, in one round trip. Raises SalesforceError, OutOfTimeError."""


def is_access_token(value: object) -> bool:
    """Return whether a value can be an access token, which is sent in a header."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable()


class AccessTokens(Protocol):
    """The access token for Salesforce that all sandboxes share."""

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        """Return a token other than `rejected`. Raises SalesforceError, OutOfTimeError."""

    def give_up(self, token: str, error: SalesforceError) -> None:
        """Report that a newly issued token was rejected, so that other sandboxes stop logging in.

        `error` is raised by their `get` for a while.
        """

    def take_failure(self) -> ClickToDialError | None:
        """Return, once, why the shared token counted as absent; None if it was readable."""


class TokenVerifications(Protocol):
    """Callers' tokens that Salesforce has verified lately. All methods raise DynamoDBError."""

    def keep(self, token: str, user_id: str) -> None:
        """Keep that Salesforce has just verified `token`, unless it was forgotten lately."""

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
