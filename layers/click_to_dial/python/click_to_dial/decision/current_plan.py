"""The dial plan in memory, checked for changes at most every 30 s."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import ClickToDialError, DynamoDBError, NoDialPlanError, OutOfTimeError
from click_to_dial.ports import PublishedPlans

RECHECK_SECONDS = 30.0
CHECK_SECONDS = 0.5
"""Time limit of a check for changes, if there is a plan to continue with."""
MAX_TRIES = 2
"""A plan can be replaced and deleted between the two reads that it takes."""


RETRY_PAUSES = (0.1, 0.2)
"""Pauses in seconds before the plan is read again if DynamoDB did not answer and there is none."""


class CurrentPlan:
    """The port `DialPlans`. `clock` returns seconds and never goes back.

    `failure` is the reason if the last check failed; the plan in memory is used meanwhile.
    """

    def __init__(
        self,
        plans: PublishedPlans,
        clock: Callable[[], float] = time.monotonic,
        recheck_seconds: float = RECHECK_SECONDS,
    ) -> None:
        self._plans = plans
        self._clock = clock
        self._recheck_seconds = recheck_seconds
        self._lock = threading.Lock()
        self._current: tuple[DialPlan, int] | None = None  # with its revision
        self._checked_at = 0.0
        self.failure: ClickToDialError | None = None

    def get(self, deadline: Deadline) -> DialPlan:
        """Return the active plan, at most 30 s old, or the last one if it cannot be read now.

        Raises NoDialPlanError or UnreadableDialPlanError if none has been read yet.
        """
        current = self._current
        if current is not None and not self._is_due():  # nearly always, and not worth a thread
            return current[0]
        for pause in (*RETRY_PAUSES, 0):
            try:
                return deadline.run(self._check, None if current is None else CHECK_SECONDS)
            except OutOfTimeError as error:
                self.failure = NoDialPlanError("The dial plan cannot be read at the moment.")
                if current is None:
                    raise self.failure from error
                return current[0]
            except DynamoDBError as error:  # only if there is no plan in memory
                failure = NoDialPlanError(str(error), code=error.code, request_id=error.request_id)
                time.sleep(min(pause, deadline.remaining()))
        raise failure

    def _is_due(self) -> bool:
        return self._clock() - self._checked_at >= self._recheck_seconds

    def _check(self) -> DialPlan:
        """Read the plan if it has changed.

        One thread does it. Others use the plan in memory, or wait if there is none.
        """
        current = self._current
        if not self._lock.acquire(blocking=current is None) and current is not None:
            return current[0]
        try:
            current = self._current
            if current is not None and not self._is_due():  # another thread was faster
                return current[0]
            checked_at = self._clock()
            try:
                current = self._read(current)
                self.failure = None
            except ClickToDialError as error:
                self.failure = error
                if current is None:
                    raise
            self._current, self._checked_at = current, checked_at
            return current[0]
        finally:
            self._lock.release()

    def _read(self, current: tuple[DialPlan, int] | None) -> tuple[DialPlan, int]:
        for _ in range(MAX_TRIES):
            active = self._plans.active()
            if active is None:
                raise NoDialPlanError(
                    "No dial plan is published. Publish one: dialplan publish FILE."
                )
            if current is not None and current[1] == active.revision:
                return current
            with suppress(NoDialPlanError):
                document, entries = self._plans.load(active)
                plan = load(document, entries, active.version, active.lists)
                return plan, active.revision
        raise NoDialPlanError("The dial plan was deleted while it was read. Please try again.")
