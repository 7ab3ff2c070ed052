"""docs/benchmarks/sandboxes.json contains the requests that the code sends today."""

import json
from pathlib import Path

from tests.benchmarks.sandboxes import measure

RESULTS = Path(__file__).parents[3] / "docs/benchmarks/sandboxes.json"


def test_the_requests_of_ten_sandboxes_are_those_in_the_file() -> None:
    recorded = json.loads(RESULTS.read_text())
    assert measure([10]) == {"10": recorded["10"]}, "run: python -m tests.benchmarks.sandboxes"
