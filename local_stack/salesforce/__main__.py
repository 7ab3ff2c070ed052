"""The simulator as a program: `python -m local_stack.salesforce --port 3001 --org FILE`."""

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path

from local_stack.salesforce.org import Org
from local_stack.salesforce.org_file import OrgError, read
from local_stack.salesforce.server import Server
from local_stack.salesforce.state import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Runs until it is told to stop; 1 with a sentence where it cannot start."""
    parser = argparse.ArgumentParser(
        prog="local_stack.salesforce", description="Simulates Salesforce."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--org", type=Path, default=Path("local_stack/demo_org.json"))
    options = parser.parse_args(arguments)
    try:
        server = Server(options.port, Simulator(Org(*read(options.org))), options.host)
    except OrgError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Port {options.port} cannot be used: {error.strerror}.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"Salesforce simulator with {options.org} at {server.simulator.url}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
