"""Runs under Lambda's Python with the built layers, as a program: prints what it measured as JSON.

    probe stages        a cold start's CPU and wall-clock milliseconds, by stage
    probe decisions     CPU of one decision: p50, p99
    probe wall          wall-clock time of one decision: p50, p99
    probe own           its CPU with ports that answer from memory, not by HTTP
    probe rules         decisions, loading and memory by the number of rules
    probe entries       the same by the number of a mapping's entries

Its environment is a function's; PYTHONPATH has the function's folder and its layers.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

STARTED = time.process_time()


def stages(event: dict[str, Any]) -> dict[str, float]:
    """CPU milliseconds of each stage; `interpreter` is all before this program."""
    marks = [("interpreter", STARTED)]

    def mark(name: str) -> None:
        marks.append((name, time.process_time()))

    # One after the other, where the handler lets them overlap.
    from click_to_dial.deadline import Deadline
    from click_to_dial.decision.wiring import click_to_dial

    mark("imports")
    use_case = click_to_dial()
    mark("clients")
    use_case.plans.get(Deadline(5))
    mark("plan")
    import handler

    handler.lambda_handler(event, Context())
    mark("first decision")
    ends = [0.0, *(at for _, at in marks)]
    return {name: (at - ends[index]) * 1000 for index, (name, at) in enumerate(marks)}


def decisions(
    event: dict[str, Any], count: int = 500, clock: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """p50 and p99 of one decision's milliseconds: of CPU, all threads of it, or by `clock`."""
    import handler

    context = Context()
    taken = []
    for index in range(-20, count):
        start = clock()
        handler.lambda_handler(event, context)
        if index >= 0:  # the others warmed it up
            taken.append((clock() - start) * 1000)
    taken.sort()
    return {"p50": taken[count // 2], "p99": taken[count * 99 // 100]}


def wall(event: dict[str, Any]) -> dict[str, float]:
    """p50 and p99 of one decision's wall-clock milliseconds."""
    return decisions(event, 100, time.perf_counter)


class Context:
    """As much of Lambda's context as a handler looks at."""

    function_name = "on-click-to-dial"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:on-click-to-dial"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def own(event: dict[str, Any], count: int = 500) -> dict[str, float]:
    """Like `decisions`, with the adapters' answers recorded at the first call."""
    import handler

    use_case = handler.click_to_dial()
    remember(use_case.cache, "read")
    remember(use_case.cache, "write")
    remember(use_case.salesforce, "ask")
    return decisions(event, count)


def remember(adapter: Any, method: str) -> None:
    """From now on the method answers what it answers first."""
    real = getattr(adapter, method)
    answers: list[Any] = []

    def remembered(*arguments: Any) -> Any:
        if not answers:
            answers.append(real(*arguments))
        return answers[0]

    setattr(adapter, method, remembered)


def programs() -> dict[str, Callable[[dict[str, Any]], object]]:
    """By name; those of scale.py import our package, which must not count as a cold start's."""
    if sys.argv[1] in ("rules", "entries"):
        import scale

        return {"rules": scale.rules, "entries": scale.entries}
    return {"stages": stages, "decisions": decisions, "wall": wall, "own": own}


if __name__ == "__main__":
    result = programs()[sys.argv[1]](json.load(sys.stdin))
    print("RESULT", json.dumps(result))
