"""Imports of the function that decides, with the built layers: they take most of a cold start."""

import os
import re
import subprocess
from collections.abc import Mapping

import pytest

import click_to_dial
from click_to_dial import aws, observability, phone_numbers
from click_to_dial.salesforce import client, session
from tests.e2e.sandbox import PYTHON, ROOT, Sandbox, built

FUNCTION = built("OnClickToDialFunction")
DENIED = {
    "aws_xray_sdk": "an agent's layer brings its own tracer",
    "botocore.docs.service": "botocore.docs.docstring is skipped in aws.py",
    "cryptography": "comes with jwt and zeep",
    "pydantic": "plans are validated when they are published",
    "yaml": "published plans are JSON",
    "zeep": "simple_salesforce.metadata is skipped in salesforce/client.py",
    **dict.fromkeys(click_to_dial.SKIPPED, "skipped in __init__.py"),
    **dict.fromkeys(aws.SKIPPED, "skipped in aws.py"),
    **dict.fromkeys(client.SKIPPED, "skipped in salesforce/client.py"),
    **dict.fromkeys(observability.SKIPPED, "skipped in observability.py"),
    **dict.fromkeys(phone_numbers.SKIPPED, "skipped in phone_numbers.py"),
    **dict.fromkeys(session.SKIPPED, "skipped in salesforce/session.py"),
    "click_to_dial.authorizer": "another function",
    "click_to_dial.sync": "another function",
}
"""Modules that no decision needs, and why they are not imported."""


@pytest.fixture(scope="module")
def importing() -> subprocess.CompletedProcess[str]:
    """Run `import handler`; print the modules and where Python found their code."""
    path = [FUNCTION.code, *(layer / "python" for layer in FUNCTION.layers)]
    environment = {
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONVERBOSE": "1",
    }
    command = [str(PYTHON), "-c", "import sys, handler; print(*sys.modules)"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=True)


@pytest.mark.parametrize("module", DENIED)
def test_a_decision_imports_nothing_that_it_does_not_need(
    module: str, importing: subprocess.CompletedProcess[str]
) -> None:
    imported = importing.stdout.split()
    assert "click_to_dial.decision.service" in imported
    assert module not in imported, DENIED[module]


def test_a_first_decision_imports_nothing_of_it_either(
    sandbox: Sandbox, environment: Mapping[str, str]
) -> None:
    """In a sandbox of its own; `sandbox` has published the plan."""
    program = """
import json, sys, types, handler
context = types.SimpleNamespace(
    function_name="f", memory_limit_in_mb=1769, invoked_function_arn="arn", aws_request_id="id"
)
answer = handler.lambda_handler(json.load(sys.stdin), context)
print("RESULT", answer["statusCode"], *sys.modules)
"""
    path = [FUNCTION.code, *(layer / "python" for layer in FUNCTION.layers)]
    done = subprocess.run(
        [str(PYTHON), "-c", program],
        input=(ROOT / "events/200-customer-in-germany.json").read_text(),
        capture_output=True,
        text=True,
        env={
            **environment,
            "TABLE_NAME": "with-plan",
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        check=True,
    )
    status, *imported = done.stdout.rpartition("RESULT ")[2].split()
    assert status == "200"
    assert DENIED.keys() & set(imported) == set()


def test_the_bytecode_of_the_layers_is_used(
    importing: subprocess.CompletedProcess[str],
) -> None:
    used = re.findall(r"^# code object from '?([^'\n]+)'?$", importing.stderr, re.MULTILINE)
    layers = tuple(f"{layer}/" for layer in FUNCTION.layers)
    of_layers = [path for path in used if path.startswith(layers)]
    assert len(of_layers) > 100
    assert [path for path in of_layers if not path.endswith(".pyc")] == []
