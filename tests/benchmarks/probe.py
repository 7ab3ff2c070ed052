"""A program that measures built code with Lambda's Python, and prints the result as JSON.

    probe stages        CPU milliseconds of a cold start, by stage
    probe restored      CPU and wall-clock milliseconds from a SnapStart restore to the first answer
    probe decisions     CPU milliseconds of a decision: p50, p99
    probe wall          wall-clock milliseconds of a decision: p50, p99
    probe own           CPU milliseconds of a decision whose facts come from memory
    probe rules         decision, loading and memory by the number of rules
    probe entries       the same by the number of entries in a mapping

Reads the event from stdin. The environment is that of the function; PYTHONPATH has its folder and
its layers. Nothing of them is imported before the clock is read.
"""

import gc
import json
import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

STARTED = time.process_time()

RULES = (10, 100, 1_000, 10_000)
ENTRIES = (10, 100, 1_000, 10_000, 100_000)
FACTS: dict[str, Any] = {
    "record.kind": "Customer",
    "record.country": "C7",
    "callee.kind": "mobile",
    "agent.known": True,
}


class Context:
    """Those parts of Lambda's context that handlers use."""

    function_name = "on-click-to-dial"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:on-click-to-dial"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def stages(event: dict[str, Any]) -> dict[str, float]:
    """Return CPU milliseconds of each stage; `interpreter` is all before this program.

    The stages run one after the other, while in the handler they overlap.
    """
    marks = [("interpreter", STARTED)]

    def mark(name: str) -> None:
        marks.append((name, time.process_time()))

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


def restored(event: dict[str, Any]) -> dict[str, float]:
    """Run SnapStart's hooks as Lambda does, and measure what comes after the snapshot."""
    os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start"
    import handler
    import snapshot_restore_py as hooks

    for hook, arguments, options in reversed(hooks.get_before_snapshot()):
        hook(*arguments, **options)
    cpu, wall = time.process_time(), time.perf_counter()
    for hook, arguments, options in hooks.get_after_restore():
        hook(*arguments, **options)
    handler.lambda_handler(event, Context())
    return {
        "cpu_ms": (time.process_time() - cpu) * 1000,
        "wall_ms": (time.perf_counter() - wall) * 1000,
    }


def decisions(
    event: dict[str, Any], count: int = 500, clock: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """Return p50 and p99 of a decision's milliseconds: of CPU in all threads, or by `clock`."""
    import handler

    context = Context()
    taken = []
    for index in range(-20, count):
        start = clock()
        handler.lambda_handler(event, context)
        if index >= 0:  # the first ones warm up
            taken.append((clock() - start) * 1000)
    taken.sort()
    return {"p50": taken[count // 2], "p99": taken[count * 99 // 100]}


def wall(event: dict[str, Any]) -> dict[str, float]:
    """Return p50 and p99 of a decision's wall-clock milliseconds."""
    return decisions(event, 100, time.perf_counter)


def own(event: dict[str, Any]) -> dict[str, float]:
    """Run `decisions` with adapters that repeat their first answer from memory."""
    import handler

    use_case = handler.click_to_dial()
    for adapter, method in (
        (use_case.cache, "read"),
        (use_case.cache, "write"),
        (use_case.salesforce, "fetch"),
    ):
        repeat(adapter, method)
    return decisions(event)


def repeat(adapter: Any, method: str) -> None:
    """Let the method of `adapter` return its first result from now on."""
    real = getattr(adapter, method)
    results: list[Any] = []

    def repeated(*arguments: Any, **options: Any) -> Any:
        if not results:
            results.append(real(*arguments, **options))
        return results[0]

    setattr(adapter, method, repeated)


def rules(_: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Measure by the number of rules, of which only the last one matches."""
    return {str(count): measure_plan(plan(rules=count, entries=10), {}) for count in RULES}


def entries(_: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Measure by the number of entries in a mapping."""
    results = {}
    for count in ENTRIES:
        mapping = {f"C{index}": f"n{index % 10}" for index in range(count)}
        document = plan(rules=10, entries=count)
        results[str(count)] = measure_plan(document, {"by-country": mapping})
    return results


def plan(rules: int, entries: int) -> dict[str, Any]:
    """Return the document of a dial plan whose last rule asks a mapping."""
    filler = [
        {
            "id": f"rule-{index}",
            "when": {"callee.kind": ["mobile", "fixed-line"], "record.kind": f"Kind {index}"},
            "signal": {"number": "n1"},
        }
        for index in range(rules - 1)
    ]
    last = {"id": "last", "when": {}, "signal": {"mapping": "by-country", "key": "record.country"}}
    source = {"object": "Mapping__mdt", "key": "K__c", "value": "V__c", "filter": None}
    numbers = range(10)
    return {
        "version": 1,
        "home_region": "DE",
        "without_record": "refuse",
        "service_numbers": {f"n{i}": {"number": f"4989{i:05d}", "name": str(i)} for i in numbers},
        "mappings": {"by-country": {"salesforce": source, "default": "n0"}},
        "objects": {},
        "agents": {"match": "CommunityNickname", "attributes": {}},
        "rules": [*filler, last],
        "outage": {"refuse": "Later."},
        "freshness": {"record": 0, "agent": 0, "stale_if_error": 0},
    }


def measure_plan(
    document: dict[str, Any], mappings: dict[str, dict[str, str]], count: int = 300
) -> dict[str, float]:
    """Return p50 and p99 of a decision and loading (CPU milliseconds), and the memory held (MB)."""
    from click_to_dial.dialplan import evaluate, load
    from click_to_dial.model import Facts

    texts = json.dumps(document), json.dumps(mappings)
    started = time.process_time()
    load(json.loads(texts[0]), json.loads(texts[1]))
    loading = (time.process_time() - started) * 1000
    gc.collect()
    tracemalloc.start()
    loaded = load(json.loads(texts[0]), json.loads(texts[1]))
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    taken = []
    for _ in range(count):
        started = time.process_time()
        decision = evaluate(loaded, Facts(FACTS))
        taken.append((time.process_time() - started) * 1000)
        assert decision.rule == "last"
    taken.sort()
    return {
        "p50_ms": taken[count // 2],
        "p99_ms": taken[count * 99 // 100],
        "load_ms": loading,
        "memory_mb": held,
    }


if __name__ == "__main__":
    programs = (stages, restored, decisions, wall, own, rules, entries)
    chosen = {each.__name__: each for each in programs}[sys.argv[1]]
    print("RESULT", json.dumps(chosen(json.load(sys.stdin))))
