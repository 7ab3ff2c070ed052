"""The import arrows of the design: functions → wiring → slice → ports ← adapters.

A module may import only what its package is allowed here, and each SDK has one importer.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/click_to_dial/python/click_to_dial"

VALUES = {"dialplan", "errors", "model", "ports", "salesforce_id"}
SLICE = {*VALUES, "deadline", "observability", "phone_numbers", "pseudonym"} | {
    "list_keys",
    "time_zones",
}
ADAPTER = {*VALUES, "deadline", "skip_imports"}

ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "pseudonym": {"errors"},
    "salesforce_id": set(),
    "settings": set(),
    "skip_imports": set(),
    "deadline": {"errors"},
    "observability": {"errors", "skip_imports"},
    "phone_numbers": {"errors", "model", "skip_imports"},
    "list_keys": {"model", "pseudonym"},
    "time_zones": set(),
    "dialplan": {"errors", "model", "phone_numbers"},
    "ports": {"deadline", "dialplan", "errors", "model"},
    "decision": SLICE,
    "authorizer": SLICE,
    "pre_traffic": SLICE,
    "sync": SLICE,
    "aws": {"__version__", "errors", "settings", "skip_imports"},
    "dynamodb": {*ADAPTER, "aws"},
    "salesforce": {*ADAPTER, "__version__"},
}
"""What the modules of a package may import, besides the package itself."""

WIRING = {*SLICE, "aws", "dynamodb", "salesforce", "settings"}
"""What a module named `wiring` may import."""

SDKS = {
    "aws_lambda_powertools": "observability.py",
    "boto3": "aws.py",
    "botocore": "aws.py",
    "phonenumbers": "phone_numbers.py",
    "requests": "salesforce/session.py",
    "simple_salesforce": "salesforce/client.py",
    "snapshot_restore_py": "decision/warm_start.py",
    "urllib3": "salesforce/session.py",
}
"""Each package from outside and the only module that imports it."""

TOOLS: dict[str, set[str]] = {
    "dialplan_cli": {"click_to_dial", "dialplan_cli"},
    "dialplan_cli.plan": {"click_to_dial", "dialplan_cli.plan"},
    "local_stack": {"click_to_dial", "dialplan_cli", "functions", "local_stack"},
    "local_stack.salesforce": {
        "click_to_dial.salesforce_id",
        "local_stack.salesforce",
        "local_stack.http_server",
    },
}
"""What the packages of the command and of the local stack may import of our code."""


def imports(path: Path) -> set[str]:
    """Return the dotted names that a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            module = node.module or ""
            whole = module in ("click_to_dial", *TOOLS)  # its names are modules
            found |= {f"{module}.{alias.name}" for alias in node.names} if whole else {module}
    return found


def modules(root: Path = PACKAGE) -> list[Path]:
    return sorted(path for path in root.rglob("*.py") if path != PACKAGE / "__init__.py")


def our_imports(path: Path) -> set[str]:
    """Return the modules and packages directly below click_to_dial that a module imports."""
    names = (name.split(".") for name in imports(path))
    return {parts[1] for parts in names if parts[0] == "click_to_dial" and len(parts) > 1}


def sdks(path: Path) -> set[str]:
    names = {name.partition(".")[0] for name in imports(path)}
    return names - set(sys.stdlib_module_names) - {"click_to_dial"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_package_may(path: Path) -> None:
    package = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    allowed = WIRING if path.name == "wiring.py" else ARROWS[package]
    assert our_imports(path) <= allowed | {package}


def test_an_sdk_is_imported_in_one_module() -> None:
    importers = {(sdk, str(path.relative_to(PACKAGE))) for path in modules() for sdk in sdks(path)}
    importers.remove(("phonenumbers", "time_zones.py"))  # for plans with calling hours only
    assert importers == set(SDKS.items())


def test_only_settings_reads_the_environment() -> None:
    readers = [path.stem for path in modules() if "os" in imports(path)]
    assert readers == ["settings"]


def test_protocols_are_in_ports() -> None:
    definitions = [path.name for path in modules() if "Protocol)" in path.read_text()]
    assert definitions == ["ports.py"]


@pytest.mark.parametrize("path", modules(ROOT / "functions"), ids=str)
def test_a_function_is_one_thin_handler(path: Path) -> None:
    slices = {"authorize": "authorizer", "on_click_to_dial": "decision"}
    slice_ = slices.get(path.parent.name, path.parent.name)
    assert path.name == "handler.py"
    assert sdks(path) == set()
    assert our_imports(path) <= {slice_, "errors", "observability", "settings"}


@pytest.mark.parametrize("package", TOOLS)
def test_the_command_and_the_local_stack_import_only_what_they_may(package: str) -> None:
    ours = {"click_to_dial", "dialplan_cli", "functions", "local_stack", "tests"}
    allowed = tuple(f"{name}." for name in TOOLS[package])
    for path in modules(ROOT / package.replace(".", "/")):
        names = {name for name in imports(path) if name.partition(".")[0] in ours}
        assert {name for name in names if not f"{name}.".startswith(allowed)} == set(), path
