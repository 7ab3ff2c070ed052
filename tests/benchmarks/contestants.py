"""What is compared: ours, the naive handler with and without bytecode, and nothing at all."""

import os
import shutil
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.world import World
from tests.e2e.sandbox import BUILD, ROOT, Function, Sandbox, built, started

NAIVE = BUILD.parent / "naive" / "NaiveFunction"
"""As `sam build` leaves it (Makefile): the wheels without bytecode."""
COMPILED = BUILD.parent / "naive-compiled"
HANDLER = "handler.lambda_handler"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A function and the name of its rows."""

    name: str
    function: Function

    def sandbox(self, world: World, table: str) -> AbstractContextManager[Sandbox]:
        """A cold sandbox of it."""
        return started(self.function, world.table(table), world.folder / f"{self.name}.log")


def contestants() -> list[Contestant]:
    """All four; the naive one is compiled first."""
    _compile_naive()
    return [
        Contestant("empty", Function(ROOT / "tests/benchmarks/empty", (), HANDLER)),
        Contestant("ours", built("OnClickToDialFunction")),
        Contestant("naive", Function(NAIVE, (), HANDLER)),
        Contestant("naive with bytecode", Function(COMPILED, (), HANDLER)),
    ]


def lambda_python() -> str:
    """The Python that Lambda runs."""
    return os.environ["LAMBDA_PYTHON"]


def _compile_naive() -> None:
    shutil.rmtree(COMPILED, ignore_errors=True)
    shutil.copytree(NAIVE, COMPILED)
    options = ("-q", "--invalidation-mode", "unchecked-hash")
    command = [lambda_python(), "-m", "compileall", *options, str(COMPILED)]
    subprocess.run(command, check=False, capture_output=True)  # some package has a Python 2 file
    assert next(Path(COMPILED / "boto3").rglob("*.pyc")), "compileall failed"
