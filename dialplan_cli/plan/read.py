"""Reads a dial plan file: the document to publish, or all problems of the file at once."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dialplan_cli.plan.lint import check_emergency, find_offline_warnings, find_warnings
from dialplan_cli.plan.publish import Document, to_document
from dialplan_cli.plan.references import check_references
from dialplan_cli.plan.schema import Plan
from dialplan_cli.plan.schema_errors import explain, misspelt_keys, needs_quotes
from dialplan_cli.plan.shapes import check_sections, check_shapes, without_consequences
from dialplan_cli.plan.source import (
    Findings,
    PlanFileError,
    PlanSource,
    Problem,
    read_yaml,
)
from dialplan_cli.plan.yaml_errors import LINE_BREAK


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A valid plan: the document to publish, the source that it was read from, and warnings.

    `offline_warnings` are about the organisation. They do not apply if Salesforce was asked.
    """

    document: Document
    source: PlanSource
    warnings: tuple[Problem, ...]
    offline_warnings: tuple[Problem, ...]


def read_plan(path: FilePath) -> PlanFile:
    """Read the plan in a file; `-` is standard input. Raises PlanFileError with all problems."""
    is_stdin = str(path) == "-"
    name = "stdin" if is_stdin else str(path)
    try:
        content = sys.stdin.buffer.read() if is_stdin else path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise PlanFileError([Problem(name, 1, "", message)]) from error
    return parse_content(content, name)


def parse_content(content: bytes, name: str) -> PlanFile:
    """Read the plan in the content of a file with this name. Raises PlanFileError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = "this is not UTF-8 text; save the file with the encoding UTF-8"
        raise PlanFileError([Problem(name, line, "", message)]) from error
    return parse_plan(text, name)


def parse_plan(text: str, file: str = "plan") -> PlanFile:
    """Read the plan in `text`; `file` is its name in problems. Raises PlanFileError."""
    source = read_yaml(text, file)
    if not source.is_complete:
        raise PlanFileError(source.problems)
    plan, problems = validate(source)
    if problems or source.problems or plan is None:
        raise PlanFileError([*source.problems, *problems])
    document = to_document(plan)
    if no_number := source.locate(check_emergency(document)):
        raise PlanFileError([*no_number])
    return PlanFile(
        document,
        source,
        warnings=source.locate(
            [*find_warnings(document), *warn_separators(source), *warn_comments(source)]
        ),
        offline_warnings=source.locate(find_offline_warnings(document)),
    )


_CHANGED_NUMBER = re.compile(r"\+.*|-?0[0-9].*|[-.0-9]+[eE].*")
"""Unquoted numbers whose value is not what is written, such as 089."""

_SEPARATED = re.compile(r"[-+]?[0-9]+([_,][0-9]+)+|[-+]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?")
"""Numbers with a separator of thousands or a decimal comma: 1_000, 10.000, 4,5."""

_TYPOGRAPHIC = "[\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a]"
_WRONG_QUOTES = re.compile(rf"""{_TYPOGRAPHIC}.*{_TYPOGRAPHIC}|[^"]*"|[^']*[^'\w]'""", re.S)
"""Unquoted texts that were to be quoted."""


def validate(source: PlanSource) -> tuple[Plan | None, list[Problem]]:
    """Check the data. Return the plan, or None, and the problems, one for each place.

    A misspelt key is reported, and then read as the likely one: what is below it, and what refers
    to it, is no further mistake.
    """
    plan, errors = _validate_schema(source)
    problems: list[Problem] = []
    while misspelt := misspelt_keys(source, errors):
        problems += source.locate(
            (path, f"unknown key '{path[-1]}'; did you mean '{likely}'?")
            for path, likely in misspelt.items()
        )
        source = source.renamed(misspelt)
        plan, errors = _validate_schema(source)
    if misplaced := list(check_sections(source.data)):
        return None, [*problems, *source.locate(misplaced)]
    causes = list(check_shapes(source.data))
    findings = dict(misread_scalars(source))
    for path, message in explain(source, errors):
        findings.setdefault(path, message)
    above = {path[:length] for path in findings for length in range(3, len(path))}
    for path, message in check_references(source.data):
        if path not in above:  # a part of the value is wrong, which says more
            findings.setdefault(path, message)
    findings = dict(causes) | dict(without_consequences(list(findings.items()), causes))
    return plan, [*problems, *source.locate(findings.items())]


def warn_comments(source: PlanSource) -> Findings:
    """Warn of texts that a # cuts off: from a blank and # on, a line is a comment."""
    lines = LINE_BREAK.split(source.text)
    for path, location in source.locations.items():
        if location.raw and path[-1:] in (("refuse",), ("name",)):
            rest = lines[location.line - 1].rpartition(location.raw.splitlines()[-1])[2]
            if re.match(r"\s+#\S", rest):
                yield path, "ends before the #, which begins a comment; write the text in quotes"


def _validate_schema(source: PlanSource) -> tuple[Plan | None, list[ErrorDetails]]:
    try:
        return Plan.model_validate(source.data), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def misread_scalars(source: PlanSource) -> Findings:
    """Find unquoted scalars that YAML reads as something that is probably not intended."""
    for path, location in source.locations.items():
        if location.raw is None:
            continue
        if location.value is None and "when" in path[:-2] and str(path[-1]).isdigit():
            yield path, "a number is written without commas: 1000, and 4.5 with a decimal point"
        elif location.value is None and path:
            lists = "; several values are written as a list: [first, second]"
            yield path, f"has no value; add one, or remove the key{lists if 'when' in path else ''}"
        elif any(_WRONG_QUOTES.fullmatch(str(text)) for text in (location.raw, *path[-1:])):
            yield path, 'has typographic or missing quotes; use a pair of straight quotes: "text"'
        elif isinstance(location.value, int | float) and _CHANGED_NUMBER.fullmatch(location.raw):
            yield path, needs_quotes(location.raw)


def warn_separators(source: PlanSource) -> Findings:
    """Warn of unquoted numbers with separators in conditions and examples, such as 10.000."""
    for path, location in source.locations.items():
        raw = location.raw or ""
        if not _SEPARATED.fullmatch(raw) or not {"when", "examples"}.intersection(path):
            continue
        is_decimal = re.fullmatch(r"[-+]?[0-9]+,[0-9]{1,2}", raw) is not None
        number = raw.replace(",", ".") if is_decimal else re.sub("[._,]", "", raw)
        if isinstance(location.value, str):
            message = f"is text, not a number; write {number}, or use quotes if it is text"
        else:
            message = f"is the number {location.value:g}; write {number} or {location.value:g}"
        yield path, f"{raw} {message}"
