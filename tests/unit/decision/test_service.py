"""The service with fakes: sources of facts, and decisions without facts."""

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision import fact_sources
from click_to_dial.decision.circuit_breaker import OPEN_SECONDS, CircuitBreaker
from click_to_dial.decision.service import ClickToDial, Report, Request
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import (
    BadParameterError,
    DynamoDBError,
    NoDialPlanError,
    OutOfTimeError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    SecretError,
)
from click_to_dial.list_keys import number_key
from click_to_dial.model import Agent, Record
from click_to_dial.ports import CachedFacts, SalesforceRequest, SalesforceResult, StoredItem
from tests.fakes import DOCUMENT, Clock, FakeAttempts, FakeFacts, FakePlans, FakeSalesforce, plan

REQUEST = Request("001dM00003jU9GxQAK", "+4989461495", "jdoe")
DOWN = SalesforceUnavailableError("reset")
SUPPLIER = Record(True, "Account", {"kind": "Supplier"})


def service(
    salesforce: Any = None,
    cache: FakeFacts | None = None,
    the_plan: DialPlan | None = None,
    breaker: CircuitBreaker | None = None,
    time_budget: float = 2.5,
) -> ClickToDial:
    cache = cache or FakeFacts(Clock())
    return ClickToDial(
        plans=FakePlans(the_plan or plan()),
        cache=cache,
        attempts=FakeAttempts({}),
        pseudonym=str,
        salesforce=salesforce or FakeSalesforce(),
        breaker=breaker or CircuitBreaker(),
        time_budget=time_budget,
        clock=cache.clock,
    )


def kept(
    record: Record | None, agent: Agent | None, age: float, the_plan: DialPlan | None = None
) -> FakeFacts:
    """Return a cache that was written `age` seconds ago."""
    cache = FakeFacts(Clock())
    result = SalesforceResult(record, agent)
    cache.write(the_plan or plan(), REQUEST.record_id, REQUEST.agent_uid, result, cache.clock())
    cache.clock.advance(age)
    cache.writes = 0
    return cache


def number(report: Report) -> str | None:
    signalled = report.decision and report.decision.service_number
    return signalled.number if signalled else None


def test_a_customer_sees_the_hotline_of_their_country() -> None:
    report = service().decide(REQUEST)
    assert number(report) == "431265030"
    assert (report.plan_version, report.decision and report.decision.rule) == (7, "customers")
    assert (report.gathered.record_from, report.gathered.agent_from) == ("salesforce", "salesforce")


def test_facts_from_salesforce_are_cached() -> None:
    cache = FakeFacts(Clock())
    service(cache=cache).decide(REQUEST)
    stored = cache.read(plan(), REQUEST.record_id, REQUEST.agent_uid)
    assert (stored.record, stored.agent) == (FakeSalesforce().record, FakeSalesforce().agent)


def test_cached_facts_are_as_old_as_the_question_not_the_answer() -> None:
    cache = FakeFacts(Clock())

    class Thinking(FakeSalesforce):
        def fetch(
            self, the_plan: DialPlan, request: SalesforceRequest, deadline: Deadline
        ) -> SalesforceResult:
            cache.clock.advance(2)
            return super().fetch(the_plan, request, deadline)

    service(Thinking(), cache).decide(REQUEST)
    stored = cache.read(plan(), REQUEST.record_id, REQUEST.agent_uid)
    assert (stored.record_age, stored.agent_age) == (2, 2)


def test_fresh_facts_are_not_requested_again() -> None:
    salesforce = FakeSalesforce(record=SUPPLIER)
    cache = kept(None, Agent(True, {"extension": "9"}), age=3599)
    report = service(salesforce, cache).decide(REQUEST)
    assert salesforce.requests == [SalesforceRequest(REQUEST.record_id, None)]
    assert (number(report), report.gathered.agent_from) == ("4989461499", "cached")


EMERGENCY = {
    "id": "emergency",
    "when": {"callee.kind": "emergency"},
    "signal": {"number": "hotline"},
}
EXTENSION = {"id": "desk", "when": {"agent.extension": "9"}, "refuse": "Not from this desk."}


@pytest.mark.parametrize(
    "cache", [FakeFacts(Clock()), kept(Record(False, "Account"), Agent(True), age=1)]
)
def test_an_emergency_call_does_not_wait(cache: FakeFacts) -> None:
    """It does not wait for the news that the record was deleted either."""
    cache.broken = True
    salesforce = FakeSalesforce(record=Record(False, "Account"))
    the_plan = plan(rules=[EMERGENCY, *DOCUMENT["rules"]])
    report = service(salesforce, cache, the_plan).decide(REQUEST._replace(caller_id="112"))
    assert (number(report), salesforce.requests) == ("4989461495000", [])
    assert (report.gathered.record_from, report.gathered.agent_from) == ("unasked", "unasked")
    assert not report.gathered.cache_failures  # it was not asked


def test_a_call_is_allowed_only_if_the_record_exists() -> None:
    salesforce = FakeSalesforce(record=Record(False, "Account"))
    the_plan = plan(rules=DOCUMENT["rules"][-1:], without_record="allow")
    assert service(salesforce, None, the_plan).decide(REQUEST).decision is None
    report = service(salesforce, None, the_plan).decide(REQUEST._replace(record_id=None))
    assert (number(report), len(salesforce.requests)) == ("4989461495000", 1)


def test_cached_facts_about_the_agent_may_suffice_to_refuse() -> None:
    salesforce, cache = FakeSalesforce(), kept(None, Agent(True, {"extension": "9"}), age=60)
    the_plan = plan(rules=[EXTENSION, *DOCUMENT["rules"]])
    report = service(salesforce, cache, the_plan).decide(REQUEST)
    assert report.decision is not None
    assert (report.decision.rule, salesforce.requests) == ("desk", [])
    assert (report.gathered.record_from, report.gathered.agent_from) == ("unasked", "cached")
    assert report.gathered.agent_age == 60


def test_a_later_rule_does_not_decide_before_one_that_needs_the_record() -> None:
    salesforce = FakeSalesforce()
    the_plan = plan(rules=[*DOCUMENT["rules"][:3], EMERGENCY, DOCUMENT["rules"][3]])
    report = service(salesforce, None, the_plan).decide(REQUEST._replace(caller_id="112"))
    assert len(salesforce.requests) == 1
    assert report.decision is not None
    assert report.decision.rule == "customers"


def test_salesforce_is_not_asked_if_all_facts_are_fresh() -> None:
    the_plan = plan(freshness={"record": 60, "agent": 60, "stale_if_error": 0})
    salesforce = FakeSalesforce()
    cache = kept(SUPPLIER, Agent(True), 59, the_plan)
    report = service(salesforce, cache, the_plan).decide(REQUEST)
    assert salesforce.requests == []
    assert cache.writes == 0
    assert (number(report), report.gathered.salesforce_calls) == ("4989461495000", 0)


@pytest.mark.parametrize(("age", "believed"), [(9, True), (10, False)])
def test_a_missing_record_is_cached_only_briefly(age: float, believed: bool) -> None:
    the_plan = plan(freshness={"record": 3600, "agent": 3600, "stale_if_error": 3600})
    salesforce = FakeSalesforce()
    cache = kept(Record(False, "Account"), Agent(True), age, the_plan)
    report = service(salesforce, cache, the_plan).decide(REQUEST)
    assert (salesforce.requests == []) is believed
    assert (report.decision is None) is believed


@pytest.mark.parametrize(("age", "believed"), [(1, True), (2, False)])
def test_a_missing_record_is_not_cached_for_longer_than_fresh_facts(
    age: float, believed: bool
) -> None:
    the_plan = plan(freshness={"record": 2, "agent": 3600, "stale_if_error": 3600})
    salesforce = FakeSalesforce()
    cache = kept(Record(False, "Account"), Agent(True), age, the_plan)
    report = service(salesforce, cache, the_plan).decide(REQUEST)
    assert (salesforce.requests == []) is believed
    assert (report.decision is None) is believed


def test_without_the_record_there_is_no_decision() -> None:
    report = service(FakeSalesforce(record=Record(False, "Account"))).decide(REQUEST)
    assert report.decision is None  # and so there is no trace of rules either


def test_an_unknown_agent_is_a_fact_not_an_error() -> None:
    report = service(FakeSalesforce(record=SUPPLIER, agent=Agent(False))).decide(REQUEST)
    assert number(report) == "4989461495000"


@pytest.mark.parametrize("error", [DOWN, SalesforceConfigurationError("invalid-field")])
def test_without_salesforce_stale_facts_decide(error: SalesforceError) -> None:
    cache = kept(SUPPLIER, Agent(True, {"extension": "217"}), age=28799)
    report = service(FakeSalesforce(error=error), cache).decide(REQUEST)
    assert number(report) == "498946149217"
    assert (report.gathered.record_age, report.gathered.agent_age) == (28799, 28799)
    assert (report.gathered.record_from, report.gathered.agent_from) == ("stale", "stale")
    assert report.gathered.failures == (error,)


def test_without_salesforce_and_stale_facts_the_outage_decides() -> None:
    cache = kept(SUPPLIER, Agent(True), age=28800)
    report = service(FakeSalesforce(error=DOWN), cache).decide(REQUEST)
    assert report.decision is not None
    assert report.decision.cause == "outage"
    assert (report.gathered.record_from, report.gathered.agent_from) == ("unknown", "unknown")


@pytest.mark.parametrize("freshness", [{"record": 3600}, {"record": 0}])
@pytest.mark.parametrize("spelling", ["Lead", "lead"])
@pytest.mark.parametrize("is_down", [True, False])
def test_an_opted_out_lead_is_refused_however_the_plan_spells_the_object(
    freshness: dict[str, int], spelling: str, is_down: bool
) -> None:
    """Also if the cache has the lead from before the plan asked for its opt-out."""
    request = REQUEST._replace(record_id="00QdM00003jU9GxUAK")
    cache = FakeFacts(Clock())
    cache.write(
        plan(objects={}),
        request.record_id,
        request.agent_uid,
        SalesforceResult(Record(True, "Lead"), Agent(True)),
        cache.clock(),
    )
    the_plan = plan(
        objects={spelling: {"do_not_call": "DoNotCall"}},
        freshness={**DOCUMENT["freshness"], **freshness},
    )
    opted_out = Record(True, spelling, {"do_not_call": True})
    salesforce = FakeSalesforce(record=opted_out, error=DOWN if is_down else None)
    report = service(salesforce, cache, the_plan).decide(request)
    assert report.decision is not None
    assert report.decision.service_number is None


@pytest.mark.parametrize("spelling", ["Lead", "lead"])
def test_an_outage_rule_knows_the_clicked_object_however_the_plan_spells_it(spelling: str) -> None:
    the_plan = plan(
        objects={spelling: {"do_not_call": "DoNotCall"}},
        outage=[
            {"when": {"record.object": spelling}, "refuse": "Not a lead."},
            {"when": {}, "signal": {"number": "hotline"}},
        ],
    )
    request = REQUEST._replace(record_id="00QdM00003jU9GxUAK")
    report = service(FakeSalesforce(error=DOWN), None, the_plan).decide(request)
    assert report.decision is not None
    assert report.decision.reason == "Not a lead."


def test_one_part_may_fail_alone() -> None:
    report = service(FakeSalesforce(agent=DOWN)).decide(REQUEST)
    assert number(report) == "431265030"  # a customer's number does not take the agent
    report = service(FakeSalesforce(agent=DOWN, record=SUPPLIER)).decide(REQUEST)
    assert report.decision is not None
    assert report.decision.cause == "outage"
    assert report.gathered.failures == (DOWN,)


def test_a_broken_cache_does_not_affect_a_decision() -> None:
    cache = FakeFacts(Clock())
    cache.broken = True
    report = service(cache=cache).decide(REQUEST)
    assert number(report) == "431265030"
    assert report.gathered.cache_failures


def test_a_record_is_needed_unless_the_plan_says_otherwise() -> None:
    request = Request(None, "+4989461495", "jdoe")
    with pytest.raises(BadParameterError, match="SalesForceID is empty"):
        service().decide(request)
    report = service(the_plan=plan(without_record="allow")).decide(request)
    assert number(report) == "4989461495000"
    assert (report.gathered.record, report.gathered.record_from) == (None, "none")


@pytest.mark.parametrize("region", ["DE", "US"])
def test_national_numbers_are_read_in_the_plans_home_region(region: str) -> None:
    request = Request(REQUEST.record_id, "2125551234", "jdoe")
    report = service(the_plan=plan(home_region=region)).decide(request)
    assert report.click.callee.country == region


class Slow:
    """A Salesforce that answers after the budget has ended."""

    def fetch(
        self, the_plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        time.sleep(0.3)
        raise AssertionError("nobody waits for this")


def test_the_time_budget_holds_if_salesforce_is_slow() -> None:
    started = time.monotonic()
    report = service(Slow(), time_budget=0.05).decide(REQUEST)
    assert time.monotonic() - started < 0.25
    assert [failure.reason for failure in report.gathered.failures] == ["out-of-time"]
    assert report.decision is not None
    assert report.decision.cause == "outage"


LIMIT = {
    "id": "limit",
    "when": {"callee.attempts": {"gte": 2, "within": 3600, "by": "anyone"}},
    "refuse": "Called often enough.",
}


class Waiting(FakeSalesforce):
    """A Salesforce that uses all the time it is given, and then does not answer."""

    def fetch(
        self, the_plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        time.sleep(deadline.remaining())
        raise SalesforceUnavailableError("read-timeout")


def test_stale_facts_allow_a_limited_call_while_salesforce_is_slow() -> None:
    the_plan = plan(rules=[LIMIT, *DOCUMENT["rules"]])
    cache = kept(SUPPLIER, Agent(True, {"extension": "217"}), age=60, the_plan=the_plan)
    decided = service(Waiting(), cache, the_plan, time_budget=0.5)
    decided = replace(decided, attempts=FakeAttempts(cache.items))
    rules = []
    for _ in range(3):
        report = decided.decide(REQUEST)
        assert report.decision is not None
        assert report.decision.cause == "rule"
        assert not report.gathered.cache_failures
        rules.append(report.decision.rule)
        cache.clock.advance(60)
    assert rules == ["suppliers", "suppliers", "limit"]


@pytest.mark.parametrize("rules", [[], [LIMIT]])
def test_counting_takes_no_time_from_salesforce_if_no_limit_can_apply(rules: list[Any]) -> None:
    seconds: list[float] = []

    class Timed(FakeSalesforce):
        def fetch(
            self, the_plan: DialPlan, request: SalesforceRequest, deadline: Deadline
        ) -> SalesforceResult:
            seconds.append(deadline.remaining())
            return super().fetch(the_plan, request, deadline)

    the_plan = plan(rules=[*rules, *DOCUMENT["rules"]])
    service(Timed(), the_plan=the_plan, time_budget=50.0).decide(REQUEST)
    internal = REQUEST._replace(caller_id="217")
    service(Timed(), the_plan=the_plan, time_budget=50.0).decide(internal)
    assert (seconds[0] > 49.5, seconds[1] > 49.5) == (not rules, True)


def test_lists_that_were_read_stay_known_if_a_call_cannot_be_counted() -> None:
    listed = {"id": "listed", "when": {"callee.listed": ["dnc"]}, "refuse": "Listed."}
    outage = [
        {"when": {"callee.listed": ["robinson"]}, "refuse": "Listed."},
        {"when": {}, "signal": {"number": "hotline"}},
    ]
    the_plan = plan(rules=[listed, LIMIT, *DOCUMENT["rules"]], outage=outage)
    attempts = FakeAttempts({}, error=DynamoDBError("Throttled."))
    report = replace(service(the_plan=the_plan), attempts=attempts).decide(REQUEST)
    assert report.decision is not None
    assert (report.decision.cause, number(report)) == ("outage", "4989461495000")
    assert report.facts.unknown == {"callee.attempts"}
    assert report.gathered.cache_failures == (attempts.error,)


class SlowFacts(FakeFacts):
    """A cache that answers only after Salesforce was asked."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.asked = threading.Event()

    def read(self, *request: Any) -> CachedFacts:
        self.asked.wait(5)
        return super().read(*request)


class AfterAsking(FakeSalesforce):
    """A Salesforce that sets `asked` when it is asked. Then it answers, or raises `error`."""

    def __init__(self, asked: threading.Event, error: Exception | None = None) -> None:
        super().__init__(error=error)
        self._asked = asked

    def fetch(
        self, the_plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        self._asked.set()
        return super().fetch(the_plan, request, deadline)


@pytest.mark.parametrize("listed", [True, False])
def test_lists_are_known_if_the_table_answers_after_salesforce(
    monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    monkeypatch.setattr(fact_sources, "CACHE_READ_SECONDS", 0.0)
    refuse = {"id": "listed", "when": {"callee.listed": ["dnc"]}, "refuse": "Listed."}
    the_plan = plan(rules=[refuse, *DOCUMENT["rules"]])
    cache = SlowFacts(Clock())
    if listed:
        cache.items[number_key("dnc", "+4989461495", str)] = StoredItem("{}")
    report = service(AfterAsking(cache.asked), cache, the_plan).decide(REQUEST)
    assert report.decision is not None
    assert (report.decision.cause, report.decision.rule == "listed") == ("rule", listed)
    assert (report.gathered.record_from, report.gathered.cache_failures) == ("salesforce", ())


def test_stale_facts_are_used_if_the_table_answers_after_salesforce_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fact_sources, "CACHE_READ_SECONDS", 0.0)
    cache = SlowFacts(Clock())
    cache.write(
        plan(),
        REQUEST.record_id,
        REQUEST.agent_uid,
        SalesforceResult(SUPPLIER, Agent(True, {"extension": "217"})),
        cache.clock(),
    )
    cache.clock.advance(60)
    report = service(AfterAsking(cache.asked, DOWN), cache).decide(REQUEST)
    assert report.decision is not None
    assert (report.decision.cause, report.decision.rule) == ("rule", "suppliers")
    assert (report.gathered.record_from, report.gathered.agent_from) == ("stale", "cached")


NEVER_FRESH = {"record": 0, "agent": 0, "stale_if_error": 28800}


def test_salesforce_is_asked_at_once_if_the_cache_cannot_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the decision waited for the cache first, it would run out of time here."""
    monkeypatch.setattr(fact_sources, "CACHE_READ_SECONDS", 60.0)
    cache = SlowFacts(Clock())
    the_plan = plan(freshness=NEVER_FRESH)
    report = service(AfterAsking(cache.asked), cache, the_plan, time_budget=4.0).decide(REQUEST)
    assert number(report) == "431265030"
    assert (report.gathered.record_from, report.gathered.cache_failures) == ("salesforce", ())


@pytest.mark.parametrize(
    ("agent_seconds", "age", "answer", "is_written"),
    [
        (0, 1799, Agent(True, {"extension": "217"}), False),
        (0, 1800, Agent(True, {"extension": "217"}), True),
        (0, 60, Agent(True, {"extension": "218"}), True),
        (0, 30, Agent(False), True),
        (600, 1200, Agent(True, {"extension": "217"}), True),
    ],
)
def test_an_agent_is_written_again_if_that_changes_a_later_decision(
    agent_seconds: int, age: float, answer: Agent, is_written: bool
) -> None:
    """An agent that is never fresh serves only an outage, where half an hour does not matter."""
    the_plan = plan(freshness=NEVER_FRESH | {"agent": agent_seconds})
    cache = kept(SUPPLIER, Agent(True, {"extension": "217"}), age, the_plan)
    service(FakeSalesforce(SUPPLIER, answer), cache, the_plan).decide(REQUEST)
    stored = cache.read(the_plan, REQUEST.record_id, REQUEST.agent_uid)
    assert (stored.record_age, stored.agent_age) == (0, 0 if is_written else age)
    assert stored.agent == answer


class PartlyRead(FakeFacts):
    """A cache that has the first of the items, and cannot read the others."""

    def read(self, *request: Any) -> CachedFacts:
        first, *others = request[3]
        items = {first: StoredItem("{}")} | dict.fromkeys(others)
        return super().read(*request)._replace(items=items)


@pytest.mark.parametrize(
    ("lists", "rule", "cause"),
    [
        ([["dnc", "robinson"]], "0", "rule"),  # it is on the first list
        ([["robinson"], ["dnc"]], "0", "outage"),
        ([["dnc"], ["robinson"]], "0", "rule"),
    ],
)
def test_a_hit_on_one_list_decides_even_if_another_could_not_be_read(
    lists: list[list[str]], rule: str, cause: str
) -> None:
    rules = [
        {"id": str(index), "when": {"callee.listed": names}, "refuse": "Listed."}
        for index, names in enumerate(lists)
    ]
    the_plan = plan(rules=[*rules, *DOCUMENT["rules"]])
    decision = service(cache=PartlyRead(Clock()), the_plan=the_plan).decide(REQUEST).decision
    assert decision is not None
    assert (decision.rule, decision.cause, decision.service_number) == (rule, cause, None)


def test_without_a_dial_plan_there_is_an_error() -> None:
    click_to_dial = ClickToDial(
        FakePlans(plan(), NoDialPlanError("nothing is published")),
        FakeFacts(Clock()),
        FakeSalesforce(),
        CircuitBreaker(),
        FakeAttempts({}),
        str,
        2.5,
    )
    with pytest.raises(NoDialPlanError):
        click_to_dial.decide(REQUEST)


def test_calls_do_not_wait_while_salesforce_is_down() -> None:
    clock, salesforce = Clock(), FakeSalesforce(error=DOWN)
    click_to_dial = service(salesforce, breaker=CircuitBreaker(clock))
    reasons = [click_to_dial.decide(REQUEST).gathered.failures[0].reason for _ in range(4)]
    assert reasons == ["reset", "reset", "circuit-open", "circuit-open"]
    clock.advance(OPEN_SECONDS)
    assert click_to_dial.decide(REQUEST).gathered.failures[0].reason == "reset"
    assert click_to_dial.decide(REQUEST).gathered.failures[0].reason == "circuit-open"
    clock.advance(OPEN_SECONDS)
    salesforce.error = None
    assert number(click_to_dial.decide(REQUEST)) == "431265030"
    assert number(click_to_dial.decide(REQUEST)) == "431265030"


def test_a_wrong_configuration_does_not_open_the_circuit() -> None:
    salesforce = FakeSalesforce(error=SalesforceConfigurationError("invalid-field"))
    click_to_dial = service(salesforce)
    for _ in range(5):
        click_to_dial.decide(REQUEST)
    assert len(salesforce.requests) == 5


@pytest.mark.parametrize("result", [42, None])
def test_a_deadline_returns_the_result(result: int | None) -> None:
    assert Deadline(1.0).run(lambda: result) == result


def test_a_deadline_raises_errors_and_starts_nothing_when_it_is_over() -> None:
    def fail() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        Deadline(1.0).run(fail)
    with pytest.raises(Exception, match="time budget is used up"):
        Deadline(0.0).run(fail)


KIEL_OR_VIENNA = Request("001dM00003jU9GxQAK", "431265030", "jdoe")
"""+431265030 without its plus, or 0431 265030 without its zero. The first one is dialled."""


@pytest.mark.parametrize(
    ("refused", "rule"),
    [
        ({"callee.country": "AT"}, "no"),
        ({"callee.country": "DE"}, "no"),
        ({"callee.number": "+49431265030"}, "no"),
        ({"callee.country": "FR"}, "everyone"),
    ],
)
def test_an_ambiguous_number_is_allowed_only_if_both_readings_are(refused: Any, rule: str) -> None:
    rules = [
        {"id": "no", "when": refused, "refuse": "No."},
        {"id": "everyone", "when": {}, "signal": {"number": "hotline"}},
    ]
    report = service(the_plan=plan(rules=rules)).decide(KIEL_OR_VIENNA)
    assert report.decision is not None
    assert report.decision.rule == rule
    assert report.facts.values["callee.number"] == "+431265030"
    assert report.other is not None
    assert report.other.facts.values["callee.number"] == "+49431265030"


def test_the_dialled_reading_decides_which_number_is_signalled() -> None:
    rules = [
        {
            "id": "by-country",
            "when": {},
            "signal": {"mapping": "by-country", "key": "callee.country"},
        }
    ]
    assert number(service(the_plan=plan(rules=rules)).decide(KIEL_OR_VIENNA)) == "431265030"


def test_a_reading_that_needs_facts_does_not_decide_early() -> None:
    rules = [
        {"id": "austria", "when": {"callee.country": "AT"}, "signal": {"number": "hotline"}},
        {"id": "no", "when": {"record.do_not_call": True}, "refuse": "No."},
        {"id": "everyone", "when": {}, "signal": {"number": "hotline"}},
    ]
    opted_out = FakeSalesforce(record=Record(True, "Contact", {"do_not_call": True}))
    report = service(opted_out, the_plan=plan(rules=rules)).decide(KIEL_OR_VIENNA)
    assert report.decision is not None
    assert (report.decision.rule, report.decision.service_number) == ("no", None)


NEEDS_RECORD = [
    {"id": "ours", "when": {"record.kind": "Customer"}, "signal": {"number": "hotline"}},
    {
        "id": "desk",
        "when": {"agent.known": True},
        "signal": {"agent": "extension", "prefix": "", "name": ""},
    },
    {"id": "rest", "when": {}, "signal": {"number": "hotline"}},
]


class TestEmergencyCalls:
    @pytest.mark.parametrize("dialled", ["112", "110", "+112", "0112", " 112"])
    def test_faults_of_the_other_parameters_do_not_matter(self, dialled: str) -> None:
        fault = BadParameterError("SalesForceID", "malformed")
        request = Request(None, dialled, "", fault)
        the_plan = plan(rules=NEEDS_RECORD, without_record="refuse")
        assert number(service(the_plan=the_plan).decide(request))
        with pytest.raises(BadParameterError, match="malformed"):
            service(the_plan=the_plan).decide(request._replace(caller_id="08912345678"))

    def test_a_record_that_does_not_exist_is_no_record(self) -> None:
        salesforce = FakeSalesforce(record=Record(False, "Account"))
        decided = service(salesforce, the_plan=plan(rules=NEEDS_RECORD))
        assert number(decided.decide(REQUEST._replace(caller_id="112")))

    def test_salesforce_that_fails_makes_facts_missing(self) -> None:
        decided = service(FakeSalesforce(error=DOWN), the_plan=plan(rules=NEEDS_RECORD))
        report = decided.decide(REQUEST._replace(caller_id="112"))
        assert report.decision
        assert (report.decision.rule, report.decision.cause) == ("rest", "rule")

    def test_salesforce_is_asked_for_at_most_a_second(self) -> None:
        remaining = []

        class Slow(FakeSalesforce):
            def fetch(
                self, the_plan: DialPlan, request: SalesforceRequest, deadline: Deadline
            ) -> SalesforceResult:
                remaining.append(deadline.remaining())
                return super().fetch(the_plan, request, deadline)

        service(Slow(), the_plan=plan(rules=NEEDS_RECORD)).decide(REQUEST._replace(caller_id="112"))
        (seconds,) = remaining
        assert seconds <= 1.0

    def test_salesforce_is_not_asked_if_no_rule_needs_it(self) -> None:
        salesforce = FakeSalesforce()
        sos = {
            "id": "sos",
            "when": {"callee.kind": "emergency"},
            "signal": {"number": "hotline"},
        }
        decided = service(salesforce, the_plan=plan(rules=[sos, *NEEDS_RECORD]))
        assert number(decided.decide(REQUEST._replace(caller_id="112")))
        assert salesforce.requests == []


def without_key(text: str) -> str:
    raise SecretError("Secrets Manager refuses to return the secret.", code="AccessDenied")


LISTED = {"id": "listed", "when": {"callee.listed": ["dnc"]}, "refuse": "On the list."}


ON_RECORD = {"id": "off-record", "when": {"callee.on_record": False}, "refuse": "Not on record."}


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": [LISTED, *DOCUMENT["rules"]]},
        {"rules": [ON_RECORD, *DOCUMENT["rules"]], "numbers": {"Account": ["Phone"]}},
    ],
)
def test_without_the_key_of_the_hashes_a_plan_that_needs_it_decides_as_in_an_outage(
    changes: dict[str, Any],
) -> None:
    """The call is not let through, and nothing is stored under a hash with another key."""
    salesforce, cache = FakeSalesforce(), FakeFacts(Clock())
    keyless = replace(service(salesforce, cache, plan(**changes)), pseudonym=without_key)
    report = keyless.decide(REQUEST)
    assert report.decision is not None
    assert (report.decision.cause, report.decision.service_number) == ("outage", None)
    assert (report.gathered.record_from, report.gathered.agent_from) == ("unknown", "unknown")
    (failure,) = report.gathered.cache_failures
    assert (type(failure), failure.code) == (SecretError, "AccessDenied")
    assert (salesforce.requests, cache.writes, report.callee) == ([], 0, None)


def test_without_the_key_a_rule_on_the_number_alone_still_decides() -> None:
    """Also one that refuses, before the first rule that needs a list."""
    abroad = {"id": "abroad", "when": {"callee.country": "FR"}, "refuse": "Not to France."}
    the_plan = plan(rules=[abroad, LISTED, *DOCUMENT["rules"]])
    keyless = replace(service(the_plan=the_plan), pseudonym=without_key)
    report = keyless.decide(REQUEST._replace(caller_id="+33123456789"))
    assert report.decision is not None
    assert (report.decision.rule, report.decision.cause) == ("abroad", "rule")


@pytest.mark.parametrize("caller_id", [REQUEST.caller_id, "217", "112"])
def test_without_the_key_a_plan_without_lists_decides_as_usual(caller_id: str) -> None:
    request = REQUEST._replace(caller_id=caller_id)
    keyless = replace(service(), pseudonym=without_key).decide(request)
    usual = service().decide(request)
    assert keyless.decision == usual.decision
    assert keyless.callee is None
    has_hash = usual.callee is not None  # an internal number has none
    assert isinstance(keyless.hash_failure, SecretError) == has_hash


@pytest.mark.parametrize("rules", [[LISTED, EMERGENCY], [EMERGENCY, LISTED]])
def test_an_emergency_call_does_not_need_the_key(rules: list[Any]) -> None:
    the_plan = plan(rules=[*rules, *DOCUMENT["rules"]])
    keyless = replace(service(the_plan=the_plan), pseudonym=without_key)
    assert number(keyless.decide(REQUEST._replace(caller_id="112"))) == "4989461495000"


def test_a_decision_waits_only_shortly_for_the_hash_in_its_log_line() -> None:
    key_arrives = threading.Event()

    def slow(text: str) -> str:
        key_arrives.wait(5)
        return text

    try:
        report = replace(service(), pseudonym=slow).decide(REQUEST)
    finally:
        key_arrives.set()
    assert number(report) == "431265030"
    assert (report.callee, type(report.hash_failure)) == (None, OutOfTimeError)
    assert report.duration_ms < 1000


def test_a_key_that_cannot_be_read_is_reported_although_the_time_is_used_up() -> None:
    keyless = replace(service(Slow(), time_budget=0.05), pseudonym=without_key)
    assert isinstance(keyless.decide(REQUEST).hash_failure, SecretError)


def test_a_defect_in_a_hash_is_not_swallowed() -> None:
    def broken(text: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        replace(service(), pseudonym=broken).decide(REQUEST)
