"""Puts the measurements into docs/benchmarks.md, between its two marks."""

from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.report import Results, judged, rows

START, END = "<!-- results of make bench -->", "<!-- end of the results -->"


def update(page: Path, results: Results) -> None:
    """Replaces what stands between the marks."""
    text = page.read_text()
    before, after = text.partition(START)[0], text.partition(END)[2]
    lines = "\n".join(_lines(results))
    page.write_text(f"{before}{START}\n\n{lines}\n\n{END}{after}")


def _lines(results: Results) -> Iterator[str]:
    yield f"Measured on {results['date']}, {results['machine']}."
    yield "\n| goal | at most | measured | met |\n|---|---|---|---|"
    for goal, most, measured in judged(results):
        met = "yes" if measured <= most else "no"
        yield f"| {goal} | {most:.3g} | {measured:.3g} | {met} |"
    yield "\n| row | of | measured |\n|---|---|---|"
    for row, name, value in rows(results):
        yield f"| {row} | {name} | {value} |"
