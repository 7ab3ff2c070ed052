"""Rules of DynamoDB for expressions, which moto does not enforce.

Sources: Expressions.html and ReservedWords.html in
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from local_stack.dynamodb_conditions import InvalidConditionError, Term, terms_of

KEYS = ("pk", "sk")
"""Names of the key attributes, as in template.yaml."""
MAX_EXPRESSION_BYTES = 4 * 1024

EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
CONDITIONS = ("ConditionExpression", "FilterExpression", "KeyConditionExpression")
SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")

_TOKEN = re.compile(r"\s*([#:]?\w+(?:\.[#\w]+|\[\d+\])*|<>|<=|>=|[=<>(),+-]|\S)", re.ASCII)
_PATH = re.compile(r"(?:#\w+|[A-Za-z_]\w*)(?:\.(?:#\w+|[A-Za-z_]\w*)|\[\d+\])*", re.ASCII)
_WORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", *SECTIONS}


def violations(request: Mapping[str, Any]) -> Iterator[str]:
    """Yield what DynamoDB refuses in the expressions of a request or of a part of it."""
    texts = {name: request[name] for name in EXPRESSIONS if name in request}
    placeholders: dict[str, Any] = {}
    for parameter in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        given = request.get(parameter)
        prefix = "#" if parameter == "ExpressionAttributeNames" else ":"
        if any(not key.startswith(prefix) for key in given or ()):
            yield f"{parameter} contains invalid key: Syntax error"
        if given is not None and (not given or not texts):
            yield f"{parameter} must not be empty, and needs an expression"
        placeholders |= given or {}
    if "" in request.get("ExpressionAttributeNames", {}).values():
        yield "ExpressionAttributeNames contains invalid value: it is empty"
    used: set[str] = set()
    for name, text in texts.items():
        used |= set(re.findall(r"[#:]\w+", text, re.ASCII))
        yield from _expression(name, text, request.get("ExpressionAttributeNames", {}))
        if name in CONDITIONS:
            try:
                condition_of(name, request)
            except InvalidConditionError as error:
                yield f"Invalid {name}: {error}"
    if unused := placeholders.keys() - used:
        yield f"Value provided in ExpressionAttributeNames or -Values unused: {sorted(unused)}"
    if missing := used - placeholders.keys():
        yield f"An expression attribute name or value is not defined: {sorted(missing)}"


def _expression(parameter: str, text: str, names: Mapping[str, str]) -> Iterator[str]:
    tokens = tokens_of(text)
    if not tokens:
        yield f"Invalid {parameter}: The expression can not be empty"
    if len(text.encode()) > MAX_EXPRESSION_BYTES:
        yield f"Invalid {parameter}: Expression size has exceeded the maximum allowed size"
    yield from _words(parameter, tokens)
    if parameter == "UpdateExpression":
        yield from _update(tokens, names)
    if parameter == "ProjectionExpression":
        yield from _overlaps(paths_of(tokens, names))
        if any(token != "," for token in tokens[1::2]) or len(tokens) % 2 == 0:
            yield f"Invalid {parameter}: Syntax error; it must be paths, separated by commas"


def condition_of(parameter: str, request: Mapping[str, Any]) -> list[Term]:
    """Return the terms of a condition. Raises InvalidConditionError."""
    values = request.get("ExpressionAttributeValues", {})
    return terms_of(tokens_of(request.get(parameter, "")), values)


def _words(parameter: str, tokens: list[str]) -> Iterator[str]:
    """Check the words that are attribute names: reserved ones need a placeholder."""
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token[0] in ":=<>(),+-" or token.upper() in _WORDS or following == "(":
            continue
        if not _PATH.fullmatch(token):
            yield f"Invalid {parameter}: Syntax error; token: {token}"
        for part in re.findall(r"[#\w]+", token, re.ASCII):
            if part.upper() in ReservedKeywords.get_reserved_keywords():
                yield f"Invalid {parameter}: Attribute name is a reserved keyword: {part}"


def _update(tokens: list[str], names: Mapping[str, str]) -> Iterator[str]:
    sections = [(at, token.upper()) for at, token in enumerate(tokens) if token.upper() in SECTIONS]
    if not sections or sections[0][0] != 0:
        yield "Invalid UpdateExpression: it must begin with SET, REMOVE, ADD or DELETE"
    if len({name for _, name in sections}) < len(sections):
        yield "Invalid UpdateExpression: The section can only be used once"
    changed: list[tuple[str, ...]] = []
    for (start, name), end in zip(
        sections, [*(at for at, _ in sections[1:]), len(tokens)], strict=True
    ):
        content = tokens[start + 1 : end]
        if not content:
            yield f"Invalid UpdateExpression: the section {name} is empty"
        depth, is_first = 0, True
        for token in content:
            if is_first:
                changed += paths_of([token], names)
            depth += (token == "(") - (token == ")")
            is_first = token == "," and depth == 0
    if any(path[0] in KEYS for path in changed):
        yield "Cannot update an attribute that is part of the key"
    yield from _overlaps(changed)


def _overlaps(paths: Iterable[tuple[str, ...]]) -> Iterator[str]:
    ordered = sorted(paths)
    for first, second in pairwise(ordered):
        if second[: len(first)] == first:
            yield f"Two document paths overlap with each other: {first}, {second}"


def tokens_of(expression: str) -> list[str]:
    """Return words, paths, placeholders and operators of an expression."""
    return _TOKEN.findall(expression)


def paths_of(tokens: Iterable[str], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the document paths among the tokens, with their placeholders replaced."""
    return [
        tuple(names.get(part, part) for part in re.findall(r"[#\w]+", token, re.ASCII))
        for token in tokens
        if _PATH.fullmatch(token) and token.upper() not in _WORDS
    ]
