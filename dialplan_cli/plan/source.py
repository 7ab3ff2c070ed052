"""The source of a dial plan: its YAML, the line of every value, and the problems found in it.

YAML is read by the core schema of YAML 1.2. PyYAML is used as a parser only, because its own types
are those of YAML 1.1, where NO is false and 0217 is 143. Anchors and tags are refused: a plan is
read by people, and aliases can make a small file huge.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import yaml
from yaml.events import (
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from click_to_dial.errors import ClickToDialError
from dialplan_cli.plan.yaml_errors import explain

Path = tuple[str | int, ...]
"""A place in the document: keys, and positions in lists counted from 0."""

Finding = tuple[Path, str]
"""A place and the message about it."""

Findings = Iterator[Finding]

Scalar = str | int | float | bool

MAX_PROBLEMS = 1000  # reported for one file
MAX_DEPTH = 20  # a plan has about ten levels; PyYAML itself crashes at a few thousand

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BOOLS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TEXT_TAGS = (None, "!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True)
class Problem:
    """An error or a warning.

    `line` counts from 1; `path` is empty for the whole file. `rule` is the id of the rule that the
    problem is in, or None.
    """

    file: str
    line: int
    path: str
    message: str
    rule: str | None = None

    @property
    def place(self) -> str:
        """The path as people read it, with the rule's id."""
        return f"{self.path} ({self.rule})" if self.rule else self.path

    def __str__(self) -> str:
        where = f"{self.place}: " if self.path else ""
        return f"{self.file}:{self.line}: {where}{self.message}"


class PlanFileError(ClickToDialError):
    """The file is not a valid dial plan. `problems` are ordered by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = _reported(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """The line of a scalar, or of the key of a mapping or list.

    `raw` is the text of an unquoted scalar, and `value` what YAML makes of it.
    """

    line: int
    raw: str | None = None
    value: Scalar | None = None


@dataclass(slots=True)
class PlanSource:
    """A parsed file: its data, the location of each value, and its problems as YAML.

    `is_complete` is False if a problem prevented the parser from reading the rest of the file.
    """

    file: str
    text: str
    data: Any = None
    locations: dict[Path, SourceLocation] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_complete: bool = True

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of its nearest parent if only a default is there."""
        while path and path not in self.locations:
            path = path[:-1]
        return self.locations[path].line if path in self.locations else 1

    def locate(self, findings: Iterable[Finding]) -> tuple[Problem, ...]:
        """Turn findings into problems of this file, ordered by line."""
        return _reported(
            Problem(self.file, self.line(path), show_path(path), message, self._rule(path))
            for path, message in findings
        )

    def renamed(self, keys: Mapping[Path, str]) -> "PlanSource":
        """Return the source with the keys at some paths replaced, to check what is below them."""
        locations: dict[Path, SourceLocation] = {}
        for path, location in self.locations.items():
            above = (path[:length] for length in range(1, len(path) + 1))
            locations[tuple(keys.get(place, place[-1]) for place in above)] = location
        return replace(self, data=_renamed(self.data, (), keys), locations=locations)

    def _rule(self, path: Path) -> str | None:
        """Return the id of the rule at `path`."""
        if path[:1] != ("rules",) or len(path) < 2 or not isinstance(path[1], int):
            return None
        rules = dict(pairs(self.data))["rules"]
        rule_id = child(rules[path[1]]).get("id") if isinstance(rules, list) else None
        return rule_id if isinstance(rule_id, str) else None


def _renamed(value: Any, path: Path, keys: Mapping[Path, str]) -> Any:
    """Return the value at `path` with the keys at some paths replaced, in the same order."""
    if isinstance(value, list):
        return [_renamed(item, (*path, index), keys) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            keys.get((*path, key), key): _renamed(item, (*path, key), keys)
            for key, item in value.items()
        }
    return value


def show_path(path: Path) -> str:
    """Format a path as people write it: `rules[2].when.record.kind`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def unknown_name(kind: str, name: object, known: Iterable[str]) -> str:
    """Return the message for a name that does not exist, with the likely one if there is one."""
    return _unknown_name(kind, str(name), tuple(sorted(known)))


@lru_cache(maxsize=1000)  # one mistake may be repeated in thousands of places
def _unknown_name(kind: str, name: str, known: tuple[str, ...]) -> str:
    likely = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    likely = likely or [other for other in known if other.lower() == name.lower()]
    if likely:
        return f"unknown {kind} '{name}'; did you mean '{likely[0]}'?"
    if not known:
        return f"unknown {kind} '{name}'; the plan defines none"
    names = ", ".join(known[:16]) + (", …" if len(known) > 16 else "")
    return f"unknown {kind} '{name}'; known names: {names}"


def condition_sets(rule: object) -> list[tuple[Path, dict[str, Any]]]:
    """Return the sets of conditions of a rule with their places; one empty set without `when`."""
    when = child(rule).get("when", {})
    if isinstance(when, list):
        return [(("when", index), child(conditions)) for index, conditions in enumerate(when)]
    return [(("when",), child(when))]


def pairs(value: object) -> Iterable[tuple[str, Any]]:
    """Return the keys and values of a mapping; nothing for anything else."""
    return value.items() if isinstance(value, dict) else ()


def child(value: object, *keys: str) -> dict[str, Any]:
    """Return the mapping at `keys` below `value`; an empty one if it is not there."""
    for key in keys:
        value = dict(pairs(value)).get(key)
    return dict(pairs(value))


def as_list(value: object) -> list[Any]:
    """Return a list as it is, and anything else as the only item of a list."""
    return value if isinstance(value, list) else [value]


def read_yaml(text: str, file: str = "plan") -> PlanSource:
    """Parse one document. Syntax errors are in `problems`; `data` is then None or incomplete."""
    source = PlanSource(file, text)
    try:
        _Reader(yaml.parse(text, Loader=yaml.CSafeLoader), source).read_document()
    except _SyntaxError as error:
        source.problems.append(Problem(file, error.line, show_path(error.path), str(error)))
        source.is_complete = False
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"{error.reason} (character {error.character!r})"
        source.problems.append(Problem(file, line, "", message))
        source.is_complete = False
    except yaml.MarkedYAMLError as error:
        line, message = explain(error, text)
        source.problems.append(Problem(file, line, "", message))
        source.is_complete = False
    return source


class _SyntaxError(Exception):
    """Nothing after this line can be read."""

    def __init__(self, line: int, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.line = line
        self.path = path


class _Reader:
    """Builds the data from the parser's events: PyYAML's composer has no limit of recursion."""

    def __init__(self, events: Iterator[Event], source: PlanSource) -> None:
        self._events = events
        self._source = source

    def read_document(self) -> None:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if self._source.locations:
                    raise _SyntaxError(_line(event), "the file must contain only one document")
                root = next(self._events)
                self._source.data = self.read_value(root, (), _line(root))
        if self._source.data is None:
            raise _SyntaxError(1, "the file is empty; a plan starts with `version: 1`")

    def read_value(self, event: Event, path: Path, key_line: int) -> Any:
        line = _line(event)
        if not isinstance(event, ScalarEvent | CollectionStartEvent) or event.anchor:
            raise _SyntaxError(line, "anchors (&) and aliases (*) are not supported", path)
        if len(path) > MAX_DEPTH:
            raise _SyntaxError(line, f"nested deeper than {MAX_DEPTH} levels", path)
        if isinstance(event, ScalarEvent):
            return self.read_scalar(event, path)
        self._source.locations[path] = SourceLocation(key_line)
        if event.tag not in (None, "!"):
            self.refuse_tag(event.tag, line, path)
        return (
            self.read_mapping(path)
            if isinstance(event, MappingStartEvent)
            else self.read_list(path)
        )

    def read_mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            line = _line(event)
            key = self.read_key(event, path)
            below = (*path, key)
            if below in self._source.locations:
                first = self._source.locations[below].line
                message = f"duplicate key; the first is in line {first}"
                if key == "id":  # the keys of the next rule follow, all of them again
                    raise _SyntaxError(line, f"{message}, or `- ` is missing before it", below)
                self.report(line, below, message)
                below = (*path, f"{key} (line {line})")
                self.read_value(next(self._events), below, line)
            else:
                mapping[key] = self.read_value(next(self._events), below, line)
        return mapping

    def read_list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self.read_value(event, (*path, len(items)), _line(event)))
        return items

    def read_key(self, event: Event, path: Path) -> str:
        if not isinstance(event, ScalarEvent) or event.anchor:
            raise _SyntaxError(_line(event), "a key must be plain text", path)
        key = str(event.value)
        is_operator = "when" in path[:-1]  # there are none with digits, which is reported later
        if event.implicit[0] and not isinstance(_parse_scalar(key), str) and not is_operator:
            message = f'a key must be text; write it in quotes: "{key}"'
            self.report(_line(event), (*path, key), message)
        return key

    def read_scalar(self, event: ScalarEvent, path: Path) -> Scalar | None:
        line = _line(event)
        if event.implicit[0]:
            value = _parse_scalar(event.value)
            self._source.locations[path] = SourceLocation(line, event.value, value)
            return value
        self._source.locations[path] = SourceLocation(line)
        if event.tag not in _TEXT_TAGS:
            self.refuse_tag(event.tag, line, path)
        return str(event.value)

    def refuse_tag(self, tag: str, line: int, path: Path) -> None:
        self.report(line, path, f"the tag {tag} is not supported; remove it")

    def report(self, line: int, path: Path, message: str) -> None:
        self._source.problems.append(Problem(self._source.file, line, show_path(path), message))


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 1


def _parse_scalar(raw: str) -> Scalar | None:
    """Parse an unquoted scalar by the core schema, https://yaml.org/spec/1.2.2/#103-core-schema."""
    if raw in _NULLS:
        return None
    if raw in _BOOLS:
        return _BOOLS[raw]
    if _INT.fullmatch(raw) and len(raw) < 40:  # Python refuses to parse very long numbers
        return int(raw, 0) if raw[:2] in ("0o", "0x") else int(raw)
    if _FLOAT.fullmatch(raw):
        return float(raw)
    if _NOT_FINITE.fullmatch(raw):
        return float(raw.replace(".", ""))
    return raw


def _reported(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Order problems by line and drop those beyond the limit."""
    return tuple(sorted(problems, key=lambda problem: problem.line)[:MAX_PROBLEMS])
