"""The measurements as tables, and the limits that they are judged by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

Results = Mapping[str, Any]
Row = tuple[str, str, str]
"""What was measured, of what, the values."""

PHASES = {
    "start": "all start at once",
    "steady": "a click each in 10 s",
    "revoked": "token revoked, a click each at once",
    "published": "plan published, a click each in 10 s",
}
"""Phases of the row about many sandboxes, with their titles."""

START, END = "<!-- results of make bench -->", "<!-- end of the results -->"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit, the value that we work toward if it is a lower one, and the measured value."""

    name: str
    at_most: float
    measured: float
    toward: float | None = None

    def cells(self) -> list[str]:
        """Return the row's texts."""
        toward = "" if self.toward is None else f"{self.toward:.3g}"
        met = "yes" if self.measured <= self.at_most else "**no**"
        return [self.name, f"{self.at_most:.3g}", toward, f"{self.measured:.3g}", met]


LIMIT_HEADINGS = ("limit", "at most", "toward", "measured", "met")
ROW_HEADINGS = ("row", "of", "measured")


def limits(results: Results) -> Iterator[Limit]:
    """Yield each limit with what was measured. Milliseconds of other rows are never compared."""
    cold, warm, alone = results["cold"], results["warm"], results["alone"]
    ours, floor = cold["ours"], warm["empty, uncached"]["p50_ms"]
    for rival, most, toward in (("naive", 0.25, 0.20), ("naive with bytecode", 0.55, 0.45)):
        for unit, kind in (("wall", "wall_ms"), ("CPU", "cpu_ms")):
            ratio = ours[kind] / cold[rival][kind]
            yield Limit(f"cold start / {rival} ({unit})", most, ratio, toward)
    trips = results["trips"]
    for place, trip in (("", "DynamoDB"), (", under the emulator", "DynamoDB, after a pause")):
        dynamodb, salesforce = trips[trip], trips["Salesforce"]
        budgets = {"uncached": 1.05 * salesforce + 2 * dynamodb + 5, "cached": dynamodb + 4}
        for table, budget in budgets.items():
            taken = warm[f"ours, {table}"]["p50_ms"] - floor if place else alone[table]["p50"]
            yield Limit(f"warm, {table}{place}, ms", budget, taken)
    cpu, size = results["cpu"], results["size"]
    ratio = cpu["ours, uncached"]["p50"] / cpu["naive"]["p50"]
    yield Limit("CPU of a decision with its exchanges, p50 / naive", 1.3, ratio)
    yield Limit("1,000 rules, p99, ms", 1, results["rules"]["1000"]["p99_ms"])
    entries = results["entries"]
    ratio = entries["100000"]["p50_ms"] / entries["10"]["p50_ms"]
    yield Limit("mapping of 100,000 entries / 10, p50", 1.5, ratio)
    simulation = results["simulation"]
    ratio = simulation["ms"] / simulation["in_turn_ms"]
    yield Limit("call of `simulate` / one call after the other", 0.1, ratio)
    ratio = size["our dependency layer"] / size["naive"]
    yield Limit("dependency layer / naive, unzipped", 0.45, ratio)
    yield Limit("peak memory, MB", 80, ours["peak_mb"])


def rows(results: Results) -> Iterator[Row]:
    """Yield every row that was measured."""
    yield from _cold_rows(results)
    yield from _warm_rows(results)
    yield from _scale_rows(results)


def _cold_rows(results: Results) -> Iterator[Row]:
    for name, start in results["cold"].items():
        text = f"{start['wall_ms']:.0f} ms, CPU {start['cpu_ms']:.0f} ms"
        yield "cold start", name, f"{text}, peak memory {start['peak_mb']:.0f} MB"
    for name, start in results["cold_realistic"].items():
        yield "cold start, realistic response times", name, f"{start['wall_ms']:.0f} ms"
    for name, milliseconds in results["first_call"].items():
        yield "first call of a cold stack", name, f"{milliseconds:.0f} ms"
    for name, milliseconds in results["stages"].items():
        yield "ours by stage", name, f"CPU {milliseconds:.0f} ms"
    for name, taken in results["restored"].items():
        text = f"{taken['wall_ms']:.0f} ms, CPU {taken['cpu_ms']:.0f} ms"
        yield "first call after a SnapStart restore", name, text


def _warm_rows(results: Results) -> Iterator[Row]:
    for service, milliseconds in results["trips"].items():
        yield "a round trip", service, f"{milliseconds:.1f} ms"
    for name, call in results["warm"].items():
        yield "warm call", name, f"p50 {call['p50_ms']:.1f} ms, p99 {call['p99_ms']:.1f} ms"
        for state in ("cold", "warm"):
            trips = ", ".join(f"{count} {service}" for service, count in call[state].items())
            yield "round trips", f"{name}, {state}", trips
    for name, taken in results["alone"].items():
        text = f"p50 {taken['p50']:.1f} ms, p99 {taken['p99']:.1f} ms"
        yield "warm call without the emulator", f"ours, {name}", text
    for name, taken in results["cpu"].items():
        yield "CPU of a decision", name, f"p50 {taken['p50']:.2f} ms, p99 {taken['p99']:.2f} ms"
    load = results["load"]
    text = f"{load['calls_per_second']:.0f} calls/s, p50 {load['p50_ms']:.0f} ms"
    tail = f"p99 {load['p99_ms']:.0f} ms, {load['logins']} login(s)"
    yield "load", f"{load['sandboxes']} sandboxes", f"{text}, {tail}"


def _scale_rows(results: Results) -> Iterator[Row]:
    for kind in ("rules", "entries"):
        for count, at in results[kind].items():
            text = f"p50 {at['p50_ms']:.3f} ms, p99 {at['p99_ms']:.3f} ms"
            loading = f"load {at['load_ms']:.1f} ms, {at['memory_mb']:.1f} MB"
            yield f"decision by {kind}", count, f"{text}; {loading}"
    simulation = results["simulation"]
    text = f"{simulation['ms']:.2f} ms each, {simulation['api_calls']} API calls"
    yield "looked-up calls of `simulate`", f"{simulation['calls']} calls, both plans", text
    text = f"{simulation['in_turn_ms']:.0f} ms each, one API call each"
    yield "looked-up calls of `simulate`", "one call after the other, one plan", text
    yield from sandbox_rows(results["sandboxes"])
    for name, size in results["size"].items():
        yield "size", name, f"{size:.1f} MB"


def sandbox_rows(sandboxes: Results) -> Iterator[Row]:
    """Yield the requests of many sandboxes in the busiest second of each phase."""
    for number, found in sandboxes.items():
        for phase, title in PHASES.items():
            parts = [f"{at[phase]} {name}" for name, at in found["requests"].items() if at[phase]]
            yield f"requests per second, {number} sandboxes", title, ", ".join(parts)
        logins = f"{found['logins']} login(s), all answered after {found['revoked_seconds']:.1f} s"
        yield f"revoked token, {number} sandboxes", "logins", logins


def tables(results: Results) -> Iterator[Table]:
    """Yield the tables for a terminal."""
    every_row = Table(*ROW_HEADINGS, title=f"{results['date']}, {results['machine']}")
    for row in rows(results):
        every_row.add_row(*row)
    yield every_row
    judged = Table(*LIMIT_HEADINGS)
    for limit in limits(results):
        judged.add_row(*(cell.strip("*") for cell in limit.cells()))
    yield judged


def update_page(page: Path, results: Results) -> None:
    """Replace the text between START and END in a Markdown page."""
    text = page.read_text()
    before, after = text.partition(START)[0], text.partition(END)[2]
    lines = [
        f"Measured on {results['date']}, {results['machine']}.",
        "",
        *_markdown(LIMIT_HEADINGS, (limit.cells() for limit in limits(results))),
        "",
        *_markdown(ROW_HEADINGS, rows(results)),
    ]
    page.write_text("\n".join([before + START, "", *lines, "", END + after]))


def _markdown(
    headings: tuple[str, ...], table: Iterator[tuple[str, ...]] | Iterator[list[str]]
) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield "|---" * len(headings) + "|"
    for cells in table:
        yield f"| {' | '.join(cells)} |"
