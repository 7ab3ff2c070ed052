"""Facts about the clicked record and the agent: from the cache, from Salesforce, or unknown."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeVar

from click_to_dial.deadline import Deadline, begin
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.number_lookups import has_unreadable_calls, hash_numbers
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import (
    ClickToDialError,
    DynamoDBError,
    OutOfTimeError,
    SalesforceError,
    SalesforceUnavailableError,
    UnreadableItemError,
)
from click_to_dial.model import Agent, Click, Record
from click_to_dial.ports import (
    NOT_FOUND_SECONDS,
    CachedFacts,
    FactsCache,
    Salesforce,
    SalesforceRequest,
    SalesforceResult,
    StoredItem,
)
from click_to_dial.pseudonym import Pseudonym
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix

CACHE_READ_SECONDS = 0.5
"""Time after which a decision goes on without the cached facts. Their read goes on meanwhile."""
CACHE_WRITE_SECONDS = 0.25

UNCHANGED_SHARE = 1 / 16
"""Share of `stale_if_error` after which an unchanged agent is written again if none is kept fresh.

Its age matters only while Salesforce cannot be reached. Most agents click again within minutes."""

Origin = Literal["none", "unasked", "cached", "salesforce", "stale", "unknown"]
"""Origin of facts. `none`: no record or agent was given. `unknown`: all failed."""

Known = TypeVar("Known", Record, Agent)


class GatheredFacts(NamedTuple):
    """The facts known at one point of a decision, and where they come from.

    Ages are in seconds, 0 if Salesforce was asked for this decision. `items` are the items of the
    table about the called number; one that could not be read is None. `failures` are those of
    Salesforce, `cache_failures` those of the table.
    """

    record: Record | None
    agent: Agent | None
    record_from: Origin
    agent_from: Origin
    salesforce_calls: int = 0
    failures: tuple[SalesforceError, ...] = ()
    cache_failures: tuple[ClickToDialError, ...] = ()
    record_age: float = 0.0
    agent_age: float = 0.0
    items: Mapping[str, StoredItem | None] = {}


def from_cache(plan: DialPlan, click: Click, cached: CachedFacts) -> GatheredFacts:
    """Return the cached facts that are fresh enough to use without asking Salesforce.

    A cached record that does not exist is left out, because only the last step decides on a 404.
    """
    fresh = _limit_age(cached, plan.freshness.record, plan.freshness.agent)
    record = fresh.record if fresh.record and fresh.record.found else None
    unasked: Origin = "unasked" if click.record_id else "none"
    agent, agent_from = _agent(click, fresh.agent, "cached" if fresh.agent else "unasked")
    return GatheredFacts(
        record=record,
        agent=agent,
        record_from="cached" if record else unasked,
        agent_from=agent_from,
        cache_failures=_present(cached.failure),
        record_age=fresh.record_age if record else 0.0,
        agent_age=fresh.agent_age if fresh.agent else 0.0,
        items=cached.items,
    )


def asks_for_all(plan: DialPlan, click: Click) -> bool:
    """Return True if Salesforce is asked for record and agent, whatever the cache contains.

    Return False for a record of a custom object: the request needs the object from the cache.
    """
    return (
        plan.freshness.record == 0
        and plan.freshness.agent == 0
        and (click.record_id is None or key_prefix(click.record_id) in STANDARD_OBJECTS)
    )


class FactSources:
    """The cache and Salesforce. Its methods raise nothing: a failure is part of their result.

    `clock` returns the time in seconds since 1970.
    """

    def __init__(
        self,
        cache: FactsCache,
        salesforce: Salesforce,
        breaker: CircuitBreaker,
        pseudonym: Pseudonym,
        clock: Callable[[], float],
    ) -> None:
        self._cache = cache
        self._salesforce = salesforce
        self._breaker = breaker
        self._pseudonym = pseudonym
        self._clock = clock

    def read_cache(
        self, plan: DialPlan, click: Click, number_keys: Sequence[str]
    ) -> "CacheReading":
        """Start to read all cached facts, however old, and the items about the called number."""
        read = partial(self._cache.read, plan, click.record_id, click.agent_uid, number_keys)
        return CacheReading(read, number_keys)

    def from_salesforce(
        self, plan: DialPlan, click: Click, reading: "CacheReading", deadline: Deadline
    ) -> GatheredFacts:
        """Return the best facts: fresh ones, else from Salesforce, else stale ones.

        Salesforce is asked for what is not fresh, and the result is written to the cache. If the
        cache was slow and something is still unknown, wait for it until the deadline.
        """
        cached = reading.facts(deadline, 0)
        fresh = _limit_age(cached, plan.freshness.record, plan.freshness.agent)
        request = SalesforceRequest(
            record_id=None if fresh.record else click.record_id,
            agent_uid=None if fresh.agent else click.agent_uid or None,
            object_name=cached.object_name,
        )
        asked_at = self._clock()
        result = self._fetch(plan, request, deadline)
        cached = reading.facts(deadline, reading.limit.remaining())
        write_failure = None
        if result.calls:
            changed = _without_unchanged_agent(plan, cached, result)
            write = partial(self._cache.write, plan, click.record_id, click.agent_uid)
            try:
                deadline.run(partial(write, changed, asked_at), CACHE_WRITE_SECONDS)
            except (DynamoDBError, OutOfTimeError) as error:  # the result is valid all the same
                write_failure = error
        errors = [
            each for each in (result.record, result.agent) if isinstance(each, SalesforceError)
        ]
        if errors or None in cached.items.values():
            cached = reading.facts(deadline)
            fresh = _limit_age(cached, plan.freshness.record, plan.freshness.agent)
        stale = _limit_age(cached, plan.freshness.stale_if_error, plan.freshness.stale_if_error)
        record, record_from = _best(result.record, fresh.record, stale.record)
        agent, agent_from = _agent(click, *_best(result.agent, fresh.agent, stale.agent))
        return GatheredFacts(
            record=record,
            agent=agent,
            record_from=record_from if click.record_id else "none",
            agent_from=agent_from,
            salesforce_calls=result.calls,
            failures=tuple(dict.fromkeys(errors)),  # both are the same if the whole call failed
            cache_failures=_present(cached.failure, write_failure, result.token_failure),
            record_age=cached.record_age if record_from in ("cached", "stale") else 0.0,
            agent_age=cached.agent_age if agent_from in ("cached", "stale") else 0.0,
            items=cached.items,
        )

    def _fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Ask Salesforce unless the circuit breaker is open, and tell the breaker the outcome.

        Phone numbers of the record are hashed.
        """
        if request.record_id is None and request.agent_uid is None:
            return SalesforceResult(None, None, calls=0)
        if self._breaker.is_open:
            return _failed(
                request,
                SalesforceUnavailableError("circuit-open", "Salesforce was down just now."),
            )
        try:
            result = deadline.run(partial(self._salesforce.fetch, plan, request, deadline))
        except OutOfTimeError as error:
            self._breaker.failed()
            return _failed(request, SalesforceUnavailableError("out-of-time", str(error)))
        except SalesforceUnavailableError as error:
            self._breaker.failed()
            return _failed(request, error)
        except SalesforceError as error:  # Salesforce did answer
            self._breaker.succeeded()
            return _failed(request, error)
        self._breaker.succeeded()
        if not isinstance(result.record, Record):
            return result
        hashes = hash_numbers(result.record.numbers, plan.numbering, self._pseudonym)
        return result._replace(record=result.record._replace(numbers=hashes))


class CacheReading:
    """A read of the cache, which goes on in its thread while Salesforce is asked.

    `limit` is the deadline of a decision that waits for the result but can go on without it.
    """

    def __init__(self, read: Callable[[], CachedFacts], number_keys: Sequence[str]) -> None:
        self.limit = Deadline(CACHE_READ_SECONDS)
        self._outcomes = begin(read)
        self._number_keys = number_keys
        self._facts: CachedFacts | None = None

    def facts(self, deadline: Deadline, at_most: float | None = None) -> CachedFacts:
        """Return the facts, or the reason why none are known.

        Wait until the deadline, but no longer than `at_most` seconds.
        """
        if self._facts is not None:
            return self._facts
        nothing = CachedFacts(items=dict.fromkeys(self._number_keys))
        try:
            self._facts = deadline.wait(self._outcomes, at_most)
        except OutOfTimeError as error:
            return nothing._replace(failure=error)
        except DynamoDBError as error:
            self._facts = nothing._replace(failure=error)
        if has_unreadable_calls(self._facts.items):
            failure = UnreadableItemError("The earlier calls to this number have an unknown form.")
            self._facts = self._facts._replace(failure=failure)
        return self._facts


def _without_unchanged_agent(
    plan: DialPlan, cached: CachedFacts, result: SalesforceResult
) -> SalesforceResult:
    """Return the result without an agent that need not be written (UNCHANGED_SHARE)."""
    is_unchanged = (
        isinstance(result.agent, Agent)
        and result.agent.known
        and result.agent == cached.agent
        and plan.freshness.agent == 0
        and cached.agent_age < plan.freshness.stale_if_error * UNCHANGED_SHARE
    )
    return result._replace(agent=None) if is_unchanged else result


def _limit_age(cached: CachedFacts, record_seconds: int, agent_seconds: int) -> CachedFacts:
    """Return the cached facts without a record or an agent that is too old."""
    return cached._replace(
        record=_if_younger(cached.record, cached.record_age, record_seconds),
        agent=_if_younger(cached.agent, cached.agent_age, agent_seconds),
    )


def _if_younger(value: Known | None, age: float, seconds: int) -> Known | None:
    if value is None:
        return None
    found = value.found if isinstance(value, Record) else value.known
    return value if age < (seconds if found else min(seconds, NOT_FOUND_SECONDS)) else None


def _best(
    fetched: Known | SalesforceError | None, fresh: Known | None, stale: Known | None
) -> tuple[Known | None, Origin]:
    if fetched is not None and not isinstance(fetched, SalesforceError):
        return fetched, "salesforce"
    if fresh is not None:
        return fresh, "cached"
    return (stale, "stale") if stale is not None else (None, "unknown")


def _agent(click: Click, agent: Agent | None, origin: Origin) -> tuple[Agent | None, Origin]:
    """Return an unknown agent for a click without an AgentUID."""
    return (agent, origin) if click.agent_uid else (Agent(known=False), "none")


def _failed(request: SalesforceRequest, error: SalesforceError) -> SalesforceResult:
    """Return the result of a call that failed as a whole: `error` for each requested part."""
    return SalesforceResult(
        record=None if request.record_id is None else error,
        agent=None if request.agent_uid is None else error,
        calls=0,
    )


def _present(*failures: ClickToDialError | None) -> tuple[ClickToDialError, ...]:
    return tuple(failure for failure in failures if failure is not None)
