"""Rows 2 and 3: warm calls with answers as slow as in reality, and the round trips they take."""

import time
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.event import EVENT, check
from tests.benchmarks.world import DYNAMODB_SECONDS, SALESFORCE_SECONDS, World
from tests.e2e.sandbox import Sandbox

CALLS = 60
TABLES = ("uncached", "cached")


def measure(world: World, contestants: list[Contestant]) -> dict[str, dict[str, Any]]:
    """p50 and p99 of the milliseconds of a call, and round trips cold and warm, by contestant.

    The emulator's own milliseconds are in all of them: `empty` has nothing else.
    """
    world.answer_in(DYNAMODB_SECONDS, SALESFORCE_SECONDS)
    results: dict[str, dict[str, Any]] = {}
    for contestant in contestants:
        for table in TABLES:
            with contestant.sandbox(world, table) as sandbox:
                cold = _trips(world, contestant, sandbox, 1)
                warm = _trips(world, contestant, sandbox, 1)
                taken = sorted(_milliseconds(contestant, sandbox) for _ in range(CALLS))
            results[f"{contestant.name}, {table}"] = {
                "p50_ms": taken[CALLS // 2],
                "p99_ms": taken[CALLS * 99 // 100],
                "cold": cold,
                "warm": warm,
            }
    return results


def _milliseconds(contestant: Contestant, sandbox: Sandbox) -> float:
    started = time.perf_counter()
    answer = sandbox.invoke(EVENT)
    taken = (time.perf_counter() - started) * 1000
    check(contestant.name, answer)
    return taken


def _trips(world: World, contestant: Contestant, sandbox: Sandbox, calls: int) -> Mapping[str, int]:
    before = world.counted()
    for _ in range(calls):
        check(contestant.name, sandbox.invoke(EVENT))
    trips = {"Salesforce": 0, "DynamoDB": 0, "Secrets Manager": 0}
    for name, count in world.counted().items():
        service = "Salesforce" if name.startswith("/") else "DynamoDB"
        service = "Secrets Manager" if name == "GetSecretValue" else service
        trips[service] += count - before.get(name, 0)
    return trips
