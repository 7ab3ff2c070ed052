"""Run the `dialplan` command in the process of the tests."""

import json
from typing import Any

import pytest

from dialplan_cli.app import main


class Dialplan:
    """The command. A call returns the exit status; `out` and `err` are what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: object) -> int:
        with pytest.raises(SystemExit) as exit_:
            main([str(each) for each in arguments])
        self.out, self.err = self._capsys.readouterr()
        return int(exit_.value.code or 0)

    def json(self, *arguments: object) -> Any:
        self(*arguments, "--json")
        return json.loads(self.out)
