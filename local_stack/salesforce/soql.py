"""SOQL as far as this project and its administrators need it: text to a `Query`. Pure.

    SELECT path, ... FROM object [WHERE condition]
    [ORDER BY path [ASC | DESC] [NULLS FIRST | LAST], ...] [LIMIT n] [OFFSET n]

A condition compares a path (Account.Type) with a literal by =, !=, <>, <, <=, >, >=, LIKE, IN or
NOT IN; conditions are joined by AND, OR, NOT and parentheses.
"""

import re
from collections.abc import Callable
from typing import Literal as Choice
from typing import TypeVar

from local_stack.salesforce.soql_query import Comparison, Condition, Junction, Order, Path, Query
from local_stack.salesforce.soql_tokens import Literal, Token, error_at, literal, tokens
from local_stack.salesforce.wire import ApiError

MOST_CHARACTERS = 100_000
_MOST_NESTED = 50
_RESERVED = frozenset("SELECT FROM WHERE AND OR NOT LIKE IN LIMIT NULL TRUE FALSE".split())
_COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")

T = TypeVar("T")


def parse(text: str) -> Query:
    """The query that `text` says. Raises ApiError with MALFORMED_QUERY."""
    if not text.strip():
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    if len(text) > MOST_CHARACTERS:
        message = f"SOQL statements can not be longer than {MOST_CHARACTERS} characters"
        raise ApiError(400, "MALFORMED_QUERY", message)
    return _Parser(text).query()


class _Parser:
    """Recursive descent over the words of one query."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._index = 0
        self._nested = 0

    def query(self) -> Query:
        self._expect("SELECT")
        fields = self._list(self._path)
        self._expect("FROM")
        object_name = self._path()
        where = self._condition() if self._accept("WHERE") else None
        order: tuple[Order, ...] = ()
        if self._accept("ORDER"):
            self._expect("BY")
            order = self._list(self._order)
        limit = self._whole_number() if self._accept("LIMIT") else None
        offset = self._whole_number() if self._accept("OFFSET") else 0
        if self._token.kind != "end":
            raise self._unexpected()
        return Query(self._text, fields, object_name, where, order, limit, offset)

    def _condition(self) -> Condition:
        return self._joined("OR", lambda: self._joined("AND", self._single))

    def _joined(self, operator: Choice["AND", "OR"], part: Callable[[], Condition]) -> Condition:
        conditions = [part()]
        while self._accept(operator):
            conditions.append(part())
        return conditions[0] if len(conditions) == 1 else Junction(operator, tuple(conditions))

    def _single(self) -> Condition:
        self._nested += 1
        if self._nested > _MOST_NESTED:
            raise self._unexpected()
        if self._accept("NOT"):
            condition: Condition = Junction("NOT", (self._single(),))
        elif self._accept("("):
            condition = self._condition()
            self._expect(")")
        else:
            condition = self._comparison()
        self._nested -= 1
        return condition

    def _comparison(self) -> Comparison:
        path = self._path()
        if self._token.text in _COMPARISONS:
            operator = self._take().text
            return Comparison(path, "!=" if operator == "<>" else operator, (self._literal(),))
        if self._accept("LIKE"):
            return Comparison(path, "LIKE", (self._literal(like=True),))
        operator = "NOT IN" if self._accept("NOT") else "IN"
        self._expect("IN")
        self._expect("(")
        values = self._list(self._literal)
        self._expect(")")
        return Comparison(path, operator, values)

    def _order(self) -> Order:
        path = self._path()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_last = False
        if self._accept("NULLS"):
            nulls_last = not self._accept("FIRST")
            if nulls_last:
                self._expect("LAST")
        return Order(path, descending, nulls_last)

    def _list(self, part: Callable[[], T]) -> tuple[T, ...]:
        parts = [part()]
        while self._accept(","):
            parts.append(part())
        return tuple(parts)

    def _path(self) -> Path:
        if self._token.kind != "name" or self._token.text.upper() in _RESERVED:
            raise self._unexpected()
        token = self._take()
        return Path(tuple(token.text.split(".")), token.position)

    def _literal(self, *, like: bool = False) -> Literal:
        found = literal(self._token, like=like)
        if found is None or (like and found.kind != "string"):
            raise self._unexpected()
        self._take()
        return found

    def _whole_number(self) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", self._token.text):
            raise self._unexpected()
        return int(self._take().text)

    @property
    def _token(self) -> Token:
        return self._tokens[self._index]

    def _take(self) -> Token:
        self._index += 1
        return self._tokens[self._index - 1]

    def _accept(self, word: str) -> bool:
        if self._token.kind == "string" or self._token.text.upper() != word:
            return False
        self._take()
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self._unexpected()

    def _unexpected(self) -> ApiError:
        token = self._token
        found = "<EOF>" if token.kind == "end" else token.text
        message = f"unexpected token: '{found}'"
        return error_at(self._text, token.position, "MALFORMED_QUERY", message)
