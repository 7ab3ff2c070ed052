"""handler → bootstrap → service → ports ← adapters: the arrows of the house, checked.

Each module of the shared package may import only what stands here. A vendor's SDK has one importer.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/click_to_dial/python/click_to_dial"

PORTS = {"deadline", "dialplan", "errors", "model", "ports", "pseudonym"}
ARROWS: dict[str, set[str]] = {
    "model": set(),
    "errors": set(),
    "salesforce_id": set(),
    "settings": set(),
    "pseudonym": set(),
    "deadline": {"errors"},
    "skip_imports": set(),
    "phone_numbers": {"errors", "model", "phonenumbers", "skip_imports"},
    "time_zones": {"phonenumbers", "tzdata"},
    "dialplan": {"errors", "model", "dialplan", "phone_numbers"},
    "ports": PORTS,
    "decision": {*PORTS, "decision", "phone_numbers", "salesforce_id", "time_zones"}
    | {"observability", "snapshot_restore_py"},
    "authorizer": {*PORTS, "authorizer", "aws", "observability", "salesforce_id"},
    "sync": {*PORTS, "sync", "observability"},
    "aws": {"errors", "skip_imports", "boto3", "botocore"},
    "dynamodb": {*PORTS, "aws", "dynamodb", "salesforce_id"},
    "salesforce": {*PORTS, "__version__", "salesforce", "salesforce_id", "skip_imports"}
    | {"requests", "simple_salesforce", "urllib3"},
    "observability": {"errors", "aws_lambda_powertools"},
}
WIRING = {"aws", "dynamodb", "salesforce", "settings"}
"""What a slice's wiring may import besides."""

SDKS = (
    *("aws_lambda_powertools", "boto3", "botocore", "phonenumbers"),
    *("requests", "simple_salesforce"),
)


def imports(path: Path) -> Iterator[str]:
    """Top-level packages and, of our own, the module or package below click_to_dial."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            own = module == "click_to_dial"
            names = [f"{module}.{alias.name}" for alias in node.names] if own else [module]
        for name in names:
            parts = name.split(".")
            yield parts[1] if parts[0] == "click_to_dial" and len(parts) > 1 else parts[0]


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_the_design_lets_it(path: Path) -> None:
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    foreign = {module for module in imports(path) if module not in sys.stdlib_module_names}
    assert foreign <= ARROWS[name] | (WIRING if path.name == "wiring.py" else set())


@pytest.mark.parametrize("sdk", SDKS)
def test_an_sdk_is_imported_in_one_file(sdk: str) -> None:
    files = [path.name for path in modules() if sdk in imports(path)]
    if sdk == "phonenumbers":  # only plans with calling hours import its time zones
        files.remove("time_zones.py")
    assert len(files) == 1


def test_only_settings_reads_the_environment() -> None:
    readers = [path.stem for path in modules() if "import os" in path.read_text()]
    assert readers == ["settings"]


@pytest.mark.parametrize("path", sorted((ROOT / "functions").rglob("*.py")), ids=str)
def test_a_function_is_one_thin_handler(path: Path) -> None:
    assert path.name == "handler.py"
    foreign = {module for module in imports(path) if module not in sys.stdlib_module_names}
    assert foreign <= {"authorizer", "decision", "sync", "errors", "observability", "settings"}
