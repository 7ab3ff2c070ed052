"""Programs that run beside `make run`, and end with it even if it is killed.

Each is started as `python -m local_stack.children MODULE [ARGUMENT ...]`, with a pipe as standard
input. The system closes the pipe when the parent ends, however it ends, and the program then ends
itself. This works on Linux and macOS alike. A program that is not of this project, such as SAM, is
started by `run_command` in such a child, which ends it.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

END_SECONDS = 3
COMMAND_END_SECONDS = 30
"""Time for a foreign program to end, because SAM removes its containers first."""

COMMAND = "--"
"""Argument in the place of a module: the others are a foreign program."""


class ChildError(Exception):
    """A program did not start. The message names it and its log."""


class Child:
    """A program of this project that runs while the `with` block runs."""

    def __init__(self, log: Path, module: str, *arguments: str) -> None:
        self._log = log
        self._module = module
        self._arguments = arguments

    def __enter__(self) -> "Child":
        command = [sys.executable, "-m", "local_stack.children", self._module, *self._arguments]
        with self._log.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 (a module of this project)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def url(self) -> str:
        """Wait until the program listens, and return its URL.

        It is the last word of the first line that the program prints. Raises ChildError if the
        program ends instead.
        """
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if not words:
            raise ChildError(f"{self._module} did not start; {self._log} says why.")
        return words[-1]


def run_command(command: Sequence[str]) -> int:
    """Run a foreign program, and return its exit status. It ends with this process.

    After Ctrl-C, which it gets as well, wait until it has ended.
    """
    guarded = [sys.executable, "-m", "local_stack.children", COMMAND, *command]
    process = subprocess.Popen(guarded, stdin=subprocess.PIPE)  # noqa: S603
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    assert process.stdin is not None
    process.stdin.close()
    return status


def main() -> None:
    """Run a module as a program, or a foreign program, until it ends or the parent does."""
    if sys.argv[1] == COMMAND:
        sys.exit(_guard(sys.argv[2:]))

    def end_with_parent() -> None:
        os.read(0, 1)  # returns when the pipe is closed: nothing is written to it
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # after Ctrl-C, the parent ends its children
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _guard(command: Sequence[str]) -> int:
    """Run a foreign program until it ends or the parent does, and return its exit status."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())

    def end_with_parent() -> None:
        os.read(0, 1)
        process.terminate()
        try:
            process.wait(COMMAND_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=end_with_parent, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    main()
