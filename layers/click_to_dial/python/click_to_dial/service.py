"""The use case: may this call be placed, and which number shall the called party see?"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, TypeVar

from click_to_dial.breaker import CircuitBreaker
from click_to_dial.deadline import Deadline, begin
from click_to_dial.dialplan import DialPlan, Tried, decide
from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.errors import (
    BadParameterError,
    ClickToDialError,
    DynamoDBError,
    OutOfTimeError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.lookups import (
    attempts_facts,
    attempts_key,
    calls_of,
    keys,
    listed_facts,
    with_call,
)
from click_to_dial.model import Agent, Click, Decision, Facts, Record, Scalar
from click_to_dial.phone import read_callee
from click_to_dial.ports import (
    NOT_FOUND_SECONDS,
    Answer,
    Attempts,
    DialPlans,
    FactsCache,
    Item,
    Question,
    Salesforce,
    Stored,
)
from click_to_dial.pseudonym import Pseudonym

CACHE_READ_SECONDS = 0.5
CACHE_WRITE_SECONDS = 0.25
COUNT_SECONDS = 0.5

Origin = Literal["none", "cached", "salesforce", "stale", "unknown"]
"""Where facts come from; `none` is a click without a record, `unknown` could not be had."""
KEPT = ("cached", "stale")
Known = TypeVar("Known", Record, Agent)


@dataclass(frozen=True, slots=True)
class Request:
    """The query, read as far as that goes without the plan: `caller_id` is cleaned."""

    record_id: str | None
    caller_id: str
    agent_uid: str


@dataclass(frozen=True, slots=True)
class Gathered:
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
    items: Mapping[str, Item] | None = field(default_factory=dict)
    """What the table holds of the callee; None where it could not be asked."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What the table holds of the callee by now; None where it could not be asked."""

    items: Mapping[str, Item] | None


@dataclass(frozen=True, slots=True)
class Report:
    """A decision with what led to it; `decision` is None where there is no such record."""

    plan_version: int
    plan_failure: ClickToDialError | None
    duration_ms: int
    click: Click
    callee: str | None
    """The keyed hash of the number."""
    gathered: Gathered
    facts: Facts
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class ClickToDial:
    """Decides clicks, within `time_budget` seconds each, from what the ports know."""

    plans: DialPlans
    cache: FactsCache
    salesforce: Salesforce
    breaker: CircuitBreaker
    attempts: Attempts
    pseudonym: Pseudonym
    time_budget: float
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""

    def prepare(self) -> None:
        """Begins what the first decision would wait for. It meets, and tells of, all failures."""
        begin(lambda: self.plans.get(Deadline(self.time_budget)))
        begin(lambda: self.salesforce.prepare(Deadline(self.time_budget)))

    def decide(self, request: Request, tried: list[Tried] | None = None) -> Report:
        """The decision; the rules that were looked at are added to `tried`.

        Raises BadParameterError, DialPlanError.
        """
        deadline = Deadline(self.time_budget)
        plan = self.plans.get(deadline)
        click = to_click(request, plan)
        gathered = self._gather(plan, click, deadline)
        facts, decision = self._decided(plan, click, gathered, deadline, tried)
        number = click.callee.number
        return Report(
            plan_version=plan.version,
            plan_failure=self.plans.failure,
            duration_ms=round((self.time_budget - deadline.remaining()) * 1000),
            click=click,
            callee=None if number is None else self.pseudonym(number),
            gathered=gathered,
            facts=facts,
            decision=decision,
        )

    def _decided(
        self,
        plan: DialPlan,
        click: Click,
        gathered: Gathered,
        deadline: Deadline,
        tried: list[Tried] | None,
    ) -> tuple[Facts, Decision | None]:
        """The decision; where it allows a call under a limit, the call has been counted.

        Where somebody else was counted in between, all is decided anew. That ends: once as many
        are counted as the limit says, the decision is to refuse. None for a record that is none.
        """
        items = gathered.items
        while True:
            facts = self._facts(plan, click, gathered, items)
            if gathered.record is not None and not gathered.record.found:
                return facts, None
            if tried is not None:
                tried.clear()
            decision = decide(plan, facts, tried)
            allowed = decision.service_number is not None
            if not (allowed and decision.limited and items is not None and click.callee.number):
                return facts, decision
            try:
                count = partial(self._count, plan, click, items, facts.now)
                changed = deadline.run(count, COUNT_SECONDS)
            except (DynamoDBError, OutOfTimeError):
                changed = Changed(None)  # what cannot be counted must not pass as below the limit
            if changed is None:
                return facts, decision
            items = changed.items

    def _count(
        self, plan: DialPlan, click: Click, items: Mapping[str, Item], now: float
    ) -> Changed | None:
        """Counts an allowed call, or says what the table holds since somebody else was quicker."""
        key = attempts_key(click.callee.number or "", self.pseudonym)
        before = items.get(key)
        after = with_call(plan, calls_of(before), self.pseudonym(click.agent_uid), now)
        if after is None or self.attempts.replace(key, before, after):
            return None
        current = self.attempts.read(key)
        others = {name: item for name, item in items.items() if name != key}
        return Changed(others if current is None else {**others, key: current})

    def _facts(
        self, plan: DialPlan, click: Click, gathered: Gathered, items: Mapping[str, Item] | None
    ) -> Facts:
        """What the rules are judged by; what the table did not answer is unknown."""
        now, number = self.clock(), click.callee.number
        facts = to_facts(plan, click, gathered, now)
        if not (plan.listed or plan.attempts):
            return facts
        if items is None and number is not None:
            return replace(facts, unknown=facts.unknown | {LISTED, ATTEMPTS})
        found = items or {}
        calls = [] if number is None else calls_of(found.get(attempts_key(number, self.pseudonym)))
        listed = listed_facts(plan, number, found, self.pseudonym, now)
        attempts = attempts_facts(plan, calls, self.pseudonym(click.agent_uid), now)
        return replace(facts, values={**facts.values, **listed, **attempts})

    def _gather(self, plan: DialPlan, click: Click, deadline: Deadline) -> Gathered:
        stored, cache_failed = self._stored(plan, click, deadline)
        record = _if_fresh(stored.record, stored.record_age, plan.freshness.record)
        agent = _if_fresh(stored.agent, stored.agent_age, plan.freshness.agent)
        question = Question(
            record_id=None if record else click.record_id,
            agent_uid=None if agent else click.agent_uid,
            object_name=stored.object_name,
        )
        answer = self._ask(plan, question, deadline)
        kept = self._keep(plan, click, answer, deadline)
        longest = plan.freshness.stale_if_error
        record, record_from = _settle(
            record, answer.record, _if_fresh(stored.record, stored.record_age, longest)
        )
        agent, agent_from = _settle(
            agent, answer.agent, _if_fresh(stored.agent, stored.agent_age, longest)
        )
        return Gathered(
            record=record,
            agent=agent,
            record_from=record_from if click.record_id else "none",
            agent_from=agent_from,
            salesforce_calls=answer.calls,
            failures=_failures(answer),
            cache_failed=cache_failed or not kept,
            record_age=stored.record_age if record_from in KEPT else 0.0,
            agent_age=stored.agent_age if agent_from in KEPT else 0.0,
            items=stored.items,
        )

    def _stored(self, plan: DialPlan, click: Click, deadline: Deadline) -> tuple[Stored, bool]:
        """What earlier calls left, and whether that could not be read."""
        try:
            others = keys(plan, click.callee.number, self.pseudonym)
            read = partial(self.cache.read, plan, click.record_id, click.agent_uid, others)
            return deadline.run(read, CACHE_READ_SECONDS), False
        except (DynamoDBError, OutOfTimeError):
            return Stored(items=None), True

    def _ask(self, plan: DialPlan, question: Question, deadline: Deadline) -> Answer:
        """What Salesforce says; a failure of the whole call is one of each part."""
        if question.record_id is None and question.agent_uid is None:
            return Answer(None, None, calls=0)
        if self.breaker.is_open:
            return _failed(
                question,
                SalesforceUnavailableError("circuit-open", "Salesforce was down just now."),
            )
        try:
            answer = deadline.run(partial(self.salesforce.ask, plan, question, deadline))
        except OutOfTimeError as error:
            self.breaker.failed()
            return _failed(question, SalesforceUnavailableError("out-of-time", str(error)))
        except SalesforceUnavailableError as error:
            self.breaker.failed()
            return _failed(question, error)
        except SalesforceError as error:  # it does answer
            self.breaker.succeeded()
            return _failed(question, error)
        self.breaker.succeeded()
        return answer

    def _keep(self, plan: DialPlan, click: Click, answer: Answer, deadline: Deadline) -> bool:
        """Whether the answer could be kept for later calls; it counts also where it could not."""
        if not answer.calls:
            return True
        try:
            write = partial(self.cache.write, plan, click.record_id, click.agent_uid, answer)
            deadline.run(write, CACHE_WRITE_SECONDS)
        except (DynamoDBError, OutOfTimeError):
            return False
        return True


def to_click(request: Request, plan: DialPlan) -> Click:
    """The request, read as the plan says. Raises BadParameterError."""
    if request.record_id is None and not plan.without_record:
        raise BadParameterError(
            "SalesForceID",
            "SalesForceID is empty, and the dial plan allows no calls without a record "
            "(without_record).",
        )
    callee = read_callee(request.caller_id, plan.home_region)
    return Click(request.record_id, callee, request.agent_uid)


def to_facts(plan: DialPlan, click: Click, gathered: Gathered, now: float) -> Facts:
    """What the rules are judged by, under the names that the dial plan uses."""
    callee, record, agent = click.callee, gathered.record, gathered.agent
    values: dict[str, Scalar | None] = {
        "callee.kind": callee.kind,
        "callee.country": callee.country,
        "callee.number": callee.number,
    }
    if plan.hours:
        from click_to_dial.calling_hours import hours_facts  # reads zones: only where needed

        values |= hours_facts(plan, callee, now)
    unknown = set()
    if record is not None:
        values["record.object"] = record.object_name
        values |= {f"record.{name}": value for name, value in record.attributes.items()}
    elif gathered.record_from == "unknown":
        unknown.add("record")
    if agent is not None:
        values["agent.known"] = agent.known
        values |= {f"agent.{name}": value for name, value in agent.attributes.items()}
    else:
        unknown.add("agent")
    present = {name: value for name, value in values.items() if value is not None}
    return Facts(present, frozenset(unknown), now)


def _if_fresh(value: Known | None, age: float, seconds: int) -> Known | None:
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


def _failed(question: Question, error: SalesforceError) -> Answer:
    return Answer(
        record=None if question.record_id is None else error,
        agent=None if question.agent_uid is None else error,
        calls=0,
    )


def _failures(answer: Answer) -> tuple[SalesforceError, ...]:
    """Each failure once: that of a whole call is the same in both parts."""
    parts = [part for part in (answer.record, answer.agent) if isinstance(part, SalesforceError)]
    return tuple(parts[:1] if len(parts) == 2 and parts[0] is parts[1] else parts)
