"""Output of `sam build`: the layers have bytecode that Lambda's Python uses, or the build fails."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from local_stack.template import TEMPLATE
from tests.e2e.sandbox import BUILD, PYTHON, ROOT, built

UNCHECKED_HASH = (1).to_bytes(4, "little")
FUNCTION = built("OnClickToDialFunction")


@pytest.mark.parametrize("layer", FUNCTION.layers, ids=lambda layer: layer.name)
def test_every_module_of_a_layer_has_bytecode_that_outlives_the_zip(layer: Path) -> None:
    command = [str(PYTHON), "-c", "import importlib.util as u; print(u.MAGIC_NUMBER.hex())"]
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


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as from a shell in which LAMBDA_PYTHON names a program that is not Python 3.13."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment["LAMBDA_PYTHON"] = "/bin/false"
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("target", ["build", "deploy"])
def test_without_python_3_13_nothing_is_built(target: str) -> None:
    before = (ROOT / ".aws-sam/build/template.yaml").stat()

    stopped = make(target)

    assert stopped.returncode == 2
    sentence, made_of_it = stopped.stderr.splitlines()
    assert sentence == (
        "Python 3.13 is needed to compile the layers (LAMBDA_PYTHON is '/bin/false'): install it, "
        "set LAMBDA_PYTHON, or accept slow cold starts with ALLOW_SLOW_START=1."
    )
    assert made_of_it.startswith("make: ***")
    assert (ROOT / ".aws-sam/build/template.yaml").stat() == before


def test_sam_build_itself_fails_too_unless_a_slow_start_is_allowed(tmp_path: Path) -> None:
    """It runs the layers' makefiles, whoever calls it."""
    layer = ROOT / "layers" / "click_to_dial"
    target = ["-C", str(layer), "build-ClickToDialLayer"]
    for artifacts in ("first", "second"):
        (tmp_path / artifacts).mkdir()

    stopped = make(*target, f"ARTIFACTS_DIR={tmp_path / 'first'}")
    slow = make(*target, f"ARTIFACTS_DIR={tmp_path / 'second'}", "ALLOW_SLOW_START=1")

    assert stopped.returncode == 2
    assert "Python 3.13 is needed" in stopped.stderr
    assert slow.returncode == 0, slow.stderr
    assert list((tmp_path / "second").rglob("*.py"))
    assert not list((tmp_path / "second").rglob("*.pyc"))
