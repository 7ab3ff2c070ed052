"""`make test-openapi`: schemathesis compares `make run` with docs/openapi.yaml.

It sends hundreds of valid and invalid requests, with and without the API key, and checks status,
headers and body of each answer.
"""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import requests

from local_stack.setup import API_KEY

ROOT = Path(__file__).parents[2]
SCHEMATHESIS = ROOT / ".venv-schemathesis/bin/schemathesis"
START_SECONDS = 60


def main() -> int:
    """Return schemathesis's exit status."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"PORT": str(port), "AUTH": "key", "ORG": "", "PLAN": ""}
    with subprocess.Popen(
        [sys.executable, "-m", "local_stack.run"],
        cwd=ROOT,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as system:
        try:
            wait_for(url, system)
            config = ("--config-file", str(Path(__file__).parent / "schemathesis.toml"))
            target = (str(ROOT / "docs/openapi.yaml"), "--url", url)
            header = ("--header", f"Authorization: Bearer {API_KEY}")
            return subprocess.run([str(SCHEMATHESIS), *config, "run", *target, *header]).returncode
        finally:
            system.terminate()


def wait_for(url: str, system: "subprocess.Popen[bytes]") -> None:
    """Wait until the system answers."""
    ends_at = time.monotonic() + START_SECONDS
    while system.poll() is None and time.monotonic() < ends_at:
        with suppress(requests.ConnectionError):
            requests.get(url, timeout=START_SECONDS)
            return
        time.sleep(0.1)
    raise SystemExit("make run did not start.")


if __name__ == "__main__":
    sys.exit(main())
