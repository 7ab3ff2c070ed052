"""Warnings about single values of a valid plan: texts that are probably not intended."""

import re
from collections.abc import Mapping
from typing import Any

import phonenumbers

from dialplan_cli.plan.facts import BUILT_IN, all_conditions, operands
from dialplan_cli.plan.references import outcomes
from dialplan_cli.plan.source import Findings, child
from dialplan_cli.plan.types import likely_region

Document = Mapping[str, Any]

_TRUE_WORDS = frozenset("true yes y on ja j wahr 1".split())
_TRUTH_WORDS = _TRUE_WORDS | frozenset("false no n off nein falsch 0".split())
_SEPARATORS = re.compile(r"[\s()/.-]")
_LOCAL_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./]\d{1,2}[./]\d{1,2}|\d{4}-\d-\d{1,2}|"
    r"\d{4}-\d\d-\d"
)
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


def warn_patterns(document: Document) -> Findings:
    """Warn of patterns where texts are compared, and of several values in one text."""
    for path, _, expected in all_conditions(document):
        for place, operator, value in operands(path, expected):
            if not isinstance(value, str):
                continue
            has_wildcard = "*" in value or "?" in value
            if operator in ("is", "not") and has_wildcard:
                yield place, f'is compared as it is written; for a pattern use matches: "{value}"'
            elif operator in ("is", "not") and re.search(r", |\|| or | oder ", value):
                values = ", ".join(re.split(r",\s*|\s*\|\s*| or | oder ", value))
                yield place, f"is one text; for any of several values write a list: [{values}]"
            elif operator == "prefix" and value.endswith("*"):
                yield place, f'the star is part of the text; write prefix: "{value.rstrip("*")}"'
            elif operator == "matches" and _REGULAR_EXPRESSION.fullmatch(value):
                yield place, "is no regular expression: * is any text, ? is one character"
            elif operator == "matches" and not has_wildcard and "[" not in value:
                yield place, f'has no * or ?, so it is the same as the text "{value}"'


def warn_dates(document: Document) -> Findings:
    """Warn of dates that are not in the order of ISO, and are therefore compared as texts."""
    for path, _, expected in all_conditions(document):
        for place, _, value in operands(path, expected):
            if isinstance(value, str) and _LOCAL_DATE.fullmatch(value):
                message = "is compared as text; write a day as year-month-day: 2026-01-31"
                yield place, message
