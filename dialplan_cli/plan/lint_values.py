"""Warnings about single values of a valid plan: texts that are probably not intended."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import phonenumbers

from dialplan_cli.plan.facts import BUILT_IN, all_conditions, operands
from dialplan_cli.plan.names import list_sources
from dialplan_cli.plan.references import outcomes
from dialplan_cli.plan.source import Findings, Path, child
from dialplan_cli.plan.types import is_date, is_time, likely_region

Document = Mapping[str, Any]

_TRUE_WORDS = frozenset("true yes y on ja j wahr 1".split())
_TRUTH_WORDS = _TRUE_WORDS | frozenset("false no n off nein falsch 0".split())
_COMPARISON = re.compile(r"[<>!=]=?\s*\d")
_SEVERAL = r",\s+|\s*\|\s*| or | oder "
_DIGITS = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_SEPARATORS = re.compile(r"[\s()/.-]")
_LOCAL_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2}|\d{4}-\d-\d{1,2}|"
    r"\d{4}-\d\d-\d"
)
_TODAY = frozenset("today yesterday tomorrow now heute gestern morgen jetzt".split())
_MONTH_OR_SEPARATED = re.compile(r"\d{4}-\d\d|[-+]?[\d_.,]+", re.ASCII)

_REGULAR_EXPRESSION = re.compile(r"\^.*|.*(\.\*|\.\+|\||\\[dws]).*|[^$]*\$")


def warn_truth_values(document: Document) -> Findings:
    """Warn of words and numbers for true and false: a checkbox is never equal to them."""
    for path, fact, expected in all_conditions(document):
        if not fact.startswith(("record.", "agent.")) or fact in BUILT_IN:
            continue
        for place, operator, value in operands(path, expected):
            text = str(value).lower()
            if isinstance(value, bool) or operator not in ("is", "not") or text not in _TRUTH_WORDS:
                continue
            word = "true" if text in _TRUE_WORDS else "false"
            yield place, f"is not a truth value; for a checkbox write {word} without quotes"


def warn_values(document: Document) -> Findings:
    """Warn of values that a built-in fact never has."""
    for path, fact, expected in all_conditions(document):
        for _, operator, value in operands(path, expected):
            if operator not in ("is", "not", "prefix"):
                continue
            if fact == "record.object" and value not in document["objects"]:
                yield path, f"{value} is not among `objects`: no fields of such records are read"
            elif fact == "callee.country" and value not in phonenumbers.SUPPORTED_REGIONS:
                likely = likely_region(str(value)) or "DE"
                yield path, f"no callee is in {value}; write two capital letters, such as {likely}"
            elif fact == "callee.number" and not re.fullmatch(r"\+[0-9]*", str(value)):
                message = f"no number starts with {value}; write a leading plus and digits: +4989…"
                yield path, message


def warn_numbers(document: Document) -> Findings:
    """Warn of blanks and other separators in numbers, which jtel gets as they are written."""
    for key, number in document["service_numbers"].items():
        if _SEPARATORS.search(number["number"]):
            digits = _SEPARATORS.sub("", number["number"])
            yield (
                ("service_numbers", key, "number"),
                "is sent to jtel with its blanks and signs, and jtel finds it only if it is "
                f"written the same way there: usually {digits}",
            )
    for path, outcome in outcomes(document):
        prefix = child(outcome, "signal").get("prefix", "")
        if _SEPARATORS.search(prefix):
            digits = _SEPARATORS.sub("", prefix)
            yield (*path, "signal", "prefix"), f"has blanks or other signs; write {digits}"


def warn_texts(document: Document) -> Findings:
    """Warn of patterns, comparisons and several values where a text is compared as it is."""
    for place, operator, value in _texts(document):
        if operator not in ("is", "not"):
            continue
        if "*" in value or "?" in value:
            yield place, f'is compared as it is written; for a pattern use matches: "{value}"'
        elif re.search(_SEVERAL, value):
            values = ", ".join(re.split(_SEVERAL, value))
            yield place, f"is one text; for any of several values write a list: [{values}]"
        elif value != value.strip():
            yield place, "has a blank at its start or end, which is compared too; remove it"
        elif re.match(r"not \S", value):
            yield place, f"is compared as it is written; write {{not: {value[4:]}}}"
        elif _COMPARISON.match(value):
            yield place, "is compared as text; write {gt: 5}, {gte: 5}, {lt: 5} or {lte: 5}"


def warn_patterns(document: Document) -> Findings:
    """Warn of stars in `prefix`, and of `matches` with something else than a pattern."""
    for place, operator, value in _texts(document):
        if operator == "prefix" and value.endswith("*"):
            yield place, f'the star is part of the text; write prefix: "{value.rstrip("*")}"'
        elif operator == "matches" and _REGULAR_EXPRESSION.fullmatch(value):
            yield place, "is no regular expression: * is any text, ? is one character"
        elif operator == "matches" and not set("*?[") & set(value):
            yield place, f'has no * or ?, so it is the same as the text "{value}"'


def warn_bounds(document: Document) -> Findings:
    """Warn of dates that are not in the order of ISO, and of numbers in quotes."""
    for place, operator, value in _texts(document):
        if _LOCAL_DATE.fullmatch(value):
            yield place, "is compared as text; write a day as year-month-day: 2026-01-31"
        elif operator in ("lt", "lte", "gt", "gte") and _DIGITS.fullmatch(value):
            yield place, f"is text, which no number is compared with; write {value}"
        elif operator in ("lt", "lte", "gt", "gte") and not _is_bound(value):
            yield (
                place,
                "is compared as text; write a number without its unit, a day that exists "
                "(2026-01-31) or a time (2026-01-31T18:00)",
            )


def _is_bound(text: str) -> bool:
    """Tell whether a text may be meant as a bound: a date, or text that is no number or date.

    A month such as 2026-01 has the order of dates. Numbers with separators have their own warning.
    """
    if is_date(text) or is_time(text) or _MONTH_OR_SEPARATED.fullmatch(text):
        return True
    return text.lower() not in _TODAY and not re.search(r"\d", text)


def warn_placeholders(document: Document) -> Findings:
    """Warn of text in braces that is shown to the agent as it is written."""
    for path, outcome in outcomes(document):
        for name in re.findall(r"\{\s*\w+\s*\}", outcome.get("refuse", "")):
            if path[0] == "outage":
                yield (*path, "refuse"), f"{name} is shown as it is written; remove it"
            elif name != "{opens}":
                message = "is shown as it is written; only {opens} is replaced, by a time"
                yield (*path, "refuse"), f"{name} {message}"


def warn_filters(document: Document) -> Findings:
    """Warn of a filter that begins with the keyword which the query has already."""
    sources: list[tuple[Path, dict[str, Any]]] = [
        (("mappings", name, "salesforce"), child(mapping, "salesforce"))
        for name, mapping in document["mappings"].items()
    ]
    for path, source in [*sources, *list_sources(document)]:
        if re.match(r"\s*where\b", source.get("filter") or "", re.IGNORECASE):
            yield (*path, "filter"), "write the condition without WHERE"


def _texts(document: Document) -> Iterator[tuple[Path, str, str]]:
    """Yield each text in a condition: its place, the operator and the text."""
    for path, _, expected in all_conditions(document):
        for place, operator, value in operands(path, expected):
            if isinstance(value, str):
                yield place, operator, value
