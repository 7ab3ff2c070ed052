"""The plan in memory: checked at most every 30 s, and kept if the table does not answer."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision import current_plan
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.errors import DynamoDBError, NoDialPlanError, UnreadableDialPlanError
from click_to_dial.ports import ActivePlan, BlobRef
from tests.fakes import DOCUMENT, Clock

SOON = Deadline(3600)  # begins when pytest collects the tests


class Plans:
    """A fake of PlanStore that records its calls."""

    def __init__(self) -> None:
        self.published: ActivePlan | None = None
        self.document: Mapping[str, Any] = DOCUMENT
        self.error: Exception | None = None
        self.gone = 0
        self.calls: list[str] = []

    def publish(self, version: int) -> None:
        self.published = ActivePlan(version, version, BlobRef(f"{version}", 1), {}, "", "")

    def active(self) -> ActivePlan | None:
        self.calls.append("active")
        if self.error:
            raise self.error
        return self.published

    def load(self, active: ActivePlan) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, str]]]:
        self.calls.append(f"load {active.version}")
        if self.gone:
            self.gone -= 1
            self.publish(active.version + 1)
            raise NoDialPlanError("gone")
        return self.document, {}


@pytest.fixture
def plans() -> Plans:
    plans = Plans()
    plans.publish(1)
    return plans


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def current(plans: Plans, clock: Clock) -> CurrentPlan:
    return CurrentPlan(plans, clock)


def test_the_first_plan_is_read_again_if_the_table_did_not_answer(
    current: CurrentPlan, plans: Plans, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_again(seconds: float) -> None:
        plans.error = None

    plans.error = DynamoDBError("down")
    monkeypatch.setattr("time.sleep", answer_again)
    assert current.get(SOON).version == 1
    assert plans.calls == ["active", "active", "load 1"]


def test_a_table_that_does_not_answer_is_asked_three_times_for_the_first_plan(
    current: CurrentPlan, plans: Plans
) -> None:
    plans.error = DynamoDBError("down", code="ReadTimeoutError")
    with pytest.raises(NoDialPlanError) as raised:
        current.get(SOON)
    assert (raised.value.code, plans.calls) == ("ReadTimeoutError", ["active"] * 3)


def test_the_table_is_read_at_most_every_30_seconds(
    current: CurrentPlan, plans: Plans, clock: Clock
) -> None:
    assert current.get(SOON) is current.get(SOON)
    clock.advance(29.9)
    current.get(SOON)
    assert plans.calls == ["active", "load 1"]


def test_an_unchanged_plan_is_not_read_again(
    current: CurrentPlan, plans: Plans, clock: Clock
) -> None:
    first = current.get(SOON)
    for _ in range(3):
        clock.advance(30)
        assert current.get(SOON) is first
    assert plans.calls == ["active", "load 1", "active", "active", "active"]


def test_a_change_is_live_after_30_seconds(
    current: CurrentPlan, plans: Plans, clock: Clock
) -> None:
    assert current.get(SOON).version == 1
    plans.publish(2)
    assert current.get(SOON).version == 1
    clock.advance(30)
    assert current.get(SOON).version == 2


@pytest.mark.parametrize("error", [DynamoDBError("down"), None])
def test_the_plan_stays_in_use_if_the_check_fails(
    current: CurrentPlan, plans: Plans, clock: Clock, error: Exception | None
) -> None:
    first = current.get(SOON)
    plans.error, plans.published = error, None
    clock.advance(30)
    assert current.get(SOON) is first
    assert current.failure is not None
    assert current.get(SOON) is first
    assert plans.calls.count("active") == 2
    plans.error = None
    plans.publish(2)
    clock.advance(30)
    assert current.get(SOON).version == 2
    assert current.failure is None


def test_a_plan_of_a_newer_version_of_the_software_does_not_replace_one_that_works(
    current: CurrentPlan, plans: Plans, clock: Clock
) -> None:
    first = current.get(SOON)
    plans.document = {"version": 2}
    plans.publish(2)
    clock.advance(30)
    assert current.get(SOON) is first
    assert isinstance(current.failure, UnreadableDialPlanError)


def test_without_a_published_plan_there_is_an_error(plans: Plans, clock: Clock) -> None:
    plans.published = None
    with pytest.raises(NoDialPlanError, match="No dial plan is published"):
        CurrentPlan(plans, clock).get(SOON)


def test_after_a_failed_first_read_the_next_call_reads_again(
    current: CurrentPlan, plans: Plans
) -> None:
    plans.error = DynamoDBError("down")
    with pytest.raises(NoDialPlanError, match="down"):
        current.get(SOON)
    plans.error = None
    assert current.get(SOON).version == 1


def test_a_plan_that_was_deleted_between_the_two_reads_is_read_again(
    current: CurrentPlan, plans: Plans
) -> None:
    plans.gone = 1
    assert current.get(SOON).version == 2


def test_a_plan_that_is_deleted_each_time_is_an_error(current: CurrentPlan, plans: Plans) -> None:
    plans.gone = 9
    with pytest.raises(NoDialPlanError):
        current.get(SOON)
    assert plans.calls == ["active", "load 1", "active", "load 2"]


def test_the_first_calls_share_one_read(plans: Plans, clock: Clock) -> None:
    current = CurrentPlan(plans, clock)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: current.get(SOON), range(8)))
    assert all(plan is found[0] for plan in found)
    assert plans.calls == ["active", "load 1"]


def test_a_slow_check_delays_only_one_call(
    current: CurrentPlan, plans: Plans, clock: Clock
) -> None:
    first = current.get(SOON)
    asked, answer = threading.Event(), threading.Event()

    def slowly() -> ActivePlan | None:
        asked.set()
        answer.wait(5)
        return plans.published

    plans.active = slowly  # type: ignore[method-assign]
    plans.publish(2)
    clock.advance(30)
    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(current.get, SOON)
        assert asked.wait(5)
        assert current.get(SOON) is first
        answer.set()
        assert checking.result().version == 2


def test_the_plan_in_memory_is_used_if_a_check_hangs(
    current: CurrentPlan, plans: Plans, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_plan, "CHECK_SECONDS", 0.01)
    first = current.get(SOON)
    answer, checked = threading.Event(), threading.Event()

    def hanging() -> ActivePlan | None:
        answer.wait(5)
        return plans.published

    def loaded(active: ActivePlan) -> Any:
        checked.set()
        return DOCUMENT, {}

    plans.active, plans.load = hanging, loaded  # type: ignore[method-assign]
    plans.publish(2)
    clock.advance(30)
    assert current.get(SOON) is first
    assert "cannot be read at the moment" in str(current.failure)
    answer.set()
    assert checked.wait(5)
    while current.get(SOON).version != 2:
        pass
    assert current.failure is None


def test_a_first_read_that_hangs_ends_with_the_deadline(plans: Plans) -> None:
    answer = threading.Event()

    def hanging() -> None:
        answer.wait(5)

    plans.active = hanging  # type: ignore[method-assign]
    with pytest.raises(NoDialPlanError, match="cannot be read at the moment"):
        CurrentPlan(plans).get(Deadline(0.01))
    answer.set()
