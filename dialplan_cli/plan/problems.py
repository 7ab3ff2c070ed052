"""What is wrong with a dial plan file, said so that its author can cure it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from click_to_dial.errors import ClickToDialError

Path = tuple[str | int, ...]
"""Where in the document: keys, and positions in lists counted from 0."""

Fault = tuple[int, Path, str]
"""A problem before it is put into words for a file: line, where, what."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, or one warning. `line` counts from 1; `path` is empty for the whole file."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {where}{self.message}"


class PlanFileError(ClickToDialError):
    """The file is no valid dial plan; `problems` are all the reasons, by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def show_path(path: Path) -> str:
    """The path as people write it: `rules[2].when.record.kind`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def unknown(what: str, name: object, candidates: Iterable[str]) -> str:
    """The sentence about a name that does not exist, with the likely one where there is any."""
    return _unknown(what, str(name), tuple(sorted(candidates)))


@lru_cache(maxsize=1000)
def _unknown(what: str, name: str, candidates: tuple[str, ...]) -> str:
    likely = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    likely = likely or [other for other in candidates if other.lower() == name.lower()]
    if likely:
        return f"unknown {what} '{name}'; did you mean '{likely[0]}'?"
    if not candidates:
        return f"unknown {what} '{name}'; the plan has none"
    listed = ", ".join(candidates[:12]) + (", …" if len(candidates) > 12 else "")
    return f"unknown {what} '{name}'; there is {listed}"
