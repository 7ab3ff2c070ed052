"""Runs probe.py as the function would run: its Python, its layers, its environment."""

import json
import os
import subprocess
from typing import Any

from tests.benchmarks.contestants import Contestant, lambda_python
from tests.benchmarks.event import EVENT
from tests.benchmarks.world import World
from tests.e2e.sandbox import ROOT

PROBE = ROOT / "tests" / "benchmarks" / "probe.py"


def probe(world: World, contestant: Contestant, program: str, table: str = "uncached") -> Any:
    """What the program of probe.py measured."""
    function = contestant.function
    path = [function.code, *(layer / "python" for layer in function.layers)]
    environment = {
        **world.table(table),
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "on-click-to-dial",
    }
    done = subprocess.run(
        [lambda_python(), str(PROBE), program],
        input=json.dumps(EVENT),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.rpartition("RESULT ")[2])
