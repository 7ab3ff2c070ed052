"""What is known of record and agent: kept from an earlier call, or asked of Salesforce just now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeVar

from click_to_dial.deadline import Deadline
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.number_lookups import keys
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import (
    DynamoDBError,
    OutOfTimeError,
    SalesforceError,
    SalesforceUnavailableError,
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

CACHE_READ_SECONDS = 0.5
CACHE_WRITE_SECONDS = 0.25

Origin = Literal["none", "unasked", "cached", "salesforce", "stale", "unknown"]
"""Where facts come from; `none` is a click without a record, `unknown` could not be had."""
KEPT = ("cached", "stale")
Known = TypeVar("Known", Record, Agent)


@dataclass(frozen=True, slots=True)
class GatheredFacts:
    """What is known of record and agent, and how that came about."""

    record: Record | None
    agent: Agent | None
    record_from: Origin
    agent_from: Origin
    salesforce_calls: int = 0
    failures: tuple[SalesforceError, ...] = ()
    cache_failed: bool = False
    record_age: float = 0.0
    agent_age: float = 0.0
    """Seconds since Salesforce said so, where it was not asked just now."""
    items: Mapping[str, StoredItem] | None = field(default_factory=dict)
    """What the table holds of the callee; None where it could not be asked."""


@dataclass(frozen=True, slots=True)
class FactSources:
    """Where record and agent are known from."""

    cache: FactsCache
    salesforce: Salesforce
    breaker: CircuitBreaker
    pseudonym: Pseudonym

    def gather(self, plan: DialPlan, click: Click, deadline: Deadline) -> Iterator[GatheredFacts]:
        """More and more: nothing yet, what is kept, the best that can be had until the deadline.

        Whoever needs no more does not ask for the next, which takes a round trip. No failure is
        raised.
        """
        yield _without_salesforce(click, CachedFacts(items=None), could_read=True)
        stored, could_read = self._stored(plan, click, deadline)
        times, longest = plan.freshness, plan.freshness.stale_if_error
        fresh = _younger(stored, times.record, times.agent)
        yield _without_salesforce(click, fresh, could_read)
        result = self._ask(plan, _question(click, fresh), deadline)
        could_write = self._keep(plan, click, result, deadline)
        stale = _younger(stored, longest, longest)
        record, record_from = _settle(fresh.record, result.record, stale.record)
        agent, agent_from = _settle(fresh.agent, result.agent, stale.agent)
        yield GatheredFacts(
            record=record,
            agent=agent,
            record_from=record_from if click.record_id else "none",
            agent_from=agent_from,
            salesforce_calls=result.calls,
            failures=_failures(result),
            cache_failed=not (could_read and could_write),
            record_age=stored.record_age if record_from in KEPT else 0.0,
            agent_age=stored.agent_age if agent_from in KEPT else 0.0,
            items=stored.items,
        )

    def _stored(self, plan: DialPlan, click: Click, deadline: Deadline) -> tuple[CachedFacts, bool]:
        """What earlier calls left, and whether that could be read."""
        try:
            others = keys(plan, click.callee.number, self.pseudonym)
            read = partial(self.cache.read, plan, click.record_id, click.agent_uid, others)
            return deadline.run(read, CACHE_READ_SECONDS), True
        except (DynamoDBError, OutOfTimeError):
            return CachedFacts(items=None), False

    def _ask(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """What Salesforce says; a failure of the whole call is one of each part."""
        if request.record_id is None and request.agent_uid is None:
            return SalesforceResult(None, None, calls=0)
        if self.breaker.is_open:
            return _failed(
                request,
                SalesforceUnavailableError("circuit-open", "Salesforce was down just now."),
            )
        try:
            result = deadline.run(partial(self.salesforce.fetch, plan, request, deadline))
        except OutOfTimeError as error:
            self.breaker.failed()
            return _failed(request, SalesforceUnavailableError("out-of-time", str(error)))
        except SalesforceUnavailableError as error:
            self.breaker.failed()
            return _failed(request, error)
        except SalesforceError as error:  # it does answer
            self.breaker.succeeded()
            return _failed(request, error)
        self.breaker.succeeded()
        return result

    def _keep(
        self, plan: DialPlan, click: Click, result: SalesforceResult, deadline: Deadline
    ) -> bool:
        """Whether the result could be kept for later calls; it counts also where it could not."""
        if not result.calls:
            return True
        try:
            write = partial(self.cache.write, plan, click.record_id, click.agent_uid, result)
            deadline.run(write, CACHE_WRITE_SECONDS)
        except (DynamoDBError, OutOfTimeError):
            return False
        return True


def _without_salesforce(click: Click, fresh: CachedFacts, could_read: bool) -> GatheredFacts:
    """What is known so far. That there was no such record is left for Salesforce to say again."""
    record = fresh.record if fresh.record and fresh.record.found else None
    unasked: Origin = "unasked" if click.record_id else "none"
    return GatheredFacts(
        record=record,
        agent=fresh.agent,
        record_from="cached" if record else unasked,
        agent_from="cached" if fresh.agent else "unasked",
        cache_failed=not could_read,
        record_age=fresh.record_age if record else 0.0,
        agent_age=fresh.agent_age if fresh.agent else 0.0,
        items=fresh.items,
    )


def _question(click: Click, fresh: CachedFacts) -> SalesforceRequest:
    """What is not known freshly enough."""
    return SalesforceRequest(
        record_id=None if fresh.record else click.record_id,
        agent_uid=None if fresh.agent else click.agent_uid,
        object_name=fresh.object_name,
    )


def _younger(stored: CachedFacts, record_seconds: int, agent_seconds: int) -> CachedFacts:
    """Of record and agent what is young enough."""
    return replace(
        stored,
        record=_if_younger(stored.record, stored.record_age, record_seconds),
        agent=_if_younger(stored.agent, stored.agent_age, agent_seconds),
    )


def _if_younger(value: Known | None, age: float, seconds: int) -> Known | None:
    """`value` where it is young enough: that nothing was found is believed only briefly."""
    if value is None:
        return None
    found = value.found if isinstance(value, Record) else value.known
    return value if age < (seconds if found else NOT_FOUND_SECONDS) else None


def _settle(
    fresh: Known | None, answered: Known | SalesforceError | None, stale: Known | None
) -> tuple[Known | None, Origin]:
    """The best there is: what is fresh, else what Salesforce says, else what it said."""
    if fresh is not None:
        return fresh, "cached"
    if answered is not None and not isinstance(answered, SalesforceError):
        return answered, "salesforce"
    return (stale, "stale") if stale is not None else (None, "unknown")


def _failed(request: SalesforceRequest, error: SalesforceError) -> SalesforceResult:
    return SalesforceResult(
        record=None if request.record_id is None else error,
        agent=None if request.agent_uid is None else error,
        calls=0,
    )


def _failures(result: SalesforceResult) -> tuple[SalesforceError, ...]:
    """Each failure once: that of a whole call is the same in both parts."""
    parts = [part for part in (result.record, result.agent) if isinstance(part, SalesforceError)]
    return tuple(parts[:1] if len(parts) == 2 and parts[0] is parts[1] else parts)
