"""`make bench`: measure, print the tables, and write them into docs/."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.benchmarks import cold, sandboxes, simulation, size, warm, world
from tests.benchmarks.contestants import authorizer, empty, naive, naive_compiled, ours, probe
from tests.benchmarks.report import tables, update_page
from tests.e2e.sandbox import ROOT

RESULTS = ROOT / "docs" / "benchmarks" / "results.json"


def main() -> None:
    """Run all benchmarks, which takes about twenty minutes on two processors."""
    results = measure()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    sandboxes.RESULTS.write_text(json.dumps(results["sandboxes"], indent=2) + "\n")
    update_page(ROOT / "docs" / "benchmarks.md", results)
    Console().print(*tables(results))


def measure() -> dict[str, Any]:
    """Return all measurements by name."""
    with world.running() as services:
        decision, rivals = ours(), [naive(), naive_compiled()]
        starts = [empty(), decision, *rivals, authorizer(services.access_token())]
        results: dict[str, Any] = {
            "date": date.today().isoformat(),  # noqa: DTZ011 (the day of whoever runs it)
            "machine": machine(),
        }
        with one_processor():
            results |= {
                "cold": cold.measure(services, starts),
                "cold_realistic": cold.measure(services, starts, realistic=True),
                "first_call": cold.first_call(services, decision, rivals),
                "stages": cold.stages(services, decision),
                "restored": cold.restored(services, decision),
                "warm": warm.measure(services, [empty(), decision, rivals[0]]),
                "trips": services.trips(),
                "alone": warm.without_emulator(services, decision),
                "cpu": warm.cpu(services, decision, rivals[0]),
                "rules": probe(services, decision, "rules"),
                "entries": probe(services, decision, "entries"),
            }
        return results | {
            "load": warm.load(services, decision),
            "simulation": simulation.measure(services),
            "size": size.measure(),
            "sandboxes": sandboxes.measure(),
        }


@contextmanager
def one_processor() -> Iterator[None]:
    """Start processes in the block on one processor: a function with 1,769 MB has one vCPU.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    available = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(available)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, available)


def machine() -> str:
    """Describe processors, operating system, and how busy the machine was with other work."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processors = f"{len(names)} x {names[0] if names else platform.machine()}"
    return f"{processors}, {platform.system()}, load average {os.getloadavg()[2]:.0f}"


if __name__ == "__main__":
    main()
