"""The README shows what `dialplan explain` really prints."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.dialplan_command import Dialplan

README = (Path(__file__).parents[3] / "README.md").read_text()
PLAN = re.findall(r"```yaml\n(.*?)```", README, re.S)[0]
COMMAND, OUTPUT = re.findall(r"```console\n\$ dialplan (.*?)\n(.*?)```", README, re.S)[0]
HASH = re.compile(r"\b[0-9a-f]{32}\b")


def lines(text: str) -> list[str]:
    return [HASH.sub("", line).rstrip() for line in text.splitlines()]


def test_the_plan_has_15_lines_and_decides_as_shown(
    dialplan: Dialplan,
    environment: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.yaml").write_text(PLAN)

    assert dialplan("validate", "plan.yaml") == 0
    assert dialplan(*shlex.split(COMMAND)) == 0

    assert PLAN.count("\n") == 15
    assert lines(dialplan.out) == lines(OUTPUT)
