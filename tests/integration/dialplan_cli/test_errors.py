"""The command in an unusual environment: a clear sentence, never a traceback; help and version."""

import getpass
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, NoCredentialsError, NoRegionError

import click_to_dial
from click_to_dial import aws
from dialplan_cli import targets
from dialplan_cli.commands import files as commands_files
from tests.integration.dialplan_command import Dialplan

DEMO = Path(__file__).parents[3] / "dialplans/demo.yaml"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"TABLE_NAME": "t"}'])
def test_a_state_file_of_another_version_is_reported(
    dialplan: Dialplan, environment: Mapping[str, str], content: str
) -> None:
    (targets.LOCAL / "3000/run.json").write_text(content)
    assert dialplan("history") == 1
    assert dialplan.err.endswith("cannot be read. Restart the local system: make run\n")


def test_a_state_file_cannot_point_to_another_machine(
    dialplan: Dialplan, environment: Mapping[str, str]
) -> None:
    foreign = {**environment, "AWS_ENDPOINT_URL": "http://192.0.2.1:3000"}
    (targets.LOCAL / "3000/run.json").write_text(json.dumps(foreign))
    assert dialplan("history") == 1
    assert "does not point to this machine" in dialplan.err


def test_a_port_that_no_local_system_has_is_named(
    dialplan: Dialplan, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs also use the variable PORT."""
    monkeypatch.setenv("PORT", "4319")
    assert dialplan("history") == 1
    assert "No local system is running on port 4319, which the environment variable" in dialplan.err


def test_a_state_file_sets_only_variables_that_boto3_needs(
    dialplan: Dialplan, environment: Mapping[str, str]
) -> None:
    """AWS_CONFIG_FILE can name a file whose `credential_process` boto3 would run."""
    state = {**environment, "AWS_CONFIG_FILE": "foreign.ini"}
    (targets.LOCAL / "3000/run.json").write_text(json.dumps(state))
    assert dialplan("history") == 0
    assert os.environ["AWS_CONFIG_FILE"] == os.devnull


@pytest.mark.parametrize("error", [NoRegionError(), NoCredentialsError()])
def test_missing_settings_of_aws_have_a_remedy(
    dialplan: Dialplan, monkeypatch: pytest.MonkeyPatch, error: BotoCoreError
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(aws, "create_client", missing)
    assert dialplan("history", "--stack", "click-to-dial") == 1
    assert dialplan.err.endswith(". Set AWS_PROFILE, or AWS_REGION, or run: aws configure\n")
    assert ".." not in dialplan.err


def test_a_time_that_cannot_be_read_shows_how_to_write_it(dialplan: Dialplan) -> None:
    assert dialplan("explain", "--number", "112", "--agent", "x", "--at", "24.12.2026") == 2
    assert "must be a time such as 2026-12-24T18:00" in " ".join(dialplan.err.split())


def test_a_bug_is_reported_in_one_line_with_its_place(
    dialplan: Dialplan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(commands_files, "plan_schema", broken)
    assert dialplan("schema") == 1
    assert "please report it: RuntimeError: oh (" in dialplan.err
    assert "test_errors.py:" in dialplan.err


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_at_the_end_of_the_calendar_is_refused(dialplan: Dialplan, at: str) -> None:
    assert dialplan("explain", "--number", "112", "--agent", "x", "--at", at) == 2
    assert "from 1970 to 9998" in dialplan.err


def test_a_user_without_a_name_can_publish(
    dialplan: Dialplan, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", fail)
    assert dialplan("publish", DEMO, "--yes") == 0
    assert dialplan.json("history")["moves"][0]["author"] == "unknown"


def test_the_message_names_salesforce_if_it_cannot_be_reached(
    dialplan: Dialplan, environment: Mapping[str, str]
) -> None:
    nowhere = {**environment, "SALESFORCE_URL": "http://127.0.0.1:9"}
    (targets.LOCAL / "3000/run.json").write_text(json.dumps(nowhere))
    assert dialplan("validate", DEMO, "--salesforce") == 1
    assert dialplan.err.startswith("Salesforce (")


@pytest.mark.parametrize(
    ("path", "message"),
    [("/dev/full", "No space left on device"), ("/dev/null", "set PYTHONIOENCODING=utf-8")],
)
def test_output_that_cannot_be_written_is_reported_in_one_line(path: str, message: str) -> None:
    command = [sys.executable, "-m", "dialplan_cli", "schema"]  # prints a non-ASCII character
    with Path(path).open("w") as out:
        environment = ENVIRONMENT | {"PYTHONIOENCODING": "utf-8" if "full" in path else "ascii"}
        done = subprocess.run(command, env=environment, stdout=out, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert message in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def test_the_version_is_the_one_of_the_package(dialplan: Dialplan) -> None:
    assert dialplan("--version") == 0
    assert dialplan.out == f"dialplan {click_to_dial.__version__}\n"


@pytest.mark.parametrize("command", [[], ["publish"], ["list"], ["list", "import"]])
def test_help_has_a_short_option_everywhere(dialplan: Dialplan, command: list[str]) -> None:
    assert dialplan(*command, "-h") == 0
    short = dialplan.out
    assert dialplan(*command, "--help") == 0
    assert dialplan.out == short
    assert f"Usage: {' '.join(['dialplan', *command])} " in short


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str) -> None:
    """Set the variables that the completion script of the shell sets."""
    command = [sys.executable, "-m", "dialplan_cli"]
    environment = {
        **ENVIRONMENT,
        "_DIALPLAN_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "dialplan pub",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "dialplan pub",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "publish" in done.stdout, done.stderr
    assert "rollback" not in done.stdout
