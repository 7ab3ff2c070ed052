"""Many cold sandboxes at once, as processes: each sends one request to Salesforce.

    python -m tests.integration.sandboxes NUMBER RECORD_ID

The settings of the function are in the environment. Prints a line for each sandbox: `found`, or an
error.
"""

import os
import sys
import time

from click_to_dial import aws, settings
from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.wiring import connect
from tests.fakes import plan

DEADLINE_SECONDS = 60.0
"""Long, because fifty sandboxes, two servers and a test share the machine."""


def main(number: int, record_id: str) -> None:
    """Fork the sandboxes, start them at the same time, and wait for them."""
    ready, go = os.pipe(), os.pipe()
    children = []
    for _ in range(number):
        child = os.fork()
        if child == 0:
            os.close(go[1])
            os.write(ready[1], b".")
            os.read(go[0], 1)  # ends when the parent closes its end
            os.write(1, f"{ask(record_id)}\n".encode())
            os._exit(0)
        children.append(child)
    waiting = number
    while waiting:
        waiting -= len(os.read(ready[0], waiting))
    os.close(go[1])
    for child in children:
        os.waitpid(child, 0)


def ask(record_id: str) -> str:
    """Send one request from a sandbox that has neither a client nor a token yet."""
    wired = settings.from_environment()
    dynamodb, secrets = (
        aws.create_client(service, read_seconds=DEADLINE_SECONDS)
        for service in ("dynamodb", "secretsmanager")
    )
    client = connect(wired, dynamodb, lambda: secrets)
    started = time.monotonic()
    try:
        request = SalesforceRequest(record_id, None)
        result = SalesforceRecords(client).fetch(plan(), request, Deadline(DEADLINE_SECONDS))
    except ClickToDialError as error:
        return f"{type(error).__name__} {error} after {time.monotonic() - started:.1f} s"
    return "found" if getattr(result.record, "found", False) else repr(result.record)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
