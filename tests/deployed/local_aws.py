"""A local AWS: the package ministack, a program that `sam deploy` and boto3 use like AWS.

It runs the functions in processes of its own Python, which is Lambda's (3.13).
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import requests

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".venv-aws/bin/ministack"
SAM = ROOT / ".venv-sam/bin/sam"
REGION = "eu-central-1"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS. `url` is its only endpoint, for every service."""

    url: str

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables with which boto3, SAM and `dialplan` use it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAM_CLI_TELEMETRY": "0",
        }

    def client(self, service: str) -> boto3.client:
        """Return a boto3 client."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def run(self, *command: str | Path, folder: Path = ROOT, **variables: str) -> str:
        """Run a program against it. Return what it prints; raise AssertionError if it fails."""
        kept = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
        result = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env={**kept, **self.variables, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        output = result.stdout + result.stderr
        assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{output}"
        return output

    def dialplan(self, *arguments: str) -> str:
        """Run the command `dialplan`."""
        sources = f"{ROOT}:{ROOT / 'layers/click_to_dial/python'}"
        return self.run(sys.executable, "-m", "dialplan_cli", *arguments, PYTHONPATH=sources)


@contextmanager
def running(folder: Path) -> Iterator[LocalAws]:
    """Run a local AWS on a free port of 127.0.0.1, with its log and its data in `folder`."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    variables = {
        "BIND_HOST": "127.0.0.1",  # it listens on all addresses by default
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(folder),
        "SERVICES": "",
    }
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("AWS_", "PYTHON", "POWERTOOLS_"))
    }
    with (folder / "aws.log").open("wb") as log:
        process = subprocess.Popen(
            [str(PROGRAM)], cwd=folder, env={**kept, **variables}, stdout=log, stderr=log
        )
    try:
        aws = LocalAws(f"http://127.0.0.1:{port}")
        _wait(aws, process, folder / "aws.log")
        yield aws
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(aws: LocalAws, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"The local AWS did not start:\n{log.read_text()}"
        try:
            if requests.get(f"{aws.url}/_localstack/health", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise AssertionError(f"The local AWS did not answer within {START_SECONDS:.0f} s.")
