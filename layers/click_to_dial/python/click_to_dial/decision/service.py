"""The use case: may this call be placed, and which number shall the called party see?"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from click_to_dial.deadline import Deadline, begin
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.fact_sources import FactSources, GatheredFacts
from click_to_dial.decision.facts import to_facts
from click_to_dial.decision.number_lookups import attempts_key, calls_of, with_call
from click_to_dial.dialplan import DialPlan, evaluate
from click_to_dial.errors import (
    BadParameterError,
    ClickToDialError,
    DynamoDBError,
    OutOfTimeError,
)
from click_to_dial.model import Click, Decision, Facts
from click_to_dial.phone_numbers import read_callee
from click_to_dial.ports import Attempts, DialPlans, FactsCache, Salesforce, StoredItem
from click_to_dial.pseudonym import Pseudonym

COUNT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Request:
    """The query, read as far as that goes without the plan: `caller_id` is cleaned."""

    record_id: str | None
    caller_id: str
    agent_uid: str


@dataclass(frozen=True, slots=True)
class ConcurrentUpdate:
    """What the table holds of the callee by now; None where it could not be asked."""

    items: Mapping[str, StoredItem] | None


@dataclass(frozen=True, slots=True)
class Report:
    """A decision with what led to it; `decision` is None where there is no such record."""

    plan_version: int
    plan_failure: ClickToDialError | None
    duration_ms: int
    click: Click
    callee: str | None
    """The keyed hash of the number."""
    gathered: GatheredFacts
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

    def decide(self, request: Request) -> Report:
        """Return the decision with everything that led to it.

        Raises BadParameterError, DialPlanError.
        """
        deadline = Deadline(self.time_budget)
        plan = self.plans.get(deadline)
        click = to_click(request, plan)
        sources = FactSources(self.cache, self.salesforce, self.breaker, self.pseudonym)
        for gathered in sources.gather(plan, click, deadline):
            facts, decision = self._judge(plan, click, gathered, gathered.items)
            if _suffices(click, decision):
                break
        facts, decision = self._count(plan, click, gathered, facts, decision, deadline)
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

    def _judge(
        self,
        plan: DialPlan,
        click: Click,
        gathered: GatheredFacts,
        items: Mapping[str, StoredItem] | None,
    ) -> tuple[Facts, Decision | None]:
        """What the rules say of what is known; None for a record that is none."""
        facts = to_facts(plan, click, gathered, items, self.pseudonym, self.clock())
        if gathered.record is not None and not gathered.record.found:
            return facts, None
        return facts, evaluate(plan, facts)

    def _count(
        self,
        plan: DialPlan,
        click: Click,
        gathered: GatheredFacts,
        facts: Facts,
        decision: Decision | None,
        deadline: Deadline,
    ) -> tuple[Facts, Decision | None]:
        """The decision; where it allows a call under a limit, the call has been counted.

        Where somebody else was counted in between, all is decided anew. That ends: once as many
        are counted as the limit says, the decision is to refuse.
        """
        items = gathered.items
        while items is not None and click.callee.number and _takes_of_a_limit(decision):
            try:
                add = partial(self._add, plan, click, items, facts.now)
                changed = deadline.run(add, COUNT_SECONDS)
            except (DynamoDBError, OutOfTimeError):
                changed = ConcurrentUpdate(
                    None
                )  # what cannot be counted must not pass as below the limit
            if changed is None:
                break
            items = changed.items
            facts, decision = self._judge(plan, click, gathered, items)
        return facts, decision

    def _add(
        self, plan: DialPlan, click: Click, items: Mapping[str, StoredItem], now: float
    ) -> ConcurrentUpdate | None:
        """Counts an allowed call, or says what the table holds since somebody else was quicker."""
        key = attempts_key(click.callee.number or "", self.pseudonym)
        before = items.get(key)
        after = with_call(plan, calls_of(before), self.pseudonym(click.agent_uid), now)
        if after is None or self.attempts.replace(key, before, after):
            return None
        current = self.attempts.read(key)
        others = {name: item for name, item in items.items() if name != key}
        return ConcurrentUpdate(others if current is None else {**others, key: current})


def _suffices(click: Click, decision: Decision | None) -> bool:
    """Whether the rules decide without asking for more.

    A call is placed only where there is such a record; but an emergency waits for nobody.
    """
    if decision is None or decision.cause == "outage":
        return False
    needs_record = decision.service_number is not None and click.record_id is not None
    return not needs_record or click.callee.kind == "emergency"


def _takes_of_a_limit(decision: Decision | None) -> bool:
    return decision is not None and decision.service_number is not None and decision.limited


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
