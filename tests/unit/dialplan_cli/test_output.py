"""What commands print: tables in narrow terminals."""

import io

import pytest
from rich.console import Console

from dialplan_cli import output
from dialplan_cli.commands import plans
from dialplan_cli.publications import History, HistoryEntry

AUTHOR, COMMENT = "firstname.lastname@example.com", "the hotline in Austria was not ready"


def test_the_history_keeps_its_columns_at_60_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    console = Console(file=printed, highlight=False, soft_wrap=True, width=60)
    monkeypatch.setattr(output, "out", console)
    move = HistoryEntry(
        action="rollback",
        version=112,
        before=113,
        author=AUTHOR,
        moved_at="2026-11-24T09:30:00+00:00",
        comment=COMMENT,
        active=True,
        hash=None,
    )
    plans.print_history(History([move]))
    heading, first, *others = printed.getvalue().splitlines()
    assert heading.split() == ["version", "was", "when", "(UTC)", "who", "why"]
    assert first.startswith("→ 112    113  2026-11-24 09:30  firstname")
    assert max(map(len, (heading, first, *others))) <= 60
    who, why = heading.index("who"), heading.index("why")
    assert "".join(line[who:why].strip() for line in (first, *others)) == AUTHOR
    assert " ".join(line[why:].strip() for line in (first, *others)) == f"rollback: {COMMENT}"


def test_an_export_shows_its_progress_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(output, "err", Console(file=printed, force_terminal=True, width=60))
    assert list(output.count(range(250), "Exporting")) == list(range(250))
    assert "Exporting: 250" in printed.getvalue()


def test_progress_is_not_part_of_redirected_output(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(output, "err", Console(file=printed, width=60))
    assert list(output.count(range(250), "Exporting")) == list(range(250))
    assert printed.getvalue() == ""
