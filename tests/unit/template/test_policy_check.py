"""`make policy` fails unless checkov has checked the template and found nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("summary", "code", "is_good"),
    [
        ("Passed checks: 41, Failed checks: 0, Skipped checks: 18", 0, True),
        ("Passed checks: 40, Failed checks: 1, Skipped checks: 18", 1, False),
        ("Passed checks: 0, Failed checks: 0, Skipped checks: 0, Parsing errors: 1", 0, False),
        ("Passed checks: 7, Failed checks: 0, Skipped checks: 0, Parsing errors: 1", 0, False),
        ("", 0, False),
    ],
)
def test_a_template_that_was_not_checked_is_a_failure(
    tmp_path: Path, summary: str, code: int, is_good: bool
) -> None:
    """The summaries and exit codes are those of checkov, for which a script stands here."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "layers").mkdir()
    shutil.copy(ROOT / "layers/bytecode.mk", tmp_path / "layers")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/checkov.txt").touch()
    checkov = tmp_path / ".venv-checkov/bin/checkov"
    checkov.parent.mkdir(parents=True)
    checkov.write_text(f"#!/bin/sh\necho '{summary}'\nexit {code}\n")
    checkov.chmod(0o755)
    (tmp_path / ".venv-checkov/done").touch()

    command = ["make", "policy", "LAMBDA_PYTHON=python3"]
    environment = {"PATH": os.environ["PATH"]}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert (result.returncode == 0) == is_good, result.stderr
    assert summary in result.stdout
