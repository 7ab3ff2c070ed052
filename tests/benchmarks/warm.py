"""Warm calls: one after the other with realistic response times, and many sandboxes at once."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from statistics import median
from typing import Any

from tests.benchmarks.contestants import Contestant, probe
from tests.benchmarks.world import TABLES, World
from tests.e2e.sandbox import Sandbox

CALLS = 60
ROUNDS = 5
SANDBOXES, CALLS_UNDER_LOAD = 8, 25
TOKEN_PATH = "/services/oauth2/token"


def measure(world: World, contestants: list[Contestant]) -> dict[str, dict[str, Any]]:
    """Measure p50 and p99 of a call in milliseconds, and its round trips cold and warm.

    The emulator's own milliseconds are part of all of them: `empty` consists of nothing else.
    """
    world.answer_realistically()
    results: dict[str, dict[str, Any]] = {}
    for contestant in contestants:
        for table in TABLES:
            with contestant.sandbox(world, table) as sandbox:
                cold = _trips(world, contestant, sandbox)
                warm = _trips(world, contestant, sandbox)
                taken = sorted(_milliseconds(contestant, sandbox) for _ in range(CALLS))
            results[f"{contestant.name}, {table}"] = {
                "p50_ms": taken[CALLS // 2],
                "p99_ms": taken[CALLS * 99 // 100],
                "cold": cold,
                "warm": warm,
            }
    return results


def without_emulator(world: World, ours: Contestant) -> dict[str, dict[str, float]]:
    """Measure the handler alone, from its event to its answer."""
    world.answer_realistically()
    return _in_turn(world, {table: (ours, "wall", table) for table in TABLES})


def cpu(world: World, ours: Contestant, naive: Contestant) -> dict[str, dict[str, float]]:
    """Measure p50 and p99 of a decision's CPU milliseconds, with services that answer at once."""
    world.answer_in(0, 0)
    programs = {f"ours, {table}": (ours, "decisions", table) for table in TABLES}
    programs |= {f"ours without I/O, {table}": (ours, "own", table) for table in TABLES}
    return _in_turn(world, {**programs, "naive": (naive, "decisions", "uncached")})


def _in_turn(
    world: World, programs: Mapping[str, tuple[Contestant, str, str]]
) -> dict[str, dict[str, float]]:
    """Run each program of probe.py ROUNDS times, and return the medians of its p50 and p99."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, (contestant, program, table) in programs.items():
            taken[name].append(probe(world, contestant, program, table))
    return {
        name: {part: median(each[part] for each in some) for part in ("p50", "p99")}
        for name, some in taken.items()
    }


def load(world: World, contestant: Contestant) -> dict[str, float]:
    """Measure sandboxes that call at the same time and start with an expired session."""
    world.answer_in(0, 0, replay=False)
    world.expire_tokens()
    with ExitStack() as stack, ThreadPoolExecutor(SANDBOXES) as pool:
        names = [replace(contestant, name=f"load-{index}") for index in range(SANDBOXES)]
        sandboxes = [stack.enter_context(each.sandbox(world, "uncached")) for each in names]
        list(pool.map(contestant.call, sandboxes))  # cold starts
        started = time.perf_counter()

        def call_often(sandbox: Sandbox) -> list[float]:
            return [_milliseconds(contestant, sandbox) for _ in range(CALLS_UNDER_LOAD)]

        taken = sorted(each for some in pool.map(call_often, sandboxes) for each in some)
        seconds = time.perf_counter() - started
    return {
        "sandboxes": SANDBOXES,
        "calls_per_second": len(taken) / seconds,
        "p50_ms": taken[len(taken) // 2],
        "p99_ms": taken[len(taken) * 99 // 100],
        "logins": world.counted().get(TOKEN_PATH, 0),
    }


def _milliseconds(contestant: Contestant, sandbox: Sandbox) -> float:
    started = time.perf_counter()
    contestant.call(sandbox)
    return (time.perf_counter() - started) * 1000


def _trips(world: World, contestant: Contestant, sandbox: Sandbox) -> Mapping[str, int]:
    before = world.counted()
    contestant.call(sandbox)
    trips = {"Salesforce": 0, "DynamoDB": 0, "Secrets Manager": 0}
    for name, count in world.counted().items():
        service = "Salesforce" if name.startswith("/") else "DynamoDB"
        service = "Secrets Manager" if name == "GetSecretValue" else service
        trips[service] += count - before.get(name, 0)
    return trips
