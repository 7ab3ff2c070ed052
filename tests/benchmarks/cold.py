"""Cold starts and peak memory: from starting the runtime to the first answer."""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.contestants import Contestant, authorizer, probe
from tests.benchmarks.world import TABLES, World
from tests.e2e.sandbox import Sandbox

ROUNDS = 10
STAGES_ROUNDS = 5
TOKENS = {"valid": "access token shared", "expired": "session expired"}
"""States of Salesforce's access token at the first call, and the names of their rows."""


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start: wall-clock and CPU milliseconds, and peak memory in MB."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float


def measure(
    world: World, contestants: list[Contestant], *, realistic: bool = False
) -> dict[str, dict[str, float]]:
    """Measure the medians of ROUNDS starts each.

    The contestants take turns, so that a busy machine is busy for all of them. Without `realistic`
    the services answer at once, which compares the code alone.
    """
    starts: dict[str, list[Start]] = {each.name: [] for each in contestants}
    prime(world, contestants)
    if realistic:
        world.answer_realistically()
    else:
        world.answer_in(0, 0)
    for _ in range(ROUNDS):
        for each in contestants:
            starts[each.name].append(_start(world, each))
    return {
        name: {
            "wall_ms": median(start.wall_ms for start in some),
            "cpu_ms": median(start.cpu_ms for start in some),
            "peak_mb": median(start.peak_mb for start in some),
        }
        for name, some in starts.items()
    }


def prime(world: World, contestants: list[Contestant]) -> None:
    """Fill the proxies' memory. The second call of ours finds a shared access token, as usual."""
    world.answer_in(0, 0, replay=False)
    for each in contestants * 2:
        for table in TABLES:
            _start(world, each, table)


def first_call(world: World, ours: Contestant, rivals: list[Contestant]) -> dict[str, float]:
    """Measure the first call of a stack without sandboxes: median milliseconds of ROUNDS calls.

    The authorizer answers, then the decision; the rivals have no authorizer. All connections use
    TLS, the services take as long as on AWS. The session of the shared access token is still valid,
    or has expired, so that ours has to log in; the naive handler always does.
    """
    world = world.over_tls()
    results: dict[str, float] = {}
    for state, name in TOKENS.items():
        prime(world, [ours])
        world.answer_realistically(replay=False)
        taken: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            if state == "expired":
                world.expire_tokens()
            parts = [
                _start(world, each).wall_ms for each in (authorizer(world.access_token()), ours)
            ]
            taken.setdefault("ours", []).append(sum(parts))
            taken.setdefault("ours, authorizer's part", []).append(parts[0])
            for each in rivals:
                taken.setdefault(each.name, []).append(_start(world, each).wall_ms)
        results |= {f"{each}, {name}": median(values) for each, values in taken.items()}
    return results


def stages(world: World, ours: Contestant) -> dict[str, float]:
    """Measure the CPU milliseconds of a cold start's stages, with services that answer at once."""
    world.answer_in(0, 0)
    taken = [probe(world, ours, "stages") for _ in range(STAGES_ROUNDS)]
    return {name: median(each[name] for each in taken) for name in taken[0]}


def restored(world: World, ours: Contestant) -> dict[str, dict[str, float]]:
    """Measure the hooks and the first answer of a restored sandbox."""
    world.answer_in(0, 0)
    results = {"ours, instant responses": _restored(world, ours)}
    world.answer_realistically()
    return results | {"ours, realistic response times": _restored(world, ours)}


def _restored(world: World, ours: Contestant) -> dict[str, float]:
    taken = [probe(world, ours, "restored") for _ in range(STAGES_ROUNDS)]
    return {name: median(each[name] for each in taken) for name in taken[0]}


def _start(world: World, contestant: Contestant, table: str = "uncached") -> Start:
    with contestant.sandbox(world, table) as sandbox:
        started = time.perf_counter()
        contestant.call(sandbox)
        wall = time.perf_counter() - started
        return Start(wall * 1000, *_usage(sandbox))


def _usage(sandbox: Sandbox) -> tuple[float, float]:
    """Read CPU milliseconds and peak MB of the function's process; Linux only."""
    emulator = Path(f"/proc/{sandbox.emulator}")
    children = [(task / "children").read_text() for task in (emulator / "task").iterdir()]
    process = Path("/proc") / " ".join(children).split()[0]
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = (process / "status").read_text()
    peak_kb = int(status.partition("VmHWM:")[2].split()[0])
    return ticks * 10.0, peak_kb / 1024
