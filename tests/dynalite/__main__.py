"""`make test-dynalite`: the tests of the DynamoDB adapters, on another DynamoDB than moto's.

dynalite validates requests as AWS documents it; where it and moto differ, the code obeys both.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.dynalite.proxy import serve

DYNALITE = Path(__file__).parent / "node_modules/dynalite/cli.js"
TESTS = (
    "tests/integration/dynamodb",
    "tests/integration/authorizer",
    "tests/integration/decision/test_number_lookups.py",
    "tests/integration/sync",
)
"""All tests that use a table, without those of the command, which use the same adapters."""

START_SECONDS = 30


def main() -> int:
    """Run the tests. Return pytest's exit status."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    instant = ("--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
    command = ["node", str(DYNALITE), "--host", "127.0.0.1", "--port", str(port), *instant]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as dynalite:
        try:
            wait_for(port, dynalite)
            server = serve(port)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.port}"
            pytest = [sys.executable, "-m", "pytest", *TESTS, *sys.argv[1:]]
            return subprocess.run(pytest, env={**os.environ, "DYNAMODB_OF_TESTS": url}).returncode
        finally:
            dynalite.terminate()


def wait_for(port: int, dynalite: "subprocess.Popen[bytes]") -> None:
    """Wait until dynalite listens."""
    ends_at = time.monotonic() + START_SECONDS
    while dynalite.poll() is None and time.monotonic() < ends_at:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise SystemExit("dynalite did not start.")


if __name__ == "__main__":
    sys.exit(main())
