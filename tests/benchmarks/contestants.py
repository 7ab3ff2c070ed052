"""The functions that are compared: ours, the naive handler, and one that does nothing."""

import json
import os
import shutil
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.world import World
from tests.callers import event as authorizer_event
from tests.e2e.sandbox import BUILD, PYTHON, ROOT, Function, Sandbox, built, started

NAIVE = BUILD.parent / "naive" / "NaiveFunction"
"""Output of `sam build` (Makefile): wheels without bytecode."""
COMPILED = BUILD.parent / "naive-compiled"
EMPTY = ROOT / "tests/benchmarks/empty"
HANDLER = "handler.lambda_handler"
PROBE = ROOT / "tests/benchmarks/probe.py"

CLICK = (ROOT / "events/200-customer-in-germany.json").read_text()
"""The call that is measured: a click on a customer's contact in Germany."""
NUMBER = "498999998100"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A built function; `logical_id` is its name in template.yaml, whose variables it gets.

    Every answer is checked: it must contain `expected`.
    """

    name: str
    function: Function
    logical_id: str = "OnClickToDialFunction"
    event: str = CLICK
    expected: str = NUMBER

    def sandbox(self, world: World, table: str) -> AbstractContextManager[Sandbox]:
        """Start a sandbox whose function has not been loaded yet."""
        variables = world.environment(self.logical_id, table)
        return started(self.function, variables, world.folder / f"{self.name}.log")

    def call(self, sandbox: Sandbox) -> None:
        """Invoke the function. Raises AssertionError for a wrong answer."""
        answer = json.dumps(sandbox.invoke(json.loads(self.event)))
        if self.expected not in answer:
            raise AssertionError(f"{self.name} answered {answer}")


def empty() -> Contestant:
    """Return a handler that answers at once: the runtime and the emulator alone."""
    return Contestant("empty", Function(EMPTY, (), HANDLER), expected="200")


def ours() -> Contestant:
    """Return the function that decides."""
    return Contestant("ours", built("OnClickToDialFunction"))


def authorizer(token: str) -> Contestant:
    """Return our authorizer, called with an access token of Salesforce: the default AuthMode."""
    event = json.dumps(authorizer_event(f"Bearer {token}"))
    name = "AuthorizeFunction"
    return Contestant("our authorizer", built(name), name, event, expected='"Allow"')


def naive() -> Contestant:
    """Return the naive handler as `sam build` leaves it."""
    return Contestant("naive", Function(NAIVE, (), HANDLER))


def naive_compiled() -> Contestant:
    """Compile the naive handler as our layers are compiled, and return it."""
    shutil.rmtree(COMPILED, ignore_errors=True)
    shutil.copytree(NAIVE, COMPILED)
    options = ("-q", "--invalidation-mode", "unchecked-hash")
    command = [str(PYTHON), "-m", "compileall", *options, str(COMPILED)]
    subprocess.run(command, check=False, capture_output=True)  # a package has a Python 2 file
    assert next(Path(COMPILED / "boto3").rglob("*.pyc")), "compileall failed"
    return Contestant("naive with bytecode", Function(COMPILED, (), HANDLER))


def probe(world: World, contestant: Contestant, program: str, table: str = "uncached") -> Any:
    """Run a program of probe.py with the function's Python, layers and environment."""
    function = contestant.function
    path = [function.code, *(layer / "python" for layer in function.layers)]
    environment = {
        **world.environment(contestant.logical_id, table),
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "on-click-to-dial",
    }
    done = subprocess.run(
        [str(PYTHON), str(PROBE), program],
        input=contestant.event,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.rpartition("RESULT ")[2])
