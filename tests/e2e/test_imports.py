"""What the decision's function imports, with the layers as built: most of a cold start is that."""

import os
import re
import subprocess

import pytest

from tests.e2e.sandbox import PYTHON, built

FUNCTION = built("OnClickToDialFunction")
DENIED = {
    "aws_xray_sdk": "Tracer costs more than all else; X-Ray's service segments need no SDK",
    "botocore": "half of a cold start: click_to_dial.aws does without",
    "cryptography": "comes with jwt and zeep",
    "phonenumbers.phonenumbermatcher": "skipped in phone_numbers.py",
    "pydantic": "plans are validated when they are published",
    "requests": "skipped in salesforce/soql.py; click_to_dial.https does without",
    "simple_salesforce.api": "skipped in salesforce/soql.py",
    "simple_salesforce.bulk2": "skipped in salesforce/soql.py",
    "simple_salesforce.login": "skipped in salesforce/soql.py",
    "urllib3": "comes with requests and botocore",
    "yaml": "published plans are JSON",
    "zeep": "skipped in salesforce/soql.py",
    "click_to_dial.dynamodb.plan_store": "only who publishes needs it",
    "click_to_dial.sync.mappings": "another function; see bootstrap_sync.py",
}


@pytest.fixture(scope="module")
def importing() -> subprocess.CompletedProcess[str]:
    """`import handler`: the modules that it brings, and where Python found their code."""
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


def test_the_bytecode_of_the_layers_is_used(
    importing: subprocess.CompletedProcess[str],
) -> None:
    used = re.findall(r"^# code object from '?([^'\n]+)'?$", importing.stderr, re.MULTILINE)
    layers = tuple(f"{layer}/" for layer in FUNCTION.layers)
    of_layers = [path for path in used if path.startswith(layers)]
    assert len(of_layers) > 100
    assert [path for path in of_layers if not path.endswith(".pyc")] == []
