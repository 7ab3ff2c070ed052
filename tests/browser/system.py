"""The system of `make run` in a process of its own, with its console."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dialplan_cli import targets

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class System:
    """A running system. `gateway` is the URL of the API, `console` the address with the token."""

    gateway: str
    console: str

    @property
    def pages(self) -> str:
        """The URL of the console without the token."""
        return self.console.partition("/?")[0]

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment of the functions."""
        file = targets.LOCAL / self.gateway.rpartition(":")[2] / "run.json"
        found: Mapping[str, str] = json.loads(file.read_text())
        return found

    def dialplan(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command `dialplan` on this system."""
        return subprocess.run(
            [sys.executable, "-m", "dialplan_cli", *arguments],
            env={**_environment(), "PORT": self.gateway.rpartition(":")[2]},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def call(self, record_id: str, number: str, agent: str) -> requests.Response:
        """Ask the API as jtel does."""
        query = {"SalesForceID": record_id, "CallerID": number, "AgentUID": agent}
        return requests.get(f"{self.gateway}/jtelACD/onClickToDial", params=query, timeout=10)

    def simulator(self, path: str, document: Any) -> None:
        """Send a command to the simulator of Salesforce."""
        url = f"{self.settings['SALESFORCE_URL']}/_simulator/{path}"
        requests.post(url, json=document, timeout=10).raise_for_status()

    def heal(self) -> None:
        """End all faults of the simulator."""
        url = f"{self.settings['SALESFORCE_URL']}/_simulator/faults"
        requests.delete(url, timeout=10).raise_for_status()


@contextmanager
def running_system(org: Path | None = None, plan: Path | None = None) -> Iterator[System]:
    """Start a system on free ports, by default with the demo organisation and plan."""
    files = {"ORG": org, "PLAN": plan}
    process = subprocess.Popen(
        [sys.executable, "-m", "local_stack.run"],
        cwd=ROOT,
        env=_environment()
        | {"PORT": "0"}
        | {key: str(each) for key, each in files.items() if each},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    head = ""
    try:
        while "until Ctrl-C" not in head:
            line = process.stdout.readline()
            assert line, "the system did not start"
            head += line
        gateway, console = re.findall(r"(http://127\.0\.0\.1:[0-9]+(?:/\?token=\S+)?)", head)[:3:2]
        yield System(gateway, console)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def _environment() -> dict[str, str]:
    kept = {name: each for name, each in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"PYTHONPATH": os.pathsep.join(sys.path)}
