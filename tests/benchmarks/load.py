"""Row 5: many sandboxes at once, against one simulator and one moto that start with no token."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import requests

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.event import EVENT, check
from tests.benchmarks.world import World
from tests.e2e.sandbox import Sandbox

SANDBOXES, CALLS = 8, 25
TOKEN_PATH = "/services/oauth2/token"


def measure(world: World, contestant: Contestant) -> dict[str, float]:
    """Calls a second, p50 and p99 of a warm call in milliseconds, and how many logins it took."""
    world.answer_in(0, 0, replay=False)
    expire = f"{world.simulator}/_simulator/tokens/expire"
    requests.post(expire, timeout=5).raise_for_status()
    with ExitStack() as stack, ThreadPoolExecutor(SANDBOXES) as pool:
        names = [replace(contestant, name=f"load-{index}") for index in range(SANDBOXES)]
        sandboxes = [stack.enter_context(each.sandbox(world, "uncached")) for each in names]
        list(pool.map(_call, sandboxes))  # the cold ones
        started = time.perf_counter()
        taken = sorted(each for some in pool.map(_calls, sandboxes) for each in some)
        seconds = time.perf_counter() - started
    return {
        "sandboxes": SANDBOXES,
        "calls_per_second": len(taken) / seconds,
        "p50_ms": taken[len(taken) // 2],
        "p99_ms": taken[len(taken) * 99 // 100],
        "logins": world.counted().get(TOKEN_PATH, 0),
    }


def _calls(sandbox: Sandbox) -> list[float]:
    """One after the other: a sandbox takes one call at a time."""
    return [_call(sandbox) for _ in range(CALLS)]


def _call(sandbox: Sandbox) -> float:
    started = time.perf_counter()
    check("ours", sandbox.invoke(EVENT))
    return (time.perf_counter() - started) * 1000
