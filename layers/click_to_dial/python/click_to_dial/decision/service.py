"""The use case: decide whether a call may be placed and which number is shown."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from typing import NamedTuple

from click_to_dial.deadline import Deadline, Outcomes, begin
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.fact_sources import (
    FactSources,
    GatheredFacts,
    asks_for_all,
    from_cache,
)
from click_to_dial.decision.facts import to_facts
from click_to_dial.decision.number_lookups import attempts_key, calls_of, keys, with_call
from click_to_dial.dialplan import DialPlan, evaluate
from click_to_dial.dialplan.conditions import ATTEMPTS
from click_to_dial.dialplan.evaluate import EMERGENCY
from click_to_dial.errors import (
    BadParameterError,
    ClickToDialError,
    DynamoDBError,
    OutOfTimeError,
    SecretError,
    UnreadableItemError,
)
from click_to_dial.model import Callee, Click, Decision, Facts
from click_to_dial.phone_numbers import read_number
from click_to_dial.ports import Attempts, CachedFacts, DialPlans, FactsCache, Salesforce
from click_to_dial.pseudonym import Pseudonym, keyed

COUNT_SECONDS = 0.5
"""Time limit for counting a call that a limit applies to."""

KEY_SECONDS = 0.5
"""Time limit of a decision that needs the key of the hashes, in a new sandbox."""

HASH_SECONDS = 0.25
"""Time for which a decision that is made waits for the hash in its log line, in a new sandbox."""

COUNT_SHARE = 0.2
"""Maximum share of the time budget that Salesforce leaves for counting."""

EMERGENCY_SECONDS = 1.0
"""Time limit for asking Salesforce about an emergency call."""


class Request(NamedTuple):
    """The query parameters, checked as far as possible without the dial plan.

    `caller_id` is the called number, cleaned; `record_id` has 18 characters or is None if empty.
    `fault` is what is wrong with the other two parameters: it matters unless the number turns out
    to be an emergency number, which depends on the plan. `counted` is False for the check of a new
    version, which is no call.
    """

    record_id: str | None
    caller_id: str
    agent_uid: str
    fault: BadParameterError | None = None
    counted: bool = True


class OtherReading(NamedTuple):
    """The second reading of an ambiguous number: its facts, and the decision for it alone."""

    callee: Callee
    facts: Facts
    decision: Decision


class Report(NamedTuple):
    """A decision with everything that led to it; `decision` is None if the record does not exist.

    `facts` are those of the number that is dialled. `other` is set if the number is ambiguous; then
    the call is allowed only if both readings are.
    `callee` is the keyed hash of the called number, `hash_failure` the reason if it has none.
    `plan_failure` is the reason why the plan could not be checked for changes.
    """

    plan_version: int
    click: Click
    gathered: GatheredFacts
    facts: Facts
    decision: Decision | None
    other: OtherReading | None = None
    callee: str | None = None
    hash_failure: ClickToDialError | None = None
    plan_failure: ClickToDialError | None = None
    duration_ms: int = 0

    @property
    def is_final(self) -> bool:
        """True if more facts cannot change the response.

        A call is allowed only if its record exists, which Salesforce must confirm. An emergency
        call does not wait for that.
        """
        decision = self.decision
        if decision is None or decision.cause == "outage":
            return False
        needs_record = decision.service_number is not None and self.click.record_id is not None
        return not needs_record or self.click.callee.kind == "emergency"

    @property
    def needs_counting(self) -> bool:
        """True if the call is allowed and a limit applies to it."""
        decision = self.decision
        if decision is None or decision.service_number is None or not decision.limited:
            return False
        return ATTEMPTS not in self.facts.unknown and self.click.callee.number is not None


@dataclass(frozen=True)
class ClickToDial:
    """The service that decides clicks, each within `time_budget` seconds.

    `clock` returns the time in seconds since 1970.
    """

    plans: DialPlans
    cache: FactsCache
    salesforce: Salesforce
    breaker: CircuitBreaker
    attempts: Attempts
    pseudonym: Pseudonym
    time_budget: float
    clock: Callable[[], float] = time.time
    key_is_read: Event = field(default_factory=Event)
    """Set when `pseudonym` has its key, so that a hash takes microseconds and needs no thread."""

    def prepare(self) -> None:
        """Start reading the plan and the key, and connecting to Salesforce, for the first decision.

        Failures are ignored here: the decision meets and reports them.
        """
        begin(lambda: self.plans.get(Deadline(self.time_budget)))
        begin(lambda: self.salesforce.prepare(Deadline(self.time_budget)))
        begin(self._read_key)

    def decide(self, request: Request) -> Report:
        """Decide with as few look-ups as possible: none, then the cache, then Salesforce.

        Raises BadParameterError, DialPlanError.
        """
        deadline = Deadline(self.time_budget)
        plan = self.plans.get(deadline)
        click = to_click(request, plan)
        reading = None if self.key_is_read.is_set() else begin(self._read_key)
        try:
            if reading is not None and (plan.lists or plan.limits or plan.numbers):
                deadline.wait(reading, KEY_SECONDS)
        except (SecretError, OutOfTimeError) as error:
            report = self._decide_without_key(plan, click, error)
            reading = begin(self._read_key)  # the key may arrive in time for the log line
        else:
            report = self._decide_with_facts(plan, click, deadline)
            if request.counted:
                report = self._count(plan, report, deadline)
        callee, failure = self._callee_hash(click, reading, deadline)
        return report._replace(
            callee=callee,
            hash_failure=failure,
            plan_failure=self.plans.failure,
            duration_ms=round((self.time_budget - deadline.remaining()) * 1000),
        )

    def _read_key(self) -> None:
        self.pseudonym("")
        self.key_is_read.set()

    def _callee_hash(
        self, click: Click, reading: Outcomes[None] | None, deadline: Deadline
    ) -> tuple[str | None, ClickToDialError | None]:
        """Return the hash of the called number, if it has one, or the reason why it is unknown.

        `reading` is the outcome of the read of the key, or None if it was read before.
        """
        number = click.callee.number
        if number is None:
            return None, None
        try:
            if reading is not None and not self.key_is_read.is_set():
                deadline.wait(reading, HASH_SECONDS)
            return self.pseudonym(number), None
        except (SecretError, OutOfTimeError) as error:
            return None, error

    def _decide_with_facts(self, plan: DialPlan, click: Click, deadline: Deadline) -> Report:
        """Decide with increasingly complete facts. Stop when more cannot change the result."""
        number_keys = keys(plan, click, self.pseudonym)
        cached = CachedFacts(items=dict.fromkeys(number_keys))  # nothing is read yet
        report = self._evaluate(plan, click, from_cache(plan, click, cached))
        if report.is_final:
            return report
        sources = FactSources(self.cache, self.salesforce, self.breaker, self.pseudonym, self.clock)
        reading = sources.read_cache(plan, click, number_keys)
        if number_keys or not asks_for_all(plan, click):
            cached = reading.facts(deadline, reading.limit.remaining())
            report = self._evaluate(plan, click, from_cache(plan, click, cached))
            if report.is_final:
                return report
        seconds = self._seconds_for_salesforce(plan, click, deadline)
        gathered = sources.from_salesforce(plan, click, reading, Deadline(seconds))
        return self._evaluate(plan, click, gathered, is_last=True)

    def _decide_without_key(
        self, plan: DialPlan, click: Click, failure: ClickToDialError
    ) -> Report:
        """Decide by the number alone: without the key of the hashes, its items cannot be found.

        Nothing is looked up, so that nothing is stored under hashes with another key.
        """
        keyless = replace(self, pseudonym=keyed("unknown"))
        unread = CachedFacts(items=dict.fromkeys(keys(plan, click, keyless.pseudonym)))
        gathered = from_cache(plan, click, unread)
        gathered = gathered._replace(
            record_from="unknown" if click.record_id else "none",
            agent_from="unknown" if click.agent_uid else "none",
            cache_failures=(failure,),
        )
        return keyless._evaluate(plan, click, gathered, is_last=True)

    def _seconds_for_salesforce(self, plan: DialPlan, click: Click, deadline: Deadline) -> float:
        """Return the time for Salesforce. If a limit may apply, counting keeps its share."""
        seconds = deadline.remaining()
        if _is_emergency(click):
            return min(EMERGENCY_SECONDS, seconds)
        if plan.limits and click.callee.number is not None:
            seconds -= min(COUNT_SECONDS, COUNT_SHARE * self.time_budget)
        return seconds

    def _evaluate(
        self, plan: DialPlan, click: Click, gathered: GatheredFacts, *, is_last: bool = False
    ) -> Report:
        """Apply the rules to the facts that are known so far.

        In an emergency call, a record that does not exist is like no record, and facts that are
        still unknown in the last evaluation are missing.
        """
        exists = gathered.record is None or gathered.record.found
        if _is_emergency(click) and not exists:
            gathered = gathered._replace(record=None, record_from="none")
        facts = to_facts(plan, click, gathered, self.pseudonym, self.clock())
        if _is_emergency(click) and is_last:
            facts = replace(facts, unknown=frozenset())
        decision = evaluate(plan, facts) if exists or _is_emergency(click) else None
        report = Report(plan.version, click, gathered, facts, decision)
        if click.other_callee is None or decision is None:
            return report
        other_click = click._replace(callee=click.other_callee, other_callee=click.callee)
        other_facts = to_facts(plan, other_click, gathered, self.pseudonym, facts.now)
        other = OtherReading(click.other_callee, other_facts, evaluate(plan, other_facts))
        return report._replace(decision=_stricter(decision, other.decision), other=other)

    def _count(self, plan: DialPlan, report: Report, deadline: Deadline) -> Report:
        """Count an allowed call that a limit applies to.

        If another call to the number was counted meanwhile, the rules are applied again. That ends,
        because they refuse the call once the limit is reached. If the call cannot be counted, the
        number of attempts is unknown, and the plan's outage decides. The lists stay known.
        """
        while report.needs_counting:
            key = attempts_key(report.click.callee.number or "", self.pseudonym)
            try:
                changed = deadline.run(partial(self._add_call, plan, report, key), COUNT_SECONDS)
            except (DynamoDBError, OutOfTimeError) as error:
                changed = report.gathered._replace(
                    items={**report.gathered.items, key: None},
                    cache_failures=(*report.gathered.cache_failures, error),
                )
            if changed is None:
                break
            report = self._evaluate(plan, report.click, changed)
        return report

    def _add_call(self, plan: DialPlan, report: Report, key: str) -> GatheredFacts | None:
        """Add the call to the attempts. Return the current facts if another call came first."""
        click, items = report.click, report.gathered.items
        before = items.get(key)
        calls = calls_of(before)
        if calls is None:
            raise UnreadableItemError("The earlier calls to this number have an unknown form.")
        after = with_call(
            plan, calls, self.pseudonym(plan.agent_key(click.agent_uid)), report.facts.now
        )
        if after is None or self.attempts.replace(key, before, after):
            return None
        current = self.attempts.read(key)
        others = {name: item for name, item in items.items() if name != key}
        return report.gathered._replace(
            items=others if current is None else others | {key: current}
        )


def to_click(request: Request, plan: DialPlan) -> Click:
    """Return the request, read by the settings of the plan. Raises BadParameterError."""
    callee, *others = read_number(request.caller_id, plan.numbering)
    other = others[0] if others else None
    click = Click(request.record_id, callee, request.agent_uid, other, request.caller_id)
    if _is_emergency(click):
        return click
    if request.fault is not None:
        raise request.fault
    if request.record_id is None and not plan.without_record:
        raise BadParameterError(
            "SalesForceID",
            "SalesForceID is empty, and the dial plan allows no calls without a record "
            "(without_record).",
        )
    return click


def _is_emergency(click: Click) -> bool:
    return click.callee.kind == EMERGENCY


def _stricter(dialled: Decision, other: Decision) -> Decision:
    """Return the decision about an ambiguous number: a refusal if a rule refuses either reading.

    If no number can be shown for the other reading, that is no refusal. The trace is always that of
    the number that is dialled.
    """
    other = replace(other, trace=dialled.trace)
    for decision in (dialled, other):
        if decision.service_number is None and decision.cause == "rule":
            return decision
    if dialled.service_number is None or other.cause != "outage":
        return dialled
    return other if other.service_number is None else replace(dialled, cause="outage")
