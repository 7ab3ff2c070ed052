"""Attacks that the tests already have: run again, with more examples, and counted."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings

from tests.attack.report import Part
from tests.unit.dialplan import test_language

MATRIX = (
    "tests/integration/decision/test_fault_matrix.py",
    "tests/integration/decision/test_stampede.py",
    "tests/integration/decision/test_number_lookups.py",
    "tests/integration/dynamodb/test_unreadable_items.py",
    "tests/integration/dynamodb/test_access_token.py",
)


def matrix(folder: Path) -> Part:
    """Run the fault matrix, the storms of logins and limits, and the unreadable items.

    Call it before the services of the attack change the environment.
    """
    part = Part("fault × freshness, login storms, unreadable items", unit="cases")
    results = folder / "results.xml"
    command = [sys.executable, "-m", "pytest", *MATRIX, "-q", f"--junitxml={results}"]
    subprocess.run(command, check=False, capture_output=True)
    for case in ET.parse(results).iter("testcase"):  # noqa: S314 - pytest wrote it
        part.tried += 1
        if case.find("failure") is not None or case.find("error") is not None:
            part.violations.append(f"{case.get('classname')}.{case.get('name')}")
    return part


def oracle(examples: int) -> Part:
    """Compare the evaluation of random rules and facts with the oracle of the unit tests."""
    part = Part("random rules and facts against the oracle", unit="decisions")
    check = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(test_language.test_a_rule_matches_as_documented)
    try:
        check()
    except AssertionError as error:
        part.violations.append(str(error).partition("\n")[0])
    part.tried = examples
    return part
