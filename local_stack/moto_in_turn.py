"""Makes moto's DynamoDB do one request at a time.

moto checks the condition of a write and then writes, and other threads get in between; DynamoDB
does both in one step, which is what leases and revisions are built on.
"""

import threading
from typing import Any

from moto.dynamodb.responses import DynamoHandler

_lock = threading.RLock()


def install() -> None:
    """From now on the moto of this process is as atomic as DynamoDB."""
    call_action = DynamoHandler.call_action

    def in_turn(self: DynamoHandler) -> Any:
        with _lock:
            return call_action(self)

    DynamoHandler.call_action = in_turn  # type: ignore[method-assign]
