"""DynamoDB and Secrets Manager on this machine: moto's server, as a program.

    python -m local_stack.aws [HOST]

In a process of its own, it does not slow down the calls that are being decided.
"""

import json
import logging
import sys
import threading
import uuid
from typing import Any

from moto.dynamodb.responses import DynamoHandler
from moto.server import ThreadedMotoServer

from local_stack.dynamodb_rules import violation


def start(host: str = "127.0.0.1") -> tuple[ThreadedMotoServer, str]:
    """Start a server, which runs until it is stopped. Return it and its URL."""
    make_atomic()
    make_strict()
    heed_request_tokens()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    name, port = server.get_host_and_port()
    return server, f"http://{name}:{port}"


def make_atomic() -> None:
    """Make the moto of this process execute one DynamoDB request at a time.

    moto checks the condition of a write and then writes, so that another thread can write between.
    DynamoDB does both in one step, and leases and revisions rely on it.
    """
    call_action = DynamoHandler.call_action

    def call_alone(self: DynamoHandler) -> Any:
        with _lock:
            return call_action(self)

    DynamoHandler.call_action = call_alone  # type: ignore[method-assign]


_lock = threading.RLock()


def make_strict() -> None:
    """Make the moto of this process refuse requests that DynamoDB refuses: see dynamodb_rules."""
    call_action = DynamoHandler.call_action

    def call_valid(self: DynamoHandler) -> Any:
        message = violation(str(self.get_endpoint_name(self.headers)), self.params)
        if message is None:
            return call_action(self)
        kind = "com.amazonaws.dynamodb.v20120810#ValidationException"
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "x-amzn-requestid": str(uuid.uuid4()),
        }
        return 400, headers, json.dumps({"__type": kind, "message": message})

    DynamoHandler.call_action = call_valid  # type: ignore[method-assign]


def heed_request_tokens() -> None:
    """Make the moto of this process apply a transaction that is sent again only once.

    boto3 sends a request again if it received no answer. DynamoDB recognises the repetition by the
    request token and returns success again.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    """
    transact = DynamoHandler.transact_write_items
    results: dict[str, Any] = {}

    def transact_once(self: DynamoHandler) -> Any:
        token = self.body["ClientRequestToken"]
        if token not in results:
            results[token] = transact(self)
        return results[token]

    DynamoHandler.transact_write_items = transact_once  # type: ignore[method-assign]


def main() -> None:
    """Print the URL, and serve until terminated."""
    _, url = start(*sys.argv[1:2])
    print(url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
