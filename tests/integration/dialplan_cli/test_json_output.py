"""Every command has `--json`, and prints what docs/json-output.md shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from click_to_dial.dynamodb.plan_store import PlanStore
from dialplan_cli.app import app
from local_stack.salesforce import Simulator
from tests.integration.dialplan_command import Dialplan

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "dialplans/demo.yaml"
DOCUMENTED = dict(
    re.findall(
        r"^## `dialplan ([a-z -]+)`\n.*?```json\n(.*?)```",
        (ROOT / "docs/json-output.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
)
ANY_KEY = "…"
"""A key of an example that stands for any keys."""

CALL = ("--record", "003Tv00000Lx002IAB", "--number", "431265030", "--agent", "ahuber")
NUMBER = "+4917012345678"


def commands(group: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """Yield the full name of each command, and the command."""
    if not hasattr(group, "commands"):
        yield " ".join(names), group
        return
    for name, command in group.commands.items():
        yield from commands(command, *names, name)


COMMANDS = dict(commands(typer.main.get_command(app)))
del COMMANDS["console"]  # it has no result: it serves pages until Ctrl-C


def differences(shown: Any, documented: Any, path: str = "") -> Iterator[str]:
    """Yield each place whose keys or type are not those of the example. Null may be any type."""
    if shown is None or documented is None:
        return
    if isinstance(shown, dict) and isinstance(documented, dict):
        if set(documented) == {ANY_KEY}:
            documented = dict.fromkeys(shown, documented[ANY_KEY])
        if shown.keys() != documented.keys():
            yield f"{path}: {sorted(shown.keys() ^ documented.keys())}"
        for key in shown.keys() & documented.keys():
            yield from differences(shown[key], documented[key], f"{path}.{key}")
    elif isinstance(shown, list) and isinstance(documented, list):
        if shown and not documented:
            yield f"{path}[]: the example is empty"
        elif shown:
            yield from differences(shown[0], documented[0], f"{path}[]")
    elif type(shown) is not type(documented):
        yield f"{path}: {type(shown).__name__}, not {type(documented).__name__}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json_and_an_example(name: str) -> None:
    options = {option for each in COMMANDS[name].params for option in each.opts}
    assert "--json" in options
    assert name in DOCUMENTED, "describe its output in docs/json-output.md"


def test_every_command_prints_what_its_example_shows(
    dialplan: Dialplan, store: PlanStore, salesforce: Simulator, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        DEMO.read_text()
        .replace("rules:\n", "lists: [dnc]\nrules:\n", 1)
        .replace("mappings:\n", "mappings:\n  by-brand: {salesforce: {object: H__mdt, key: K__c, "
                 "value: V__c}, default: hotline}\n", 1)
    )  # fmt: skip
    rows = [{"Id": "m000C0000000001", "K__c": "Alpha", "V__c": "hotline-at"}]
    for row in [*rows, {"Id": "m000C0000000002", "K__c": "Beta", "V__c": "?"}]:
        salesforce.org.add("H__mdt", row)
    numbers, calls = tmp_path / "numbers.csv", tmp_path / "calls.csv"
    numbers.write_text(f"number,reason,expires\n{NUMBER},Asked,\n+49900*,,2020-01-31\n")
    calls.write_text("CallerID,AgentUID,record.kind\n+4989461495,ahuber,Customer\nabc,ahuber,\n")
    steps: list[tuple[str, tuple[object, ...]]] = [
        ("validate", (DEMO,)),
        ("schema", ()),
        ("permission-set", (DEMO, "--output", tmp_path / "permission-set")),
        ("publish", (DEMO, "--yes")),
        ("publish", (plan, "--yes")),
        ("diff", ()),
        ("rollback", (1, "--yes")),
        ("publish", (plan, "--yes")),
        ("history", ()),
        ("show", ()),
        ("sync", ()),
        ("explain", CALL),
        ("explain", (*CALL, "--outage")),
        ("simulate", (calls, "--plan", DEMO)),
        ("list import", (numbers, "--list", "dnc")),
        ("list add", (NUMBER, "--list", "dnc")),
        ("list check", (NUMBER, "--list", "dnc")),
        ("list ls", ()),
        ("list export", ("--list", "dnc")),
        ("number", (NUMBER,)),
        ("list remove", (NUMBER, "--list", "dnc")),
        ("list history", ()),
        ("prune", ("--keep", 1, "--yes")),
    ]
    assert {name for name, _ in steps} == COMMANDS.keys()
    found: dict[str, object] = {}
    for name, arguments in steps:
        status = dialplan(*name.split(), *arguments, "--json")
        assert dialplan.out, f"{name}: {status} {dialplan.err}"
        example = json.loads(DOCUMENTED[name])
        found |= {
            f"{name}{each}": arguments for each in differences(json.loads(dialplan.out), example)
        }
    assert found == {}


def test_errors_are_not_part_of_the_output(dialplan: Dialplan) -> None:
    assert dialplan("history", "--json") == 1
    assert dialplan.out == ""
    assert dialplan.err.startswith("No local system is running.")
