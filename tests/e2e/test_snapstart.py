"""SnapStart's hooks, run by Lambda's own runtime client: their order and their effect."""

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3

from local_stack import template as sam
from tests import callers
from tests.e2e.sandbox import PYTHON, ROOT, built

PROBE = """
import sys
import handler, snapshot_restore_py
from click_to_dial.decision.wiring import click_to_dial

made, modules = [], {}
def note(when):
    made.append((when, click_to_dial.cache_info().currsize))
    modules[when] = set(sys.modules)

snapshot_restore_py.register_before_snapshot(lambda: note("starting"))  # these run in reverse order
snapshot_restore_py._before_snapshot_registry.insert(0, (lambda: note("snapshot"), (), {}))
snapshot_restore_py.register_after_restore(lambda: note("restored"))

def lambda_handler(event, context):
    service = click_to_dial()
    answer = handler.lambda_handler(event, context)
    return {
        "made": made,
        "answer": answer["statusCode"],
        "same": service is click_to_dial(),
        "imported": sorted(set(sys.modules) - modules["snapshot"]),
    }
"""


ROLE = {
    "AccessKeyId": "testing",
    "SecretAccessKey": "testing",
    "Token": "testing",
    "Expiration": "2999-01-01T00:00:00Z",
}
"""The credentials of the function's role, as Lambda's container endpoint returns them."""


class RuntimeApi(ThreadingHTTPServer):
    """Lambda's runtime API: takes a snapshot, restores it, sends one event, records requests."""

    daemon_threads = True

    def __init__(self, event: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event = json.dumps(event).encode()
        self.requested: list[str] = []
        self.answer: Any = None
        self.answered = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        path = self.path.rpartition("/runtime/")[2]
        self.server.requested.append(path)
        if path == "invocation/next" and self.server.answered.is_set():
            threading.Event().wait()  # there is no second event
        answers = {"invocation/next": self.server.event, "/credentials": json.dumps(ROLE).encode()}
        self._send(answers.get(path, b""))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requested.append(self.path.split("/runtime/")[1])
        self.server.answer = json.loads(body)
        self._send(b"", 202)
        self.server.answered.set()

    def _send(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "request-1")
        self.send_header("Lambda-Runtime-Deadline-Ms", "99999999999999")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:1:function:f")
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def restored(
    function: str, handler: str, event: Any, environment: Mapping[str, str], *path: Path
) -> RuntimeApi:
    """A function that took a snapshot, was restored and has answered the event."""
    artifact, api = built(function), RuntimeApi(event)
    layers = [str(layer / "python") for layer in artifact.layers]
    api_url = f"127.0.0.1:{api.server_port}"
    threading.Thread(target=api.serve_forever, daemon=True).start()
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")  # not set with SnapStart
    process = subprocess.Popen(
        [str(PYTHON), "-m", "awslambdaric", handler],
        env={
            **{name: value for name, value in environment.items() if name not in keys},
            "PYTHONPATH": os.pathsep.join([*layers, str(artifact.code), *map(str, path)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{api_url}/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "any",
            "AWS_LAMBDA_RUNTIME_API": api_url,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_LAMBDA_FUNCTION_NAME": "on-click-to-dial",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        },
    )
    try:
        assert api.answered.wait(12), (api.requested, process.poll())
    finally:
        process.kill()
        process.wait()
        api.shutdown()
        api.server_close()
    return api


def check_order(requested: list[str]) -> None:
    """A snapshot contains no credentials; a restored sandbox asks for them once."""
    assert requested.count("/credentials") == 1
    others = [path for path in requested if path != "/credentials"]
    assert others[:3] == ["restore/next", "invocation/next", "invocation/request-1/response"]
    assert requested[0] == "restore/next"


def test_a_restored_sandbox_has_its_own_service_and_imports_nothing(
    environment: Mapping[str, str], sandbox: object, tmp_path: Path
) -> None:
    (tmp_path / "probe.py").write_text(PROBE)
    event = json.loads((ROOT / "events" / "200-customer-in-germany.json").read_text())
    variables = {**environment, "TABLE_NAME": "with-plan"}
    api = restored("OnClickToDialFunction", "probe.lambda_handler", event, variables, tmp_path)
    check_order(api.requested)
    assert api.answer == {
        "made": [["starting", 0], ["snapshot", 1], ["restored", 1]],
        "answer": 200,
        "same": True,
        "imported": [],
    }


def test_a_restored_authorizer_has_its_own_credentials(
    environment: Mapping[str, str], aws_url: str
) -> None:
    secrets = boto3.client("secretsmanager", endpoint_url=aws_url)
    secrets.create_secret(Name="restored-key", SecretString="the-key")
    values = {"AuthMode": "key", "ApiKeySecret": "restored-key", "Table": "-"}
    values["SalesforceUrl"] = environment["SALESFORCE_URL"]
    variables = sam.environment(sam.load(), values, aws_url, "AuthorizeFunction")
    request = callers.event("Bearer the-key")
    api = restored("AuthorizeFunction", "handler.lambda_handler", request, variables)
    check_order(api.requested)
    assert api.answer["principalId"] == "key"
