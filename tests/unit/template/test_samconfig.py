"""samconfig.toml is shared; values of an account belong in samconfig.local.toml."""

import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED, LOCAL = "samconfig.toml", "samconfig.local.toml"


def test_the_shared_file_contains_no_values_of_an_account() -> None:
    config = tomllib.loads((ROOT / SHARED).read_text())
    commands = [each for name, each in config.items() if name != "version"]
    keys = {key for each in commands for part in each.values() for key in part["parameters"]}
    assert "stack_name" in keys
    # A region would decide where personal data is stored.
    assert not keys & {"parameter_overrides", "region", "profile", "s3_bucket"}


def test_git_ignores_the_local_file() -> None:
    assert LOCAL in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("exists", [False, True])
def test_make_deploy_prefers_the_local_file(tmp_path: Path, exists: bool) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copytree(ROOT / "layers", tmp_path / "layers", ignore=lambda *_: ["python"])
    for name in (SHARED, LOCAL)[: 1 + exists]:
        (tmp_path / name).touch()
    command = ["make", "--dry-run", "deploy", "ENV=prod", "LAMBDA_PYTHON=python3"]
    planned = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert f'--config-file "{tmp_path / (LOCAL if exists else SHARED)}"' in planned


@pytest.mark.parametrize(
    ("parameters", "argument"),
    [
        (
            'AllowedIpRanges="192.0.2.0/28,198.51.100.7/32"',
            "AllowedIpRanges=192.0.2.0/28,198.51.100.7/32",
        ),
        ('SalesforceAllowedUsers=\\"\\"', 'SalesforceAllowedUsers=""'),
    ],
)
def test_parameters_of_make_deploy_as_documented(parameters: str, argument: str) -> None:
    """SAM reads `Name=""` as empty, and does not accept `Name=`."""
    assert f"`PARAMETERS='{parameters}'`" in (ROOT / "docs/deploy.md").read_text()
    command = ["make", "--dry-run", "deploy", "LAMBDA_PYTHON=python3", f"PARAMETERS={parameters}"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    assert argument in shlex.split(planned.rpartition("--parameter-overrides")[2])
