"""`pip install .` in a new environment: the command works outside the checkout, without make."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

import click_to_dial

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the command in the virtual environment `venv`."""
    folder = tmp_path_factory.mktemp("installation")
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=folder, check=True)
    pip = [f"{folder}/venv/bin/python", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", str(ROOT)], check=True)
    subprocess.run([*pip, "check"], check=True)
    return folder


@pytest.fixture
def dialplan(folder: Path) -> Run:
    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [f"{folder}/venv/bin/dialplan", *map(str, arguments)]
        return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True)

    return run


def test_it_has_the_version_of_the_package(dialplan: Run) -> None:
    assert dialplan("--version").stdout == f"dialplan {click_to_dial.__version__}\n"


def test_it_validates_a_plan(dialplan: Run) -> None:
    plan = ROOT / "dialplans/demo.yaml"
    done = dialplan("validate", plan)
    assert (done.returncode, done.stdout) == (0, f"{plan} is valid: 15 rules, 12 examples.\n"), (
        done.stderr
    )


def test_it_prints_the_schema(dialplan: Run) -> None:
    assert dialplan("schema").stdout == (ROOT / "dialplans/dialplan.schema.json").read_text()


def test_it_explains_that_no_system_is_running(dialplan: Run) -> None:
    done = dialplan("history")
    assert done.returncode == 1
    assert "No local system is running." in done.stderr


def test_it_serves_the_console_of_a_plan_file(dialplan: Run, folder: Path) -> None:
    command = [f"{folder}/venv/bin/dialplan", "console", f"{ROOT}/dialplans/demo.yaml"]
    process = subprocess.Popen(command, cwd=folder, env={}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split()[-1]
        browser = requests.Session()
        console = address.partition("?")[0]
        assert 'content="0; url=/"' in browser.get(address, timeout=30).text
        assert "emergency" in browser.get(console, timeout=30).text
        style = f"{console}static/console.css"
        assert browser.get(style, timeout=30).headers["Content-Type"].startswith("text/css")
    finally:
        process.terminate()
        process.communicate(timeout=10)
