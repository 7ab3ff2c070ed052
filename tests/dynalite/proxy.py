"""A proxy before dynalite that adds the operations it lacks: transactions and expiry (TTL).

It sends one request at a time, so that a transaction is atomic. A failed one is undone.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, NamedTuple

from local_stack.http_server import HEADERS, LocalServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "DynamoDB_20120810"
CONTENT_TYPE = "application/x-amz-json-1.0"
KEYS = ("pk", "sk")
PASSED_ON = ("authorization", "x-amz-date", "x-amz-security-token", "content-type")
"""Headers of a request that dynalite needs. It looks for a signature without verifying it."""

OPERATION_OF = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "DeleteItem",  # followed by a PutItem of what was deleted
}
MAX_ACTIONS = 100


class Answer(NamedTuple):
    """An answer of DynamoDB."""

    status: int
    body: Any


class Dynalite:
    """A dynalite on a port of this machine, completed. `application` is its WSGI application."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._expiry: dict[str, Any] = {}
        self._transactions: dict[str, tuple[Any, Answer]] = {}

    def application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer a request (WSGI)."""
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        headers = {name.lower(): value for name, value in environ[HEADERS]}
        body = json.loads(environ["wsgi.input"].read())
        with self._lock:
            answer = self._answer(headers, operation, body)
        text = json.dumps(answer.body).encode()
        start_response(
            f"{answer.status} {HTTPStatus(answer.status).phrase}",
            [
                ("Content-Type", CONTENT_TYPE),
                ("Content-Length", str(len(text))),
                ("x-amzn-requestid", "dynalite"),
            ],
        )
        return [text]

    def _answer(self, headers: Mapping[str, str], operation: str, body: Any) -> Answer:
        if operation == "TransactWriteItems":
            return self._transact(headers, body)
        if operation == "UpdateTimeToLive":
            self._expiry[body["TableName"]] = body["TimeToLiveSpecification"]
            return Answer(200, {"TimeToLiveSpecification": body["TimeToLiveSpecification"]})
        if operation == "DescribeTimeToLive":
            expiry = self._expiry[body["TableName"]]
            found = {"AttributeName": expiry["AttributeName"], "TimeToLiveStatus": "ENABLED"}
            return Answer(200, {"TimeToLiveDescription": found})
        return self._send(headers, operation, body)

    def _send(self, headers: Mapping[str, str], operation: str, body: Any) -> Answer:
        """Send a request to dynalite."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            passed_on = {name: headers[name] for name in PASSED_ON if name in headers}
            target = {"x-amz-target": f"{PREFIX}.{operation}"}
            connection.request("POST", "/", json.dumps(body), passed_on | target)
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read()))
        finally:
            connection.close()

    def _transact(self, headers: Mapping[str, str], body: Any) -> Answer:
        """Carry out a transaction, or, if its token is known, return its answer again.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
        """
        token, actions = body.get("ClientRequestToken"), body["TransactItems"]
        if token in self._transactions:
            before, answer = self._transactions[token]
            if before == actions:
                return answer
            return _error("IdempotentParameterMismatchException", "The token has other actions.")
        targets = [json.dumps(_key(each), sort_keys=True) for each in actions]
        if not 1 <= len(actions) <= MAX_ACTIONS:
            return _error("ValidationException", f"{len(actions)} actions")
        if len(set(targets)) < len(targets):
            return _error("ValidationException", "Multiple operations on one item")
        answer = self._carry_out(headers, actions)
        if token and answer.status == 200:
            self._transactions[token] = actions, answer
        return answer

    def _carry_out(self, headers: Mapping[str, str], actions: list[Any]) -> Answer:
        undo: list[tuple[str, Any]] = []
        for index, action in enumerate(actions):
            ((kind, content),) = action.items()
            request = {**content, "ReturnValues": "ALL_OLD"}
            answer = self._send(headers, OPERATION_OF[kind], request)
            if answer.status != 200:
                for operation, each in reversed(undo):
                    assert self._send(headers, operation, each).status == 200
                return _cancelled(answer, index, len(actions))
            table, before = {"TableName": content["TableName"]}, answer.body.get("Attributes")
            restored = (
                ("PutItem", {**table, "Item": before})
                if before
                else ("DeleteItem", {**table, "Key": _key(action)})
            )
            if kind != "ConditionCheck":
                undo.append(restored)
            elif before:
                assert self._send(headers, *restored).status == 200
        return Answer(200, {})


def _key(action: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the key of the item that an action of a transaction is about."""
    (content,) = action.values()
    return content.get("Key") or {name: content["Item"].get(name) for name in KEYS}


def _cancelled(answer: Answer, failed: int, count: int) -> Answer:
    """Return the answer to a transaction whose action number `failed` got `answer`."""
    if not answer.body["__type"].endswith("ConditionalCheckFailedException"):
        return answer
    reasons: list[Mapping[str, str]] = [{"Code": "None"}] * count
    reasons[failed] = {"Code": "ConditionalCheckFailed", "Message": "The condition failed"}
    codes = ", ".join(each["Code"] for each in reasons)
    cancelled = _error("TransactionCanceledException", f"Transaction cancelled [{codes}]")
    return Answer(cancelled.status, {**cancelled.body, "CancellationReasons": reasons})


def _error(kind: str, message: str) -> Answer:
    return Answer(400, {"__type": f"com.amazonaws.dynamodb.v20120810#{kind}", "message": message})


def serve(port: int) -> LocalServer:
    """Return a server that completes the dynalite on `port`; it has to be started."""
    return LocalServer(Dynalite(port).application)
