"""The simulator as a program: `python -m local_stack.salesforce --port 3001 --org FILE`."""

import argparse
import signal
import sys
from pathlib import Path

from local_stack.salesforce.organisation import OrganisationError, read_organisation
from local_stack.salesforce.server import SimulatorServer
from local_stack.salesforce.simulator import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted. Return 1 after a sentence on standard error if it cannot start."""
    parser = argparse.ArgumentParser(
        prog="local_stack.salesforce", description="Simulates Salesforce."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3001)
    parser.add_argument("--org", type=Path, default=Path("local_stack/demo_org.json"))
    options = parser.parse_args(arguments)
    try:
        server = SimulatorServer(
            Simulator(read_organisation(options.org)), options.port, options.host
        )
    except OrganisationError as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        print(f"Port {options.port} cannot be used: {reason}.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"Salesforce simulator with {options.org} at {server.simulator.url}", flush=True)
    server.serve_forever()  # until Ctrl-C
    return 0


if __name__ == "__main__":
    sys.exit(main())
