"""The figures of an attack, as a table for the terminal and for docs/reliability.md."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

START, END = "<!-- figures of make attack -->", "<!-- end of the figures -->"
MAX_PRINTED_VIOLATIONS = 10


@dataclass
class Part:
    """A part of the attack: how much was tried, and what must not have happened."""

    name: str
    tried: int = 0
    unit: str = "calls"
    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def violation(self, text: str) -> None:
        """Report something that must not happen. Any thread may call it."""
        with self.lock:
            self.violations.append(text)

    def row(self) -> tuple[str, str, str, str]:
        """Return name, amount, details and number of violations."""
        details = [f"{count} {name}" for name, count in sorted(self.counts.items()) if count]
        if self.seconds:
            taken = sorted(self.seconds)
            details += [f"p50 {taken[len(taken) // 2] * 1000:.0f} ms", f"longest {taken[-1]:.2f} s"]
        violations = str(len(self.violations))
        return self.name, f"{self.tried:,} {self.unit}", ", ".join(details), violations


HEADINGS = ("attack", "tried", "details", "violations")


def table(parts: Iterable[Part]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    for part in parts:
        yield f"| {' | '.join(part.row())} |"


def update_page(page: Path, introduction: str, parts: Iterable[Part]) -> None:
    """Replace the text between START and END in a Markdown page."""
    text = page.read_text()
    before, after = text.partition(START)[0], text.partition(END)[2]
    lines = [before + START, "", introduction, "", *table(parts), "", END + after]
    page.write_text("\n".join(lines))
