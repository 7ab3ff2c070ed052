"""Reads a dial plan file: everything that is wrong with it at once, or the document to publish."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath

from dialplan_cli.plan.form import read_form
from dialplan_cli.plan.lint import check_guesses, check_sense
from dialplan_cli.plan.problems import Fault, PlanFileError, Problem, show_path
from dialplan_cli.plan.publish import Document, to_document
from dialplan_cli.plan.references import check_references
from dialplan_cli.plan.source import read_yaml

MOST = 1000  # nobody reads more


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A valid plan: `document` is published and decides; `source` is the text as written.

    `guesses` are warnings about the organisation, of no use once it was asked.
    """

    document: Document
    source: str
    warnings: tuple[Problem, ...]
    guesses: tuple[Problem, ...]


def read_plan(path: FilePath) -> PlanFile:
    """The plan in a file. Raises PlanFileError with all that is wrong with it."""
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise PlanFileError([Problem(str(path), 1, "", message)]) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = "this is not UTF-8 text; save the file with the encoding UTF-8"
        raise PlanFileError([Problem(str(path), line, "", message)]) from error
    return parse_plan(text, str(path))


def parse_plan(text: str, file: str = "plan") -> PlanFile:
    """The plan in `text`; `file` names it in problems. Raises PlanFileError."""
    source = read_yaml(text)
    plan, faults = read_form(source) if source.data is not None else (None, [])
    faults = source.faults + faults
    seen = {path for _, path, _ in faults}
    faults += [fault for fault in check_references(source) if fault[1] not in seen]
    if faults or plan is None:
        raise PlanFileError(_problems(file, faults))
    document = to_document(plan)
    warnings = _problems(file, check_sense(document, source))
    guesses = _problems(file, check_guesses(document, source))
    return PlanFile(document, text, tuple(warnings), tuple(guesses))


def _problems(file: str, faults: Iterable[Fault]) -> list[Problem]:
    ordered = sorted(faults, key=lambda fault: fault[0])[:MOST]
    return [Problem(file, line, show_path(path), message) for line, path, message in ordered]
