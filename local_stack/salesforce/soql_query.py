"""What a SOQL query says, once it is parsed."""

from dataclasses import dataclass
from typing import Literal as Choice

from local_stack.salesforce.soql_tokens import Literal


@dataclass(frozen=True, slots=True)
class Path:
    """A field, or one of a parent: ("Account", "Type"); `position` is its offset in the text."""

    names: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is = != < <= > >= LIKE, IN or NOT IN; only the last two have several values."""

    path: Path
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND or OR, or the one that NOT denies."""

    operator: Choice["AND", "OR", "NOT"]
    conditions: "tuple[Condition, ...]"


Condition = Comparison | Junction


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY; Salesforce sorts nulls first unless told otherwise."""

    path: Path
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed SELECT; `object_name` is a path of one name."""

    text: str
    fields: tuple[Path, ...]
    object_name: Path
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int
