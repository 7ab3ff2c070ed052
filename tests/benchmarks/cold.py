"""Row 1, cold start, and with it the peak memory: from starting the runtime to the first answer."""

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.contestants import Contestant
from tests.benchmarks.event import EVENT, check
from tests.benchmarks.world import World
from tests.e2e.sandbox import Sandbox

ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start: wall-clock and CPU milliseconds, and the most memory it held, in MB."""

    wall_ms: float
    cpu_ms: float
    peak_mb: float


def measure(
    world: World, contestants: list[Contestant], dynamodb: float = 0, salesforce: float = 0
) -> dict[str, dict[str, float]]:
    """The medians of ROUNDS starts each, taken in turn so that a busy machine is busy for all.

    Answers take these seconds. Where they come at once, what is compared is code alone.
    """
    starts: dict[str, list[Start]] = {each.name: [] for each in contestants}
    prime(world, contestants)
    world.answer_in(dynamodb, salesforce)
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
    """Fills the upstream's memory: at the second call ours has a token to share, as usual."""
    world.answer_in(0, 0, replay=False)
    for each in contestants * 2:
        for table in ("uncached", "cached"):
            _start(world, each, table)


def _start(world: World, contestant: Contestant, table: str = "uncached") -> Start:
    with contestant.sandbox(world, table) as sandbox:
        started = time.perf_counter()
        answer = sandbox.invoke(EVENT)
        wall = time.perf_counter() - started
        check(contestant.name, answer)
        return Start(wall * 1000, *_runtime(sandbox))


def _runtime(sandbox: Sandbox) -> tuple[float, float]:
    """CPU milliseconds and peak MB of the function's process; Linux only."""
    emulator = sandbox.emulator
    pid = Path(f"/proc/{emulator}/task/{emulator}/children").read_text().split()
    if not pid:  # the emulator starts it from another of its threads
        pid = [
            child
            for task in Path(f"/proc/{emulator}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    process = Path("/proc") / pid[0]
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = (process / "status").read_text()
    peak_kb = int(status.partition("VmHWM:")[2].split()[0])
    return ticks * 10.0, peak_kb / 1024
