"""The dial plan that decides, kept in memory: the table is asked at most every 30 s."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.dynamodb.plan_items import ActivePlan
from click_to_dial.errors import ClickToDialError, DialPlanError, NoDialPlanError, OutOfTimeError

RECHECK_SECONDS = 30.0
CHECK_SECONDS = 0.5
"""For longer no call waits to hear whether its plan is still the active one."""


class Plans(Protocol):
    """Where plans are published: PlanStore."""

    def active(self) -> ActivePlan | None:
        """What decides now. Raises DynamoDBError."""

    def load(self, active: ActivePlan) -> tuple[Mapping[str, Any], Mapping[str, Mapping[str, str]]]:
        """Its document and cached mappings. Raises DynamoDBError, NoDialPlanError if it is gone."""


@dataclass(frozen=True, slots=True)
class _Held:
    plan: DialPlan
    revision: int


class CurrentPlan:
    """The port `DialPlans`. `clock` gives seconds and never goes back."""

    def __init__(
        self,
        plans: Plans,
        clock: Callable[[], float] = time.monotonic,
        recheck_seconds: float = RECHECK_SECONDS,
    ) -> None:
        self._plans = plans
        self._clock = clock
        self._recheck_seconds = recheck_seconds
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._checked_at = 0.0
        self.failure: ClickToDialError | None = None
        """Why the last check failed; the plan of before goes on deciding meanwhile."""

    def get(self, deadline: Deadline) -> DialPlan:
        """The active plan, at most 30 s old, or the last one known where that cannot be read.

        Raises NoDialPlanError, or UnreadableDialPlanError, where none was ever read.
        """
        held = self._held
        if held is not None and not self._is_due():  # as nearly always: not worth a thread
            return held.plan
        try:
            return deadline.run(self._get, None if held is None else CHECK_SECONDS).plan
        except OutOfTimeError as error:
            self.failure = NoDialPlanError("The dial plan cannot be read at the moment.")
            if held is None:
                raise self.failure from error
            return held.plan

    def _get(self) -> _Held:
        held = self._held
        if held is None:
            with self._lock:
                return self._checked()
        # One thread asks; the others have a plan to go on with.
        if self._lock.acquire(blocking=False):
            try:
                return self._checked()
            finally:
                self._lock.release()
        return held

    def _is_due(self) -> bool:
        return self._clock() - self._checked_at >= self._recheck_seconds

    def _checked(self) -> _Held:
        held = self._held
        if held is not None and not self._is_due():  # another thread has just asked
            return held
        checked_at = self._clock()
        try:
            held = self._read(held)
            self.failure = None
        except ClickToDialError as error:
            self.failure = error
            if held is None:
                raise _as_dial_plan_error(error) from error
        self._held, self._checked_at = held, checked_at
        return held

    def _read(self, held: _Held | None, attempts: int = 2) -> _Held:
        active = self._plans.active()
        if active is None:
            raise NoDialPlanError("No dial plan is published. Publish one: dialplan publish FILE.")
        if held is not None and held.revision == active.revision:
            return held
        try:
            document, entries = self._plans.load(active)
        except NoDialPlanError:  # replaced and pruned between the two reads
            if attempts == 1:
                raise
            return self._read(held, attempts - 1)
        return _Held(load(document, entries, active.version), active.revision)


def _as_dial_plan_error(error: ClickToDialError) -> DialPlanError:
    return error if isinstance(error, DialPlanError) else NoDialPlanError(str(error))
