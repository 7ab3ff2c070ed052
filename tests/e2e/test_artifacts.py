"""Output of `sam build`: the layers have bytecode that Lambda's Python uses, or the build fails."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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


ENDPOINTS = """
import boto3, json
from botocore.config import Config
print(json.dumps([
    boto3.client(service, region_name=region, config=Config(**{option: True})).meta.endpoint_url
    for service in ("dynamodb", "secretsmanager")
    for region in ("eu-central-1", "us-east-1", "cn-north-1", "us-gov-west-1", "xx-new-1")
    for option in ("use_dualstack_endpoint", "use_fips_endpoint", "tcp_keepalive")
]))
"""


def test_the_reduced_data_of_botocore_has_the_same_endpoints() -> None:
    layers = os.pathsep.join(str(layer / "python") for layer in FUNCTION.layers)
    environment = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
    reduced, whole = (
        subprocess.run(
            [python, "-c", ENDPOINTS], env=environment | more, capture_output=True, check=True
        ).stdout
        for python, more in ((str(PYTHON), {"PYTHONPATH": layers}), (sys.executable, {}))
    )
    assert reduced == whole
    assert b"https://dynamodb-fips." in whole


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


def botocore(program: str, *command: str, **environment: str) -> Any:
    """Return what `program` prints as JSON, with a session of botocore as `session`."""
    program = f"import json, botocore.session; session = botocore.session.get_session(); {program}"
    done = subprocess.run(
        [*command, "-c", program],
        env={"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
@pytest.mark.parametrize("variant", ["USE_FIPS_ENDPOINT", "USE_DUALSTACK_ENDPOINT", ""])
def test_the_pruned_botocore_calls_the_same_endpoints(service: str, variant: str) -> None:
    """In all regions of all partitions, as the complete botocore does."""
    program = f"""
from botocore.exceptions import EndpointVariantError
endpoints = {{}}
for partition in session.get_available_partitions():
    for region in session.get_available_regions("{service}", partition):
        try:
            client = session.create_client("{service}", region_name=region)
        except EndpointVariantError as error:  # not every partition has FIPS and dual-stack
            endpoints[region] = str(error)
        else:
            endpoints[region] = client.meta.endpoint_url
print(json.dumps(endpoints))
"""
    environment = {f"AWS_{variant}": "true"} if variant else {}
    path = os.pathsep.join(str(layer / "python") for layer in FUNCTION.layers)

    ours = botocore(program, str(PYTHON), PYTHONPATH=path, **environment)

    assert len(ours) > 30
    assert ours == botocore(program, sys.executable, **environment)


def test_the_pruned_botocore_sends_a_batch_to_the_same_endpoint() -> None:
    """Also to the endpoint of an account, if the account is known."""
    program = """
class Sent(Exception):
    pass

def stop(request, **_):
    raise Sent(request.url)

client = session.create_client("dynamodb", region_name="eu-central-1")
client.meta.events.register("before-send", stop)
keys = {"table": {"Keys": [{"pk": {"S": "a"}}]}}
try:
    client.batch_get_item(RequestItems=keys)
except Sent as sent:
    print(json.dumps(str(sent)))
"""
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ACCOUNT_ID": "123456789012",
    }
    path = os.pathsep.join(str(layer / "python") for layer in FUNCTION.layers)

    ours = botocore(program, str(PYTHON), PYTHONPATH=path, **environment)

    assert ours == botocore(program, sys.executable, **environment)
    assert "123456789012" in ours


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
