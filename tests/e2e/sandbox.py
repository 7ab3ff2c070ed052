"""A sandbox of Lambda: a built function with its layers in AWS's runtime emulator."""

import platform
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local_stack import template as sam

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
PYTHON = ROOT / ".venv-lambda" / "bin" / "python"
START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Function:
    """Output of `sam build` for a function: its folder, layers and handler."""

    code: Path
    layers: tuple[Path, ...]
    handler: str


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running emulator. It accepts one event at a time; two at once make it crash."""

    url: str
    log: Path
    emulator: int
    """Process id of the emulator. The function runs in a child process."""

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Return the handler's answer. Raises AssertionError with the log if the runtime failed."""
        response = requests.post(self.url, json=event, timeout=30)
        try:
            return response.json()
        except ValueError:
            raise AssertionError(f"{response.text}\n{self.log.read_text()}") from None


def built(function: str) -> Function:
    """Return the function with this logical id in .aws-sam/build/template.yaml."""
    template = sam.load(BUILD / "template.yaml")
    properties = template["Resources"][function]["Properties"]
    layers = [layer["Ref"] for layer in template["Globals"]["Function"]["Layers"]]
    paths = [template["Resources"][layer]["Properties"]["ContentUri"] for layer in layers]
    return Function(
        code=(BUILD / properties["CodeUri"]).resolve(),
        layers=tuple(BUILD / path for path in paths),
        handler=properties["Handler"],
    )


@contextmanager
def started(function: Function, environment: Mapping[str, str], log: Path) -> Iterator[Sandbox]:
    """Run a sandbox while the block runs. The first event starts the function."""
    port, runtime_port = free_ports(2)
    emulator = [
        str(_emulator()),
        *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
        *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        *(str(PYTHON), "-m", "awslambdaric", function.handler),
    ]
    path = ":".join(str(layer / "python") for layer in function.layers)  # /opt/python
    variables = {
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "10",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",  # as in LoggingConfig
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        **environment,
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",  # /opt and /var/task are read-only
        "AWS_LAMBDA_FUNCTION_NAME": "on-click-to-dial",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            emulator, cwd=function.code, env=variables, stdout=output, stderr=output
        )
    try:
        _wait_for(port)
        url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        yield Sandbox(url, log, process.pid)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def free_ports(count: int) -> list[int]:
    """Return ports that are not in use."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _emulator() -> Path:
    """Return AWS's emulator, which is part of the SAM CLI."""
    machine = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
    pattern = f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}"
    return next((ROOT / ".venv-sam").glob(pattern))


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("Lambda's runtime emulator did not start.")
