"""The measurements as tables for a terminal, and what came of the goals."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

Results = Mapping[str, Any]


def table(results: Results) -> Table:
    """Every row that was measured."""
    printed = Table("row", "of", "measured", title=f"{results['date']}, {results['machine']}")
    for row, name, value in rows(results):
        printed.add_row(row, name, value)
    return printed


Row = tuple[str, str, str]
"""What was measured, of what, the values."""


def rows(results: Results) -> Iterator[Row]:
    """Every row that was measured."""
    yield from _starts(results)
    yield from _calls(results)
    yield from _sizes(results)


def _starts(results: Results) -> Iterator[Row]:
    for name, start in results["cold"].items():
        text = f"{start['wall_ms']:.0f} ms, CPU {start['cpu_ms']:.0f} ms"
        yield "cold start", name, f"{text}, peak memory {start['peak_mb']:.0f} MB"
    for name, start in results["cold_real"].items():
        yield "cold start, answers as slow as in reality", name, f"{start['wall_ms']:.0f} ms"
    for name, taken in results["stages"].items():
        yield "ours by stage", name, f"CPU {taken:.0f} ms"


def _calls(results: Results) -> Iterator[Row]:
    for service, took in results["trips"].items():
        yield "a round trip", service, f"{took:.1f} ms"
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


def _sizes(results: Results) -> Iterator[Row]:
    for kind in ("rules", "entries"):
        for count, at in results[kind].items():
            text = f"p50 {at['p50_ms']:.3f} ms, p99 {at['p99_ms']:.3f} ms"
            loading = f"load {at['load_ms']:.1f} ms, {at['memory_mb']:.1f} MB"
            yield f"decision by {kind}", count, f"{text}; {loading}"
    busy = results["load"]
    text = f"{busy['calls_per_second']:.0f} calls/s, p50 {busy['p50_ms']:.0f} ms"
    tail = f"p99 {busy['p99_ms']:.0f} ms, {busy['logins']} login(s)"
    yield "load", f"{busy['sandboxes']} sandboxes", f"{text}, {tail}"
    for name, size in results["size"].items():
        yield "size", name, f"{size:.1f} MB"


def goals(results: Results) -> Table:
    """Each goal, what was measured, and whether it is met."""
    printed = Table("goal", "at most", "measured", "met")
    for goal, most, value in judged(results):
        met = "yes" if value <= most else "no"
        printed.add_row(goal, f"{most:.3g}", f"{value:.3g}", met)
    return printed


def judged(results: Results) -> Iterator[tuple[str, float, float]]:
    """Goal, its limit, the measured value."""
    cold, warm, cpu, size = (results[key] for key in ("cold", "warm", "cpu", "size"))
    ours, floor = cold["ours"], warm["empty, uncached"]["p50_ms"]
    for rival, most in (("naive", 0.35), ("naive with bytecode", 0.45)):
        yield f"cold start / {rival} (wall)", most, ours["wall_ms"] / cold[rival]["wall_ms"]
        yield f"cold start / {rival} (CPU)", most, ours["cpu_ms"] / cold[rival]["cpu_ms"]
    trips, alone = results["trips"], results["alone"]
    limits = {"uncached": 1.05 * trips["Salesforce"] + 10, "cached": trips["DynamoDB"] + 2}
    for name, most in limits.items():
        yield f"warm, {name}, ms", most, alone[name]["p50"]
        yield f"warm, {name}, under the emulator, ms", most, warm[f"ours, {name}"]["p50_ms"] - floor
    for part in ("p50", "p99"):
        most = {"p50": 1.0, "p99": 3.0}[part]
        yield (
            f"CPU without adapters, {part}, ms",
            most,
            cpu["ours without adapters, uncached"][part],
        )
        yield f"CPU with adapters, {part}, ms", most, cpu["ours, uncached"][part]
    yield "1,000 rules, p99, ms", 1, results["rules"]["1000"]["p99_ms"]
    entries = results["entries"]
    yield "100,000 entries / 10, p50", 1.5, entries["100000"]["p50_ms"] / entries["10"]["p50_ms"]
    yield "layer / naive", 1 / 3, size["our dependency layer, with bytecode"] / size["naive"]
    yield "peak memory, MB", 110, ours["peak_mb"]
