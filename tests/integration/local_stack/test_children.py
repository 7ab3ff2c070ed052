"""Foreign programs, such as SAM, end with the program that started them, however that ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
PARENT = "import sys; from local_stack.children import run_command; sys.exit(run_command({}))"
ENDS = """
import os, pathlib, signal, sys, time
def end(number, _):
    pathlib.Path("ended").write_text(str(number))
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
pathlib.Path("started").write_text(str(os.getpid()))
time.sleep(60)
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs ENDS as a foreign program, in a session of its own."""
    script = PARENT.format([sys.executable, "-c", ENDS])
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, env=ENVIRONMENT, start_new_session=True
    )
    wait_for(tmp_path / "started")
    yield process
    process.kill()
    process.wait()


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path} does not exist")


def test_it_ends_with_a_killed_parent(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    parent.kill()
    assert wait_for(tmp_path / "ended") == str(int(signal.SIGTERM))


def test_it_ends_with_a_terminated_parent(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    parent.terminate()
    assert parent.wait(20) == 7
    assert wait_for(tmp_path / "ended") == str(int(signal.SIGTERM))


def test_it_gets_ctrl_c_itself(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    os.killpg(parent.pid, signal.SIGINT)
    assert parent.wait(20) == 7
    assert wait_for(tmp_path / "ended") == str(int(signal.SIGINT))


def test_its_exit_status_is_passed_on() -> None:
    script = PARENT.format([sys.executable, "-c", "import sys; sys.exit(5)"])
    done = subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, timeout=20)
    assert done.returncode == 5
