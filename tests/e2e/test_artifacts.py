"""What `sam build` leaves for Lambda: the layers with bytecode that Lambda's Python will use."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from local_stack.template import TEMPLATE
from tests.e2e.sandbox import BUILD, built

UNCHECKED_HASH = (1).to_bytes(4, "little")
FUNCTION = built("OnClickToDialFunction")


@pytest.mark.parametrize("layer", FUNCTION.layers, ids=lambda layer: layer.name)
def test_every_module_of_a_layer_has_bytecode_that_outlives_the_zip(layer: Path) -> None:
    python = os.environ.get("LAMBDA_PYTHON")
    if not python:
        pytest.skip("no Python 3.13 on this machine to compile with: cold starts would be slower")
    command = [python, "-c", "import importlib.util as u; print(u.MAGIC_NUMBER.hex())"]
    magic = bytes.fromhex(subprocess.run(command, capture_output=True, text=True).stdout)

    modules = list(layer.rglob("*.py"))

    assert modules
    for module in modules:
        bytecode = module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc"
        assert bytecode.read_bytes()[:8] == magic + UNCHECKED_HASH, bytecode


def test_no_other_bytecode_is_shipped() -> None:
    folders = [FUNCTION.code, *FUNCTION.layers]
    bytecode = [path for folder in folders for path in folder.rglob("*.pyc")]
    assert [path for path in bytecode if not path.match("*.cpython-313.pyc")] == []


def test_no_layer_has_anything_that_is_compiled_for_one_machine() -> None:
    """So that one layer fits arm64 and x86_64."""
    for layer in FUNCTION.layers:
        assert not [path for path in layer.rglob("*") if path.suffix in (".so", ".pyd")]


def test_the_template_has_no_yaml_aliases() -> None:
    """CloudFormation does not support them; `sam build` writes their values out."""
    for path in (TEMPLATE, BUILD / "template.yaml"):
        events = list(yaml.parse(path.read_text()))
        aliases = [each for each in events if isinstance(each, yaml.AliasEvent)]
        merges = [each for each in events if getattr(each, "value", None) == "<<"]
        assert bool(aliases or merges) == (path == TEMPLATE)
