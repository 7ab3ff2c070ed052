"""The words of a SOQL query, its literals, and errors that quote the place they are about."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal as Choice

from local_stack.salesforce.wire import ApiError

Value = str | int | float | bool | date | None

_QUOTED_AROUND = 30
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:\\.|[^'\\])*')
    | (?P<datetime>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?![\w.]))
    | (?P<name>[a-z_]\w*(?:\.[a-z_]\w*)*)
    | (?P<symbol><=|>=|!=|<>|[=<>(),])
    | (?P<end>\Z)
    | (?P<unknown>.)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_CONSTANTS: dict[str, "tuple[Kind, Value]"] = {
    "TRUE": ("boolean", True),
    "FALSE": ("boolean", False),
    "NULL": ("null", None),
}

Kind = Choice["string", "number", "boolean", "null", "date", "dateTime"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a literal or a sign; `kind` is the name of its group in the grammar above."""

    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that a field is compared with; of LIKE it still holds its escapes."""

    kind: Kind
    value: Value


def tokens(query: str) -> Iterator[Token]:
    """The words of `query`, the last of which is always of the kind `end`."""
    for match in _TOKEN.finditer(query):
        kind = str(match.lastgroup)
        yield Token(kind, match[kind], match.start(kind))
        if kind == "end":
            return


def literal(token: Token, *, like: bool = False) -> Literal | None:
    """What `token` stands for; None where it is no literal, or one that cannot be read."""
    try:
        if token.kind == "string":
            return Literal("string", token.text[1:-1] if like else _unescape(token.text[1:-1]))
        if token.kind == "number":
            return Literal("number", float(token.text) if "." in token.text else int(token.text))
        if token.kind == "date":
            return Literal("date", date.fromisoformat(token.text))
        if token.kind == "datetime":
            return Literal("dateTime", datetime.fromisoformat(token.text))
        constant = _CONSTANTS.get(token.text.upper())
        return None if constant is None else Literal(*constant)
    except (ValueError, KeyError):
        return None


def like_pattern(operand: str) -> re.Pattern[str]:
    """The pattern that LIKE means by `operand`: % is any text, _ any character."""

    def translate(match: re.Match[str]) -> str:
        escape, character = match[1], match[2]
        if escape:
            return re.escape(escape if escape in "%_" else _unescape("\\" + escape))
        return {"%": ".*", "_": "."}.get(character) or re.escape(character)

    pattern = re.sub(r"\\(u[0-9A-Fa-f]{4}|.)|(.)", translate, operand, flags=re.DOTALL)
    return re.compile(pattern, re.DOTALL | re.IGNORECASE)


def error_at(query: str, position: int, code: str, message: str) -> ApiError:
    """An error that quotes the query around `position`, as Salesforce does.

    The quotation reaches 30 characters back and 31 on, widened to whole words (found by comparing
    published error messages).
    """
    start, end = max(0, position - _QUOTED_AROUND), min(len(query), position + _QUOTED_AROUND + 1)
    while start > 0 and query[start - 1] not in " ,\n":
        start -= 1
    while end < len(query) and query[end] not in " ,\n":
        end += 1
    row = query.count("\n", 0, position) + 1
    column = position - query.rfind("\n", 0, position)
    caret = " " * (position - start) + "^"
    place = f"\n{query[start:end]}\n{caret}\nERROR at Row:{row}:Column:{column}\n"
    return ApiError(400, code, place + message)


def _unescape(text: str) -> str:
    """Raises KeyError for an escape that SOQL does not have."""

    def character(match: re.Match[str]) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if len(escape) > 1 else _ESCAPED[escape]

    return _ESCAPE.sub(character, text)
