"""A parser for the part of SOQL that this project and its administrators use.

    SELECT path, ... FROM object [WHERE condition] [ORDER BY path [ASC | DESC], ...] [LIMIT n]
    SELECT count() FROM object [WHERE condition]

A condition compares a path (Account.Type) with a literal by =, !=, <>, <, <=, >, >=, LIKE, IN or
NOT IN. Conditions are joined by AND, OR, NOT and parentheses.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal as OneOf
from typing import TypeVar

from local_stack.salesforce.responses import ApiError

MAX_CHARACTERS = 100_000
MAX_NESTING = 50

T = TypeVar("T")
Value = str | int | float | bool | date | None
LiteralType = OneOf["string", "number", "boolean", "null", "date", "dateTime"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that a field is compared with. The operand of LIKE still contains its escapes."""

    type: LiteralType
    value: Value


@dataclass(frozen=True, slots=True)
class Path:
    """A field, or a field of a parent such as ("Account", "Type"), and its offset in the query."""

    names: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison by = != < <= > >= LIKE, IN or NOT IN; only the last two have several values."""

    path: Path
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or OR, or one condition negated by NOT."""

    operator: OneOf["AND", "OR", "NOT"]
    conditions: "tuple[Condition, ...]"


Condition = Comparison | Junction


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY. Nulls come first."""

    path: Path
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed SELECT. `fields` is empty for count(); `object_name` is a path of one name."""

    text: str
    fields: tuple[Path, ...]
    object_name: Path
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None


@dataclass(frozen=True, slots=True)
class Token:
    """A word, literal or symbol; `kind` is the name of its group in `_TOKEN`."""

    kind: str
    text: str
    position: int


def parse(text: str) -> Query:
    """Parse a query. Raises ApiError with the code MALFORMED_QUERY."""
    if not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    if len(text) > MAX_CHARACTERS:
        message = f"SOQL statements can not be longer than {MAX_CHARACTERS} characters"
        raise ApiError(400, "MALFORMED_QUERY", message)
    return _Parser(text).query()


def like_pattern(operand: str) -> re.Pattern[str]:
    """Return the operand of LIKE as a pattern: % is any text, _ any character."""

    def translate(match: re.Match[str]) -> str:
        escape, character = match[1], match[2]
        if escape:
            return re.escape(escape if escape in "%_" else _unescaped("\\" + escape))
        return {"%": ".*", "_": "."}.get(character) or re.escape(character)

    pattern = re.sub(r"\\(u[0-9A-Fa-f]{4}|.)|(.)", translate, operand, flags=re.DOTALL)
    return re.compile(pattern, re.DOTALL | re.IGNORECASE)


def error_at(query: str, position: int, code: str, message: str) -> ApiError:
    """Return an error that quotes the query around `position`, as Salesforce does.

    The quotation begins 30 characters before and ends 31 after, extended to whole words. The rule
    was found by comparing published error messages.
    """
    start, end = max(0, position - 30), min(len(query), position + 31)
    while start > 0 and query[start - 1] not in " ,\n":
        start -= 1
    while end < len(query) and query[end] not in " ,\n":
        end += 1
    row = query.count("\n", 0, position) + 1
    column = position - query.rfind("\n", 0, position)
    caret = " " * (position - start) + "^"
    place = f"\n{query[start:end]}\n{caret}\nERROR at Row:{row}:Column:{column}\n"
    return ApiError(400, code, place + message)


_RESERVED = frozenset("SELECT FROM WHERE AND OR NOT LIKE IN LIMIT NULL TRUE FALSE".split())
_COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._index = 0
        self._nesting = 0

    def query(self) -> Query:
        self._expect("SELECT")
        fields = () if self._accept("COUNT", "(", ")") else self.list(self.path)
        self._expect("FROM")
        object_name = self.path()
        where = self.condition() if self._accept("WHERE") else None
        order = self.list(self.order) if self._accept("ORDER", "BY") else ()
        limit = self.limit() if self._accept("LIMIT") else None
        if self._token.kind != "end":
            raise self._unexpected()
        return Query(self._text, fields, object_name, where, order, limit)

    def condition(self) -> Condition:
        return self.joined("OR", lambda: self.joined("AND", self.single))

    def joined(self, operator: OneOf["AND", "OR"], parse: Callable[[], Condition]) -> Condition:
        conditions = [parse()]
        while self._accept(operator):
            conditions.append(parse())
        return conditions[0] if len(conditions) == 1 else Junction(operator, tuple(conditions))

    def single(self) -> Condition:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise self._unexpected()
        if self._accept("NOT"):
            condition: Condition = Junction("NOT", (self.single(),))
        elif self._accept("("):
            condition = self.condition()
            self._expect(")")
        else:
            condition = self.comparison()
        self._nesting -= 1
        return condition

    def comparison(self) -> Comparison:
        path = self.path()
        if self._token.text in _COMPARISONS:
            operator = self._take().text
            return Comparison(path, "!=" if operator == "<>" else operator, (self.literal(),))
        if self._accept("LIKE"):
            return Comparison(path, "LIKE", (self.literal(like=True),))
        operator = "NOT IN" if self._accept("NOT") else "IN"
        self._expect("IN")
        self._expect("(")
        values = self.list(self.literal)
        self._expect(")")
        return Comparison(path, operator, values)

    def order(self) -> Order:
        path = self.path()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        return Order(path, descending)

    def list(self, parse: Callable[[], T]) -> tuple[T, ...]:
        items = [parse()]
        while self._accept(","):
            items.append(parse())
        return tuple(items)

    def path(self) -> Path:
        if self._token.kind != "name" or self._token.text.upper() in _RESERVED:
            raise self._unexpected()
        token = self._take()
        return Path(tuple(token.text.split(".")), token.position)

    def literal(self, *, like: bool = False) -> Literal:
        literal = _literal(self._token, like=like)
        if literal is None or (like and literal.type != "string"):
            raise self._unexpected()
        self._take()
        return literal

    def limit(self) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", self._token.text):
            raise self._unexpected()
        return int(self._take().text)

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _take(self) -> Token:
        self._index += 1
        return self._tokens[self._index - 1]

    def _accept(self, *words: str) -> bool:
        """Take these words if all of them come next."""
        tokens = self._tokens[self._index : self._index + len(words)]
        if [token.text.upper() for token in tokens if token.kind != "string"] != list(words):
            return False
        self._index += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _unexpected(self) -> ApiError:
        token = self._token
        found = "<EOF>" if token.kind == "end" else token.text
        message = f"unexpected token: '{found}'"
        return error_at(self._text, token.position, "MALFORMED_QUERY", message)


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
_CONSTANTS: dict[str, Literal] = {
    "TRUE": Literal("boolean", True),
    "FALSE": Literal("boolean", False),
    "NULL": Literal("null", None),
}


def _tokens(query: str) -> Iterator[Token]:
    """Yield the tokens of a query; the last one has the kind `end`."""
    for match in _TOKEN.finditer(query):
        kind = str(match.lastgroup)
        yield Token(kind, match[kind], match.start(kind))
        if kind == "end":
            return


def _literal(token: Token, *, like: bool) -> Literal | None:
    """Return the value of a literal, or None if `token` is not a valid one."""
    try:
        if token.kind == "string":
            return Literal("string", token.text[1:-1] if like else _unescaped(token.text[1:-1]))
        if token.kind == "number":
            return Literal("number", float(token.text) if "." in token.text else int(token.text))
        if token.kind == "date":
            return Literal("date", date.fromisoformat(token.text))
        if token.kind == "datetime":
            return Literal("dateTime", datetime.fromisoformat(token.text))
        return _CONSTANTS.get(token.text.upper())
    except (ValueError, KeyError):
        return None


def _unescaped(text: str) -> str:
    """Resolve backslash escapes. Raises KeyError for an escape that SOQL does not have."""

    def character(match: re.Match[str]) -> str:
        escape = match[1]
        return chr(int(escape[1:], 16)) if len(escape) > 1 else _ESCAPED[escape]

    return _ESCAPE.sub(character, text)
