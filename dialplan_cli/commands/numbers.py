"""The `number` command: show and delete everything that is stored about a number."""

from typing import Annotated

import typer

from dialplan_cli import output, stored_numbers
from dialplan_cli.commands.options import Author, Json, Stack, Yes
from dialplan_cli.stored_numbers import StoredNumber
from dialplan_cli.targets import find_target

REMAINS = (
    "The log keeps the hash until its retention ends, and backups keep what was deleted for up to "
    "35 days."
)

app = typer.Typer()


@app.command("number")
def number_(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Number as it is dialled.")],
    author: Author,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete what is stored about the number.")
    ] = False,
    stack: Stack = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Show what is stored about a number.

    Entries of lists, calls that limits count, and copies of facts are shown for all readings of the
    number. `--forget` deletes them, as people may demand for their data: a number that is removed
    from a list may be called again. This reads the whole table.
    """
    target = find_target(stack)
    search = stored_numbers.find(target, number)
    if not forget or not search.items:
        output.show(search.shown, json, _print_stored)
        return
    if not json:
        _print_stored(search.shown)
    stored_numbers.require_one_reading(search)
    if not yes:
        names = ", ".join(dict.fromkeys(each.name for each in search.shown.lists))
        warning = f"It will no longer be on the list {names}, and may be called again. "
        question = f"{warning if names else ''}Delete what is stored about this number?"
        typer.confirm(question, abort=True, err=True)
    result = stored_numbers.forget(target, search, author)
    text = f"Deleted {output.counted(result.forgotten, 'item')}. {REMAINS}"
    output.show(result, json, lambda _: output.print_line(text, "green"))


def _print_stored(stored: StoredNumber) -> None:
    for reading in stored.readings:
        output.print_line(f"{reading.number}: {reading.hash} in the table and the log")
    if not (stored.lists or stored.prefixes or stored.others):
        output.print_line("Nothing is stored about this number.")
        return
    numbers: dict[str, str] = {}
    if len(stored.readings) > 1:
        numbers = {reading.hash: f", {reading.number}" for reading in stored.readings}
    rows = [
        (
            f"list {each.name}{suffix}",
            ", ".join(filter(None, (each.entry.reason, each.entry.source))),
            each.entry.expires,
        )
        for each, suffix in (
            *(
                (each, numbers.get(each.entry.hash_of_number_or_prefix, ""))
                for each in stored.lists
            ),
            *(
                (each, f", prefix {each.entry.hash_of_number_or_prefix}")
                for each in stored.prefixes
            ),
        )
    ]
    for item in stored.others:
        text = "copy of a record with this number"
        if item.kind == "calls":
            text = "calls in an unknown form"
            if item.count is not None:
                text = f"{item.count} calls, the last at {output.minutes(item.newest or '')}"
        rows.append((text, "", output.minutes(item.expires_at or "")))
    output.print_table(("stored", "reason and source", "until (UTC)"), rows)
