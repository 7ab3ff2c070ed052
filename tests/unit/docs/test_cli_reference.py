"""docs/cli-reference.md is generated from the help texts of the command."""

import os
import subprocess
import sys
from pathlib import Path

REFERENCE = Path(__file__).parents[3] / "docs/cli-reference.md"


def test_the_reference_says_what_the_help_says(tmp_path: Path) -> None:
    reference = REFERENCE.read_text()
    title = reference.splitlines()[0].removeprefix("# ")
    command = f"{sys.executable} -m typer dialplan_cli.app utils docs --name dialplan".split()
    generated = subprocess.run(
        [*command, "--title", title, "--output", tmp_path / "reference.md"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert generated.returncode == 0, generated.stderr
    assert (tmp_path / "reference.md").read_text() == reference, "run: make cli-reference"


def test_every_summary_in_the_reference_is_whole() -> None:
    """Typer shortens a command's first sentence in the list of commands if it is too long."""
    assert "...\n" not in REFERENCE.read_text().replace("[ARGS]...\n", "")
