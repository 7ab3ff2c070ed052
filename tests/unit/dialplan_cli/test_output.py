"""Output of commands: tables in narrow terminals."""

import io

import pytest
from rich.console import Console

from dialplan_cli import output
from dialplan_cli.commands import plans
from dialplan_cli.plan.source import Problem
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


def test_control_characters_do_not_reach_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason or a comment may come from anybody, and an escape sequence may hide other lines."""
    printed = io.StringIO()
    monkeypatch.setattr(output, "out", Console(file=printed, highlight=False, soft_wrap=True))
    monkeypatch.setattr(output, "err", Console(file=printed, highlight=False, soft_wrap=True))
    evil = "a\x1b[2Jb\x9bc\rd\u202ee\x7f"
    output.print_line(evil)
    output.print_error(evil)
    output.print_table(("reason",), [(evil,)])
    output.print_errors([Problem("plan.yaml", 1, evil, evil)])
    assert printed.getvalue().count(r"a\x1b[2Jb\x9bc\rd\u202ee\x7f") == 5
    assert not set(printed.getvalue()) & set("\x1b\x9b\r\u202e\x7f")


@pytest.mark.parametrize(("count", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows")])
def test_a_counted_noun_agrees_with_its_number(count: int, text: str) -> None:
    assert output.counted(count, "row") == text


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
