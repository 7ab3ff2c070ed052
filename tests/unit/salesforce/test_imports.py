"""What the adapter skips of simple-salesforce and requests."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from click_to_dial.salesforce import client, session

LAYER = Path(__file__).parents[3] / "layers/click_to_dial/python"
SKIPPED = {**client.SKIPPED, **session.SKIPPED}


@pytest.mark.parametrize("module", SKIPPED)
def test_a_skipped_module_has_the_names_that_stand_in_for_it(module: str) -> None:
    """An update that moves something fails here, before it makes cold starts longer."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    source = ast.parse(Path(spec.origin).read_text())
    names = set()
    for node in source.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    assert SKIPPED[module].keys() <= names


def test_nothing_is_imported_that_no_request_uses() -> None:
    code = "import sys, click_to_dial.salesforce.records; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(LAYER)}
    command = [sys.executable, "-W", "error", "-c", code]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    loaded = set(output.stdout.split())
    assert {"requests", "simple_salesforce.api"} <= loaded
    unused = {*SKIPPED, "cryptography", "httpx", "jwt", "lxml", "more_itertools", "zeep"}
    assert not unused & loaded


def test_a_text_without_an_encoding_is_read_as_utf_8() -> None:
    code = """
from click_to_dial.salesforce.session import requests
response = requests.Response()
response.raw = __import__("io").BytesIO("größer".encode())
print(response.text.encode("ascii", "backslashreplace").decode())
"""
    environment = {**os.environ, "PYTHONPATH": str(LAYER)}
    command = [sys.executable, "-W", "error", "-c", code]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == r"gr\xf6\xdfer"
