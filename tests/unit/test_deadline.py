import contextvars
import threading
import time
import weakref

import pytest

from click_to_dial.deadline import Deadline, begin, run_together
from click_to_dial.errors import OutOfTimeError


def test_a_thread_is_reused() -> None:
    deadline = Deadline(5.0)
    assert deadline.run(threading.get_ident) != threading.get_ident()
    threads = threading.active_count()
    for _ in range(5):
        deadline.run(threading.get_ident)
    assert threading.active_count() <= threads


def test_a_thread_that_hangs_is_not_reused_until_it_is_done() -> None:
    release = threading.Event()
    stuck: list[int] = []

    def hang() -> None:
        stuck.append(threading.get_ident())
        release.wait(5)

    with pytest.raises(OutOfTimeError):
        Deadline(0.05).run(hang)
    assert Deadline(5.0).run(threading.get_ident) not in stuck
    release.set()


def test_work_runs_in_a_copy_of_the_callers_context() -> None:
    trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace", default="none")

    def work() -> str:
        seen = trace.get()
        trace.set("changed in the thread")
        return seen

    deadline = Deadline(5.0)
    trace.set("first call")
    assert deadline.run(work) == "first call"
    assert trace.get() == "first call"
    trace.set("second call")  # by the same thread, which is idle again
    assert begin(work).get(timeout=5) == ("second call", None)


def test_a_thread_can_be_reused_after_an_error() -> None:
    def fail() -> None:
        raise ValueError("failed")

    deadline = Deadline(5.0)
    with pytest.raises(ValueError, match="failed"):
        deadline.run(fail)
    assert deadline.run(lambda: "done") == "done"


def test_an_idle_thread_keeps_no_result_alive() -> None:
    class Answer:
        pass

    answer = weakref.ref(Deadline(5.0).run(Answer))
    until = time.monotonic() + 5
    while answer() is not None and time.monotonic() < until:
        time.sleep(0.001)
    assert answer() is None


def test_jobs_that_wait_for_each_other_run_together_and_keep_their_order() -> None:
    barrier = threading.Barrier(3, timeout=5)
    error = ValueError("mine")

    def job(result: int | None) -> int | None:
        barrier.wait()
        if result == 2:
            raise error
        return result

    assert run_together([lambda: job(1), lambda: job(2), lambda: job(None)]) == [1, error, None]
    assert run_together([]) == []


def test_jobs_that_run_together_have_the_callers_context() -> None:
    variable = contextvars.ContextVar("variable", default="")
    variable.set("trace")
    assert run_together([variable.get, variable.get]) == ["trace", "trace"]
