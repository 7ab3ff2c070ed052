"""What `pip install .` installs: every package that the command imports, and the command itself."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from dialplan_cli import __main__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = PROJECT["project"]["dependencies"]
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
PACKAGES = [ROOT / each for each in WHEEL["packages"]]
LAMBDA_ONLY = {"snapshot_restore_py"}
"""Part of Lambda's runtime. Imported only inside a function."""


def normalized(name: str) -> str:
    return name.lower().replace("_", "-")


def imported(package: Path) -> set[str]:
    names = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - LAMBDA_ONLY


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_each_imported_package_is_a_declared_dependency(package: Path) -> None:
    installed = {each.name for each in PACKAGES}
    declared = {normalized(re.split("[~>]", each)[0]) for each in DEPENDENCIES}
    # promised by pydantic, boto3, requests, flask
    declared |= {"pydantic-core", "botocore", "urllib3", "werkzeug"}
    distributions = packages_distributions()
    foreign = imported(package) - installed
    assert foreign
    assert {normalized(distributions[name][0]) for name in foreign} <= declared


def test_the_layer_has_no_dependency_that_the_command_does_not_install() -> None:
    assert set(PROJECT["dependency-groups"]["layer"]) <= set(DEPENDENCIES)


def test_the_entry_point_exists() -> None:
    module, _, name = PROJECT["project"]["scripts"]["dialplan"].partition(":")
    assert (module, getattr(__main__, name)) == (__main__.__name__, __main__.main)


def test_whatever_make_installs_is_pinned_and_has_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lines = makefile.replace("\\\n", " ").splitlines()
    installs = [line for line in lines if re.search(r"\b(pip|uv)\b.* install\b", line)]
    assert installs
    assert all("--require-hashes" in line and "--no-deps" in line for line in installs)


@pytest.mark.parametrize(
    "path", [*(ROOT / "requirements").glob("*.txt"), ROOT / "layers/dependencies/requirements.txt"]
)
def test_each_lock_file_is_pinned_has_hashes_and_is_written_by_make_lock(path: Path) -> None:
    entries = re.split(r"\n(?=\w)", re.sub(r"(?m)^#.*\n", "", path.read_text()).strip())
    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)
    assert f"lock {path.relative_to(ROOT)} " in (ROOT / "requirements/lock").read_text()
