"""Explain errors of YAML's syntax in plain words, at the line where the mistake is.

The parser reports where it could not go on, which is often a line or more after the mistake.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""Line breaks as the parser counts them."""

_NO_BREAK_BLANKS = "\u00a0\u202f\u2007"
_LONG_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2022"

_NO_BREAK = "this line has a no-break blank, which looks like a blank; replace it by a blank"
_COLON = "a colon and a blank are missing after the key; write `key: value`"
_BLANK_AFTER_COLON = "a blank is missing after the colon; write `key: value`"
_BLANK_AFTER_DASH = "a blank is missing after the hyphen; write `- `"
_HYPHEN = "this is a long dash or a bullet; a list item starts with a hyphen and a blank: `- `"
_DASH = "a list item must start with `- `"
_TOO_FAR = "this line is indented further than the lines that belong with it; use as many blanks"
_BACKSLASH = (
    "in double quotes a backslash has a special meaning; write two of them, or use single quotes"
)
_FOLDED = "a text after > or | must start on the next line; remove the > or |, or start a new line"
_COMPARISON = "a comparison is written with an operator: {gt: 5}, {gte: 5}, {lt: 5} or {lte: 5}"
_NO_VALUE = "a value is missing here, or a comma is too many"
_OPEN_QUOTE = "a quote that begins in this line is not closed"
_OTHER_INDENTATION = (
    "this line is not indented like the lines that belong with it; use as many blanks"
)
_QUOTE_IN_TEXT = (
    'a text with double quotes must be written in single quotes, or with \\" for each of them'
)
_AFTER_QUOTE = (
    "text follows the closing quote; write the whole text in double quotes, which may contain an "
    "apostrophe"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of a syntax error; lines and columns count from 0.

    The parser could not go on in line `at` at `column`. What it was reading began in line `start`
    at `start_column`. `problem` is the parser's message.
    """

    lines: list[str]
    at: int
    column: int
    start: int
    start_column: int
    problem: str

    @property
    def line(self) -> str:
        return self.lines[self.at]

    @property
    def before(self) -> str:
        """The text of the line before the error."""
        return self.line[: self.column]

    @property
    def char(self) -> str:
        """The first character that was not expected; empty at the end of a line."""
        return self.line[self.column : self.column + 1]


Explanation = tuple[int, str]
"""A line, counted from 0, and a message."""


def explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    """Return the line of a syntax error, counted from 1, and what to do."""
    lines = LINE_BREAK.split(text)
    mark, context = error.problem_mark, error.context_mark
    at = min(mark.line, len(lines) - 1) if mark else 0
    place = _Place(
        lines=lines,
        at=at,
        column=mark.column if mark else 0,
        start=min(context.line, at) if context else at,
        start_column=context.column if context else 0,
        problem=str(error.problem),
    )
    explanation = _invisible(place)
    if explanation is None:
        general = _BY_CONTEXT.get(str(error.context), _unknown)
        explanation = _BY_PROBLEM.get(place.problem, general)(place)
    line, message = explanation
    if line == place.at and message in (_TOO_FAR, _OTHER_INDENTATION):
        line, message = _mistaken_sibling(place) or explanation
    return line + 1, message


def _invisible(place: _Place) -> Explanation | None:
    """Explain characters that look like blanks, near the error."""
    for number in (place.at, _previous(place.lines, place.at), place.start):
        if "\t" in _indentation(place.lines[number]):
            return number, "this line is indented with a tab; use blanks"
        if any(blank in place.lines[number] for blank in _NO_BREAK_BLANKS):
            return number, _NO_BREAK
    return None


def _mistaken_sibling(place: _Place) -> Explanation | None:
    """Explain a line that is indented unlike its siblings, the lines before and after it.

    The parser reports the line after it.
    """
    previous = _previous(place.lines, place.at)
    above = place.lines[_previous(place.lines, previous)]
    column, indent = (len(_indentation(place.lines[each])) for each in (place.at, previous))
    later = (line for line in place.lines[place.at + 1 :] if line.strip())
    following = next((line for line in later if len(_indentation(line)) <= column), "")
    is_item, previous_is_item, following_is_item = (
        line.lstrip().startswith("- ") for line in (place.line, place.lines[previous], following)
    )
    if following_is_item and not previous_is_item and len(_indentation(following)) == indent:
        return (previous, _DASH) if above.endswith(":") and indent < column else None
    is_sibling = len(_indentation(following)) == column and following_is_item == is_item
    if (
        is_sibling
        and indent != column
        and (above.endswith(":") or _content_column(above) == column)
    ):
        return previous, _OTHER_INDENTATION
    return None


def _unknown(place: _Place) -> Explanation:
    return place.at, f"this is not valid YAML: {place.problem}"


def _missing_colon(place: _Place) -> Explanation:
    line = place.lines[place.start]
    if re.match(r"\s*-\w", line):
        return place.start, _BLANK_AFTER_DASH
    if line.lstrip().startswith("{"):
        return place.start, _DASH
    if len(line.split()) > 3:
        return place.start, f"{_COLON}; if this line continues the text above, indent it further"
    if re.match(r"\s*(- )?[\w.-]+:\S", line):
        return place.start, _BLANK_AFTER_COLON
    return place.start, _COLON


def _unexpected_colon(place: _Place) -> Explanation:
    """Explain a colon that makes a key where none can be."""
    if re.fullmatch(r"\s*[\w.-]+\s*", place.before):  # the first word of the line is the key
        previous = _previous(place.lines, place.at)
        above = place.lines[previous].lstrip()
        if re.match(r"-\w", above):
            return previous, _BLANK_AFTER_DASH
        if re.match(r"(- )?[\w.-]+:[^\s]", above):
            return previous, _BLANK_AFTER_COLON
        if above[:1] in _LONG_DASHES:
            return previous, _HYPHEN
        if above.startswith("id:"):
            return previous, _DASH
        return (place.at, _TOO_FAR) if ":" in above else (previous, _COLON)
    if re.match(r"\s*(- )?[\w.-]+\s+[\[{]", place.line):
        return place.at, _COLON
    if re.search(r":\s*\(", place.before):
        return place.at, "conditions are written in braces { }, not in parentheses"
    if place.line.count("}") > place.line.count("{"):
        return place.at, "the opening { is missing"
    return place.at, "a text with a colon must be written in quotes"


def _missing_dash(place: _Place) -> Explanation:
    if re.match(r"\s*-\w", place.line):
        return place.at, _BLANK_AFTER_DASH
    if place.line.lstrip()[:1] in _LONG_DASHES:
        return place.at, _HYPHEN
    if place.column == place.start_column:
        return place.at, _DASH
    return place.at, _OTHER_INDENTATION


def _unexpected_text(place: _Place) -> Explanation:
    """Explain text where a new key should start."""
    value = place.before.rstrip()
    if place.char and place.char in "}]":
        return place.at, f"one {place.char} is too many"
    if value.endswith('"'):
        opened = [number for number in range(place.at) if place.lines[number].count('"') % 2]
        return (opened[-1], _OPEN_QUOTE) if opened else (place.at, _QUOTE_IN_TEXT)
    if value.endswith("'"):
        return place.at, _AFTER_QUOTE
    if value.endswith(("]", "}")):
        return place.at, _needs_quotes("[" if value.endswith("]") else "{")
    return _wrong_indentation(place)


def _wrong_indentation(place: _Place) -> Explanation:
    """Explain a key or an item that is in no block, or in a block of another kind."""
    is_item = place.line.lstrip().startswith("- ")
    first = _first_of_block(place.lines, place.at)
    if is_item and place.lines[first].lstrip()[:2] != "- ":
        return first, _DASH
    previous = _previous(place.lines, place.at)
    above = place.lines[_previous(place.lines, previous)]
    indent = len(_indentation(place.lines[previous]))
    if re.match(r"\s*-\w", place.lines[previous]):
        return previous, _BLANK_AFTER_DASH
    if is_item and indent == place.column:
        if place.start_column < indent:
            return previous, _DASH
        is_in_item = place.lines[place.start].lstrip().startswith("- ")
        return (place.at, _TOO_FAR) if is_in_item else (place.start, _DASH)
    is_below = _content_column(place.lines[previous]) == place.start_column < place.column
    if is_below and _content_column(above) != place.column:
        return place.at, _TOO_FAR
    if indent < place.column and not place.lines[previous].rstrip().endswith(":"):
        return previous, _OTHER_INDENTATION
    return place.at, _OTHER_INDENTATION


def _unclosed(place: _Place) -> Explanation:
    """Explain braces or brackets, opened in the line `start`, that are not closed."""
    closing = place.problem[-2]
    indent = _content_column(place.lines[place.start])
    outside = [
        number
        for number in range(place.start + 1, place.at + 1)
        if place.lines[number].strip() and len(_indentation(place.lines[number])) <= indent
    ]
    if outside or not place.line.strip():
        last = _previous(place.lines, outside[0] if outside else place.at)
    else:
        last = place.at
    if last == place.at and place.char and place.char in "}]":
        return place.at, f"the closing {closing} is missing; here is a {place.char}"
    if any(line.count('"') % 2 for line in place.lines[place.start : last + 1]):
        return last, _OPEN_QUOTE
    if last == place.at == place.start:
        return place.at, "a comma is missing between two entries"
    if last == place.at:
        message = f"a comma is missing before this line, or the closing {closing} for line "
        return place.at, f"{message}{place.start + 1}"
    return last, f"the closing {closing} is missing"


def _special_start(place: _Place) -> Explanation:
    """Explain a text whose first character has a meaning in YAML."""
    if place.char == "\t":
        return place.at, "this line contains a tab; use blanks"
    if place.char and place.char in "@`%":
        return place.at, _needs_quotes(place.char)
    char = place.lines[place.start][place.start_column : place.start_column + 1]
    return place.start, _needs_quotes(char) if char else _unknown(place)[1]


def _needs_quotes(char: str) -> str:
    return f"a text that starts with {char} must be written in quotes"


_BY_PROBLEM: dict[str, Callable[[_Place], Explanation]] = {
    "could not find expected ':'": _missing_colon,
    "mapping values are not allowed in this context": _unexpected_colon,
    "did not find expected '-' indicator": _missing_dash,
    "did not find expected key": _unexpected_text,
    "did not find expected ',' or '}'": _unclosed,
    "did not find expected ',' or ']'": _unclosed,
    "block sequence entries are not allowed in this context": lambda place: (
        place.at,
        "the list must start on the next line, or be written in brackets: [first, second]",
    ),
    "found unexpected end of stream": lambda place: (place.start, _OPEN_QUOTE),
    "found unexpected document indicator": lambda place: (place.start, _OPEN_QUOTE),
    "found unknown escape character": lambda place: (place.at, _BACKSLASH),
    "did not find expected node content": lambda place: (place.at, _NO_VALUE),
    "did not find expected <document start>": lambda place: (_first(place.lines), _TOO_FAR),
    "found character that cannot start any token": _special_start,
}
"""Explanations by the parser's message about what it found."""

_BY_CONTEXT: dict[str, Callable[[_Place], Explanation]] = {
    "while scanning a block scalar": lambda place: (
        place.at,
        _COMPARISON if re.search(r":\s*>\s*=?\s*\d", place.line) else _FOLDED,
    ),
    "while scanning an alias": _special_start,
    "while scanning an anchor": _special_start,
    "while scanning a tag": _special_start,
}
"""Explanations by the parser's message about what it was reading."""


def _first(lines: list[str]) -> int:
    """Return the first line with text that is not a comment."""
    texts = (n for n, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#")
    return next(texts, 0)


def _first_of_block(lines: list[str], at: int) -> int:
    """Return the first of the lines above `at` that are indented further than it."""
    indent = len(_indentation(lines[at]))
    first = at
    while (previous := _previous(lines, first)) != first and (
        len(_indentation(lines[previous])) > indent
    ):
        first = previous
    return first


def _previous(lines: list[str], at: int) -> int:
    """Return the last line before `at` with text that is not a comment; `at` if there is none."""
    for number in range(at - 1, -1, -1):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number
    return at


def _content_column(line: str) -> int:
    """Return the column of the first character behind the indentation and a hyphen."""
    return len(_indentation(line)) + (2 if line.lstrip().startswith("- ") else 0)


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
