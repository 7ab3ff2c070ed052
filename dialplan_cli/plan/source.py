"""YAML as a plan's author means it: the core schema of YAML 1.2, with the line of everything.

PyYAML's own types are those of YAML 1.1, where NO is false and 0217 is 143, so only its parser is
used. Anchors and tags are refused: a plan is read by people, and aliases can blow up a small file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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

from dialplan_cli.plan.problems import Path

Scalar = str | int | float | bool

DEEPEST = 20  # a plan has about ten levels; PyYAML itself crashes at some thousands

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
class Place:
    """The line of a scalar, or of the key of what has many. `raw` is an unquoted scalar's text."""

    line: int
    raw: str | None = None
    value: Scalar | None = None


@dataclass(slots=True)
class YamlSource:
    """The data of a file, where each part of it stands, and what is no good as YAML."""

    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[tuple[int, Path, str]] = field(default_factory=list)


class _SyntaxError(Exception):
    """Nothing after this line can be read."""

    def __init__(self, line: int, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.fault = (line, path, message)


def read_yaml(text: str) -> YamlSource:
    """Reads one document; whatever is wrong is in `faults`, as line (from 1), path and message."""
    source = YamlSource()
    try:
        _Reader(yaml.parse(text, Loader=yaml.CSafeLoader), source).document()
    except _SyntaxError as error:
        source.faults.append(error.fault)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        source.faults.append((line, (), f"{error.reason} (character {error.character!r})"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        about = " ".join(filter(None, (error.context, error.problem)))
        source.faults.append((mark.line + 1 if mark else 1, (), f"this is not YAML: {about}"))
    return source


class _Reader:
    """Builds the data from the parser's events: the composer would recurse without a limit."""

    def __init__(self, events: Iterator[Event], source: YamlSource) -> None:
        self._events = events
        self._source = source

    def document(self) -> None:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if self._source.places:
                    raise _SyntaxError(_line(event), "there may be only one document in the file")
                root = next(self._events)
                self._source.data = self._value(root, (), _line(root))
        if self._source.data is None:
            raise _SyntaxError(1, "the file is empty; a plan starts with `version: 1`")

    def _value(self, event: Event, path: Path, key_line: int) -> Any:
        line = _line(event)
        if not isinstance(event, ScalarEvent | CollectionStartEvent) or event.anchor:
            raise _SyntaxError(line, "anchors (&) and aliases (*) are not supported", path)
        if len(path) > DEEPEST:
            raise _SyntaxError(line, f"nested deeper than {DEEPEST} levels", path)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        self._source.places[path] = Place(key_line)
        if event.tag not in (None, "!"):
            self._fault(line, path, f"the tag {event.tag} is not supported; leave it out")
        return self._mapping(path) if isinstance(event, MappingStartEvent) else self._list(path)

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            line = _line(event)
            key = self._key(event, path)
            below = (*path, key)
            if below in self._source.places:
                first = self._source.places[below].line
                self._fault(line, below, f"this key is there already, in line {first}")
                below = (*path, f"{key} (line {line})")
                self._value(next(self._events), below, line)
            else:
                mapping[key] = self._value(next(self._events), below, line)
        return mapping

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._value(event, (*path, len(items)), _line(event)))
        return items

    def _key(self, event: Event, path: Path) -> str:
        if not isinstance(event, ScalarEvent) or event.anchor:
            raise _SyntaxError(_line(event), "a key must be plain text", path)
        if not event.implicit[0] or isinstance(_core(event.value), str):
            return str(event.value)
        message = f'a key must be text; write it in quotes: "{event.value}"'
        self._fault(_line(event), (*path, event.value), message)
        return str(event.value)

    def _scalar(self, event: ScalarEvent, path: Path) -> Scalar | None:
        line = _line(event)
        if event.implicit[0]:
            value = _core(event.value)
            self._source.places[path] = Place(line, event.value, value)
            return value
        self._source.places[path] = Place(line)
        if event.tag not in _TEXT_TAGS:
            self._fault(line, path, f"the tag {event.tag} is not supported; leave it out")
        return str(event.value)

    def _fault(self, line: int, path: Path, message: str) -> None:
        self._source.faults.append((line, path, message))


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1 if event.start_mark else 1


def _core(raw: str) -> Scalar | None:
    """An unquoted scalar by the core schema, https://yaml.org/spec/1.2.2/#103-core-schema."""
    if raw in _NULLS:
        return None
    if raw in _BOOLS:
        return _BOOLS[raw]
    if _INT.fullmatch(raw) and len(raw) < 40:  # Python refuses to read endless numbers
        return int(raw, 0) if raw[:2] in ("0o", "0x") else int(raw)
    if _FLOAT.fullmatch(raw):
        return float(raw)
    if _NOT_FINITE.fullmatch(raw):
        return float(raw.replace(".", ""))
    return raw
