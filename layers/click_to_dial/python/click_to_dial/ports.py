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


class ListRow(NamedTuple):
    """A record of a list: its id, and the text in each of its number fields that is not empty."""

    record_id: str
    numbers: Mapping[str, str]


class ListRun(NamedTuple):
    """A run that reads a list from Salesforce, and how far it has come.

    `definition` tells which sources it reads. `last_completed` is the number of the run that had
    completed when this one began, or 0, and `before` the number of its entries. Times are in
    seconds since 1970. `source` is the position of the source that is being read, and `after` the
    last id that was read from it. `entries` were seen by this run, and `kept` of them by the last
    completed one, too.
    """

    number: int
    definition: str
    began_at: float
    last_completed: int
    before: int
    moved_at: float = 0.0
    source: int = 0
    after: str | None = None
    pages: int = 0
    rows: int = 0
    unreadable: int = 0
    entries: int = 0
    kept: int = 0
    state: str = "running"

    @property
    def added(self) -> int:
        """Number of entries that the last completed run had not seen."""
        return self.entries - self.kept

    @property
    def removed(self) -> int:
        """Number of entries that only the last completed run had seen."""
        return max(0, self.before - self.kept)


class StoredRun(NamedTuple):
    """A run as it is stored. Nobody else may continue it before `lease_until`."""

    run: ListRun
    revision: int
    lease_until: float


class SeenEntries(NamedTuple):
    """Number of entries that are new to a run, and of those that the last completed run had."""

    new: int
    kept: int


Origins = Mapping[str, Mapping[str, str]]
"""Entries of a list by their keys: `reason` and `source`."""


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


class CompletedRuns(PublishedPlans, Protocol):
    """The last completed runs of lists, to be updated."""

    def complete_run(self, active: ActivePlan, name: str, run: CompletedRun) -> ActivePlan:
        """Make `run` the last completed run of a list. Raises DynamoDBError, PlanConflictError."""


class ListRuns(Protocol):
    """Runs that read lists from Salesforce, and the entries of lists. Methods raise DynamoDBError.

    An entry keeps the number of the last run that has seen it.
    """

    def read(self, name: str) -> StoredRun | None:
        """Return the last run of a list, or None."""

    def write(
        self, name: str, run: ListRun, before: StoredRun | None, lease_until: float
    ) -> StoredRun:
        """Replace `before`. Raises RunLostError if it is not stored any more."""

    def see(self, run: ListRun, origins: Origins) -> SeenEntries:
        """Write that the run has seen these entries. Raises RunLostError if a later run has."""

    def count_seen(self, run_number: int, keys: Sequence[str]) -> int:
        """Return how many of the entries this run has seen. Of run 0, it is none."""

    def delete_older(self, name: str, run_number: int) -> int:
        """Delete the entries that neither this run nor a later one has seen."""


class ListReader(Protocol):
    """Salesforce, for the lists that it keeps."""

    def __call__(
        self, source: Mapping[str, Any], after: str | None, deadline: Deadline
    ) -> Sequence[ListRow]:
        """Return the next rows after an id, in the order of ids; none at the end.

        `source` is a source of a list in the dial plan. Raises SalesforceError, OutOfTimeError.
        """


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

    def give_up(self, token: str, error: SalesforceError) -> bool:
        """Report that a newly issued token was rejected, so that other sandboxes stop logging in.

        `error` is raised by their `get` for a while. Return False if the token may have expired.
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
