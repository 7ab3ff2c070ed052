"""`make bench`: measures, prints the tables, and writes them into docs/."""

import json
import os
import platform
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console

from tests.benchmarks import cold, load, size, warm, world
from tests.benchmarks.contestants import Contestant, contestants
from tests.benchmarks.document import update
from tests.benchmarks.probes import probe
from tests.benchmarks.report import goals, table
from tests.benchmarks.world import DYNAMODB_SECONDS, SALESFORCE_SECONDS
from tests.e2e.sandbox import ROOT

RESULTS = ROOT / "docs" / "benchmarks" / "results.json"
STAGES_ROUNDS = 5


def main() -> None:
    """A quarter of an hour on two processors."""
    results = measure()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    update(ROOT / "docs" / "benchmarks.md", results)
    console = Console()
    console.print(table(results))
    console.print(goals(results))


def measure() -> dict[str, Any]:
    """All rows, by name."""
    with world.running() as running:
        all_four = contestants()
        ours, naive = all_four[1], all_four[2]
        return {
            "date": date.today().isoformat(),  # noqa: DTZ011 (the day of whoever runs it)
            "machine": machine(),
            "cold": cold.measure(running, all_four),
            "cold_real": cold.measure(running, all_four, DYNAMODB_SECONDS, SALESFORCE_SECONDS),
            "stages": stages(running, ours),
            "warm": warm.measure(running, [all_four[0], ours, naive]),
            "trips": running.trips(),
            "alone": {each: probe(running, ours, "wall", each) for each in warm.TABLES},
            "cpu": cpu(running, ours, naive),
            "rules": probe(running, ours, "rules"),
            "entries": probe(running, ours, "entries"),
            "load": load.measure(running, ours),
            "size": size.measure(),
        }


def stages(running: world.World, ours: Contestant) -> dict[str, float]:
    """The medians of a cold start's stages, in CPU milliseconds, with instant answers."""
    running.answer_in(0, 0)
    taken = [probe(running, ours, "stages") for _ in range(STAGES_ROUNDS)]
    return {name: median(each[name] for each in taken) for name in taken[0]}


def cpu(running: world.World, ours: Contestant, naive: Contestant) -> dict[str, dict[str, float]]:
    """CPU milliseconds of a decision with instant answers: p50, p99."""
    running.answer_in(0, 0)
    rows = {f"ours, {each}": probe(running, ours, "decisions", each) for each in warm.TABLES}
    own = {
        f"ours without adapters, {each}": probe(running, ours, "own", each) for each in warm.TABLES
    }
    return {**own, **rows, "naive": probe(running, naive, "decisions", "uncached")}


def machine() -> str:
    """Processors, operating system, and how busy it was with other things."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processors = f"{len(names)} x {names[0] if names else platform.machine()}"
    return f"{processors}, {platform.system()}, load average {os.getloadavg()[2]:.0f}"


if __name__ == "__main__":
    main()
