"""Draws docs/benchmarks/results.json. Runs in .venv-bench, which has matplotlib alone."""

import json
from pathlib import Path

import matplotlib.pyplot as plt

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"


def main() -> None:
    """Writes results.svg: cold starts, warm calls, decisions by the size of the plan."""
    results = json.loads((FOLDER / "results.json").read_text())
    figure, (cold, warm, scale) = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    starts, calls = results["cold"], results["warm"]
    cold.barh(list(starts), [start["wall_ms"] for start in starts.values()])
    cold.set(title="Cold start", xlabel="ms, instant answers")
    warm.barh(list(calls), [call["p50_ms"] for call in calls.values()])
    warm.set(title="Warm call", xlabel="ms, p50; DynamoDB takes 5, Salesforce 150")
    for axes in (cold, warm):
        axes.invert_yaxis()
    for kind in ("rules", "entries"):
        sizes = results[kind]
        milliseconds = [at["p50_ms"] for at in sizes.values()]
        scale.loglog([int(size) for size in sizes], milliseconds, marker="o", label=kind)
    scale.set(title="Decision by the size of the plan", xlabel="how many", ylabel="CPU ms, p50")
    scale.legend()
    plt.rcParams["svg.hashsalt"] = "results"  # the same results, the same file
    figure.savefig(FOLDER / "results.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
