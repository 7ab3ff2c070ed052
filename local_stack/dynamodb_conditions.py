"""The grammar of DynamoDB's conditions, and what their operators and functions accept.

Sources: Expressions.OperatorsAndFunctions.html and Constraints.html in
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/. dynalite confirms the rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

COMPARATORS = {"=", "<>", "<", "<=", ">", ">="}
FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
"""Functions that are conditions, with the number of their operands."""
ON_PATHS = ("attribute_exists", "attribute_not_exists", "attribute_type", "size")
"""Functions whose first operand must be a path."""
TYPES = {"S", "SS", "N", "NS", "B", "BS", "BOOL", "NULL", "L", "M"}
WITH_AN_ORDER = {"S", "N", "B"}
MAX_OPERATORS = 300
MAX_OPERANDS_OF_IN = 100

Term = tuple[str, tuple[str, ...]]
"""An operator or a function, and its operands; none for AND, OR and NOT."""


class InvalidConditionError(Exception):
    """A condition that DynamoDB refuses. Its text is the reason."""


def terms_of(tokens: Sequence[str], values: Mapping[str, Any]) -> list[Term]:
    """Return the terms of a condition in their order. Raises InvalidConditionError.

    `values` are the typed values of the placeholders.
    """
    parser = _Parser([*tokens, ""], values)
    parser.either()
    if parser.token:
        raise InvalidConditionError(f"Syntax error; token: {parser.token}")
    operators = [name for name, _ in parser.terms if name not in FUNCTIONS]
    if len(operators) > MAX_OPERATORS:
        raise InvalidConditionError("The expression contains too many operators")
    return parser.terms


@dataclass
class _Parser:
    """A position in the tokens, which end with an empty one, and the terms before it."""

    tokens: Sequence[str]
    values: Mapping[str, Any]
    at: int = 0
    terms: list[Term] = field(default_factory=list)

    @property
    def token(self) -> str:
        return self.tokens[self.at]

    def skips(self, token: str) -> bool:
        """Go on behind `token` if it is the next one, and return whether it was."""
        is_next = self.token.upper() == token
        self.at += is_next
        return is_next

    def expect(self, token: str) -> None:
        if not self.skips(token):
            raise InvalidConditionError(f"Syntax error; token: {self.token or 'the end'}")

    def either(self) -> None:
        self.both()
        while self.skips("OR"):
            self.terms.append(("OR", ()))
            self.both()

    def both(self) -> None:
        self.single()
        while self.skips("AND"):
            self.terms.append(("AND", ()))
            self.single()

    def single(self) -> None:
        if self.skips("NOT"):
            self.terms.append(("NOT", ()))
            self.single()
        elif self.skips("("):
            self.either()
            self.expect(")")
        elif self.token in FUNCTIONS and self.tokens[self.at + 1] == "(":
            name = self.token
            self.at += 1
            self._add(name, self.operands())
        else:
            self.comparison()

    def comparison(self) -> None:
        first = self.operand()
        if self.skips("BETWEEN"):
            lower = self.operand()
            self.expect("AND")
            self._add("BETWEEN", (first, lower, self.operand()))
        elif self.skips("IN"):
            self._add("IN", (first, *self.operands()))
        elif self.token in COMPARATORS:
            operator = self.token
            self.at += 1
            self._add(operator, (first, self.operand()))
        else:
            raise InvalidConditionError(f"Syntax error; token: {self.token or 'the end'}")

    def operands(self) -> tuple[str, ...]:
        """Read operands in parentheses."""
        self.expect("(")
        found = [self.operand()]
        while self.skips(","):
            found.append(self.operand())
        self.expect(")")
        return tuple(found)

    def operand(self) -> str:
        """Read a path, a placeholder, or `size(…)`."""
        name = self.token
        if not name or not (name[0] in "#:_" or name[0].isalpha()):
            raise InvalidConditionError(f"Syntax error; token: {name or 'the end'}")
        self.at += 1
        if self.token != "(":
            return name
        operands = self.operands()
        if name != "size":
            raise InvalidConditionError(f"The function {name} is not allowed here")
        _check_function(name, 1, operands)
        return f"size({operands[0]})"

    def _add(self, name: str, operands: tuple[str, ...]) -> None:
        """Add a term. Raises InvalidConditionError if DynamoDB refuses its operands."""
        if name in FUNCTIONS:
            _check_function(name, FUNCTIONS[name], operands)
        if operands[0] in operands[1:]:
            raise InvalidConditionError(f"The first operand of {name} must be distinct")
        types = [next(iter(self.values[each])) for each in operands if each in self.values]
        wrong = next((each for each in types if not _accepts(name, each)), None)
        if wrong:
            raise InvalidConditionError(f"Incorrect operand type for {name}: {wrong}")
        if name == "IN" and len(operands) > 1 + MAX_OPERANDS_OF_IN:
            raise InvalidConditionError(f"IN has more than {MAX_OPERANDS_OF_IN} operands")
        bounds = [self.values[each] for each in operands[1:] if each in self.values]
        if name == "BETWEEN" and len(bounds) == 2 and not _is_ordered(*bounds):
            raise InvalidConditionError("BETWEEN needs bounds of one type, the lower one first")
        if name == "attribute_type" and bounds and bounds[0]["S"] not in TYPES:
            raise InvalidConditionError(f"Invalid attribute type name: {bounds[0]['S']}")
        self.terms.append((name, operands))


def _check_function(name: str, count: int, operands: Sequence[str]) -> None:
    if len(operands) != count:
        raise InvalidConditionError(f"Incorrect number of operands for {name}: {len(operands)}")
    if name in ON_PATHS and operands[0].startswith((":", "size(")):
        raise InvalidConditionError(f"{name} needs a document path")


def _accepts(name: str, kind: str) -> bool:
    """Return True if an operator or function accepts a value of this type."""
    if name in ("<", "<=", ">", ">=", "BETWEEN"):
        return kind in WITH_AN_ORDER
    if name == "begins_with":
        return kind in ("S", "B")
    return kind == "S" or name != "attribute_type"


def _is_ordered(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> bool:
    ((kind, low),) = lower.items()
    ((other, high),) = upper.items()
    return kind == other and (float(low) <= float(high) if kind == "N" else low <= high)
