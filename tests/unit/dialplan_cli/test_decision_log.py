"""Log lines of decisions are read from a file, whatever else is in it, and counted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan_cli import decision_log
from dialplan_cli.decision_log import Calls, DecisionLogError, LoggedCall, parse_line, read_file
from dialplan_cli.decision_statistics import percentile, statistics
from tests.logged_calls import NOON, line


def calls_of(path: Path, *lines: str, since: float = 0.0) -> Calls:
    file = path / decision_log.FILE_NAME
    file.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
    return read_file(file, since)


def call(at: float = NOON, **fields: object) -> LoggedCall:
    found = parse_line(line(at, **fields))
    assert found is not None
    return found


def test_a_call_has_everything_that_its_line_tells() -> None:
    found = call(remedy="Fill the secret.", salesforce_failures=["timeout"])
    assert (found.at, found.outcome, found.rule) == (NOON, "Allowed", "everyone")
    assert found.rules_before == (("emergency", None), ("opted-out", "record.do_not_call"))
    assert found.rules_omitted == 0
    assert (found.record_from, found.record_age, found.duration_ms) == ("cached", 12, 40)
    assert (found.remedies, found.salesforce_failures) == (("Fill the secret.",), ("timeout",))


def test_a_line_of_an_earlier_release_has_no_rules_before() -> None:
    text = line().replace('"rules_before"', '"x"').replace('"rules_evaluated"', '"y"')
    found = parse_line(text)
    assert found is not None
    assert (found.rules_before, found.rules_omitted) == ((), 0)


def test_rules_that_the_line_leaves_out_are_counted() -> None:
    assert call(rules_evaluated=1001).rules_omitted == 998


def test_an_error_without_a_decision_is_a_call_too() -> None:
    text = '{"message": "onClickToDial", "timestamp": "2026-11-28 08:00:00,000+0000", '
    found = parse_line(text + '"outcome": "BadParameter", "parameter": "CallerID"}')
    assert found is not None
    assert (found.outcome, found.parameter, found.salesforce_calls) == (
        "BadParameter",
        "CallerID",
        None,
    )


def test_the_newest_calls_come_first_and_other_lines_do_not_matter(tmp_path: Path) -> None:
    other = '{"message": "syncMappings", "outcome": "x"}'
    found = calls_of(
        tmp_path, line(NOON), "START RequestId: 1", other, line(NOON + 1), '{"message": "onClickTo'
    )
    assert [each.at for each in found.calls] == [NOON + 1, NOON]
    assert found.is_complete
    assert found.unreadable == 1


def test_calls_before_the_period_are_left_out(tmp_path: Path) -> None:
    found = calls_of(tmp_path, line(NOON - 1), line(NOON), since=NOON)
    assert [each.at for each in found.calls] == [NOON]
    assert found.is_complete


def test_too_many_calls_lose_the_oldest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_log, "MAX_CALLS", 3)
    found = calls_of(tmp_path, *(line(NOON + n) for n in range(5)))
    assert [each.at - NOON for each in found.calls] == [4, 3, 2]
    assert not found.is_complete


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / decision_log.FILE_NAME
    file.write_text(f"{line()}\n{line()[:40]}", encoding="utf-8")
    assert (len(read_file(file, 0).calls), read_file(file, 0).unreadable) == (1, 0)


def test_without_a_file_an_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DecisionLogError, match="Restart: make run"):
        read_file(tmp_path / "missing.log", 0)


@given(
    st.dictionaries(
        st.sampled_from(
            ("timestamp", "outcome", "rules_before", "duration_ms", "remedy", "record_age", "rule")
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_whatever_a_line_contains_reading_goes_on(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    found = calls_of(folder, line(NOON + 1), line(NOON, **fields), line(NOON - 1))
    assert {NOON + 1, NOON - 1} <= {each.at for each in found.calls}
    assert len(found.calls) + found.unreadable == 3


def test_statistics_count_outcomes_rules_and_calls_without_salesforce() -> None:
    calls = [
        call(NOON, duration_ms=10, salesforce_calls=0),
        call(NOON + 61, duration_ms=30),
        call(NOON + 62, outcome="Refused", rule="opted-out", duration_ms=20),
        call(NOON + 63, outcome="BadParameter", rule=None, duration_ms=None, salesforce_calls=None),
    ]
    found = statistics(calls, NOON, NOON + 900)
    assert found.outcomes == {"Allowed": 2, "Refused": 1, "Errors": 1}
    assert found.rules == {"everyone": 2, "opted-out": 1}
    assert (found.p50_ms, found.p99_ms) == (20, 30)
    assert found.without_salesforce == pytest.approx(1 / 3)
    assert found.seconds == 60
    assert sum(each.total for each in found.intervals) == found.total == 4
    starts = [each.start for each in found.intervals]
    assert starts == [starts[0] + 60 * n for n in range(len(starts))]
    assert starts[0] <= NOON < starts[0] + 60


def test_without_calls_there_are_no_percentiles() -> None:
    found = statistics([], NOON, NOON + 7 * 86400)
    assert (found.total, found.p50_ms, found.p99_ms, found.without_salesforce) == (0, *[None] * 3)
    assert len(found.intervals) <= 61


@given(st.lists(st.integers(0, 10_000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(
    values: list[int], percent: int
) -> None:
    found = percentile(sorted(values), percent)
    assert found in values

    def share(limit: int) -> float:
        return 100 * sum(value <= limit for value in values)

    assert share(found or 0) >= percent * len(values)
    assert all(share(each) < percent * len(values) for each in values if each < (found or 0))
