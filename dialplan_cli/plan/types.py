"""The values in a dial plan: names, texts, durations, dates, scalars."""

import datetime
import difflib
import re
import zoneinfo
from collections.abc import Callable
from typing import Annotated, Any

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

MAX_NUMBER = 2**53
"""Larger whole numbers are not exact in JSON. In a plan they are phone numbers without quotes."""

SECONDS_PER_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400}

NAME = r"^\S+$"
LIST_NAME = r"^[A-Za-z_][A-Za-z0-9_-]*$"
ATTRIBUTE = r"^[A-Za-z_][A-Za-z0-9_]*$"
MAX_NAME = 80
API_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
FIELD_PATH = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}$"
INTERNAL_DIGITS = r"^[1-7](-[1-7])?$"
DURATION = r"^[0-9]{1,6}[smhd]$"


class PlanModel(BaseModel):
    """A part of the plan. No value is converted and no key is ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def require(test: Callable[[Any], bool], message: str) -> AfterValidator:
    """Return a validator that accepts the values for which `test` is true."""

    def validate(value: Any) -> Any:
        if not test(value):
            raise PydanticCustomError("plan", "{message}", {"message": message})
        return value

    return AfterValidator(validate)


def seconds(duration: str) -> int:
    """Return the seconds of a duration such as `90s` or `8h`."""
    return int(duration[:-1]) * SECONDS_PER_UNIT[duration[-1]]


def digit_lengths(lengths: int | str) -> range:
    """Return the lengths in `3` or `2-4`. It is empty for `4-2`."""
    first, _, last = str(lengths).partition("-")
    return range(int(first), int(last or first) + 1)


def is_date(value: object) -> bool:
    """Tell whether a value is a day such as 2026-01-31."""
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def is_time(value: object) -> bool:
    """Tell whether a value is a point in time such as 2026-01-31T18:00."""
    try:
        return isinstance(value, str) and bool(
            re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", value)
            and datetime.datetime.fromisoformat(value)
        )
    except ValueError:
        return False


def one_or_list(value: object) -> str:
    """Return the tag of the form, for values that may be one or a list."""
    return "<list>" if isinstance(value, list) else "<one>"


def form_by_key(*keys: str, default: str, scalar: str = "") -> Discriminator:
    """Return a discriminator between forms. The tag of a form is `<key>`, after its own key.

    `default` is the form without any of `keys`, and `scalar` the form that is not a mapping.
    """

    def tag(value: object) -> str:
        if not isinstance(value, dict):
            return f"<{scalar or default}>"
        return f"<{next((key for key in keys if key in value), default)}>"

    return Discriminator(tag)


_PRINTABLE = require(
    lambda text: text.strip() == text and text.isprintable(),
    "must be printable, without blanks at either end",
)
_EXACT_NUMBER = require(
    lambda value: isinstance(value, str | bool) or abs(value) < MAX_NUMBER,
    "is too large for a number; if it is text, write it in quotes",
)

Version = Annotated[
    int,
    require(lambda version: version == 1, "must be 1; this software supports no other version"),
    WithJsonSchema({"const": 1}),
]
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=80), _PRINTABLE]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80), _PRINTABLE]
Sentence = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(lambda text: " ".join(text.split())),  # a folded text may end in a line break
    require(
        lambda text: text != "" and text.isprintable(), "must be a sentence that people can read"
    ),
]
ApiName = Annotated[str, StringConstraints(pattern=API_NAME, max_length=80)]
AttributeName = Annotated[str, StringConstraints(pattern=ATTRIBUTE, max_length=MAX_NAME)]
ListName = Annotated[str, StringConstraints(pattern=LIST_NAME, max_length=MAX_NAME)]
FieldPath = Annotated[str, StringConstraints(pattern=FIELD_PATH, max_length=300)]
Duration = Annotated[
    Any,
    require(
        lambda value: isinstance(value, str) and re.fullmatch(DURATION, value) is not None,
        "must be a whole number with its unit: 0s, 90s, 5m, 8h or 7d",
    ),
    WithJsonSchema({"type": "string", "pattern": DURATION}),
]
InternalDigits = Annotated[
    Any,
    require(
        lambda value: (
            isinstance(value, str | int)
            and re.fullmatch(INTERNAL_DIGITS, str(value)) is not None
            and len(digit_lengths(value)) > 0
        ),
        "must be a number of digits, or the least and the most: 3 or 2-4, from 1 to 7",
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 7},
                {"type": "string", "pattern": INTERNAL_DIGITS},
            ]
        }
    ),
]
Date = Annotated[
    Any,
    require(is_date, "must be a day, written year-month-day: 2026-01-31"),
    WithJsonSchema({"type": "string", "format": "date"}),
]


def is_zone(value: object, *others: str) -> bool:
    """Return whether a value is a time zone or one of `others`.

    Raises PydanticCustomError if it is nearly one, with the likely name.
    """
    names = {*others, *zoneinfo.available_timezones()}
    if str(value) in names:
        return True
    word = str(value).lower().replace(" ", "_")
    likely = [name for name in names if word in (name.lower(), name.lower().rpartition("/")[2])]
    likely = sorted(likely) or difflib.get_close_matches(str(value), names, n=1, cutoff=0.8)
    if likely:
        message = f"is not a time zone; did you mean '{likely[0]}'?"
        raise PydanticCustomError("plan", "{message}", {"message": message})
    return False


Zone = Annotated[
    Any,
    require(
        is_zone,
        "is not a time zone; write one such as Europe/Berlin",
    ),
    WithJsonSchema({"type": "string"}),
]


def is_region(value: object) -> bool:
    """Return whether a value is a country with telephone numbers, such as DE.

    Raises PydanticCustomError if the country can be recognised, with its code.
    """
    if value in phonenumbers.SUPPORTED_REGIONS:
        return True
    if likely := likely_region(str(value)):
        message = f"is not a country; write its two capital letters: {likely}"
        raise PydanticCustomError("plan", "{message}", {"message": message})
    return False


def likely_region(name: str) -> str | None:
    """Return the code of a country that is written in another way: uk, Germany, Deutschland."""
    from phonenumbers.geodata.locale import LOCALE_DATA  # slow, and needed only for a mistake

    if name.upper() in phonenumbers.SUPPORTED_REGIONS:
        return name.upper()
    if name.upper() == "UK":
        return "GB"
    names = (code for code, texts in LOCALE_DATA.items() if name in texts.values())
    return next((code for code in names if code in phonenumbers.SUPPORTED_REGIONS), None)


Region = Annotated[
    str,
    require(is_region, "is not a country; write its two capital letters, such as DE"),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"}),
]
Scalar = Annotated[
    Any,
    require(
        lambda value: isinstance(value, str | int | float | bool),
        "must be a text, a number, true or false",
    ),
    _EXACT_NUMBER,
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]
Comparable = Annotated[
    Any,
    require(
        lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
        "must be a number or a text such as an ISO date; other values have no order",
    ),
    _EXACT_NUMBER,
    WithJsonSchema({"type": ["string", "number"]}),
]
Scalars = Annotated[
    Annotated[Scalar, Tag("<one>")] | Annotated[list[Scalar], Field(min_length=1), Tag("<list>")],
    Discriminator(one_or_list),
]
Texts = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[list[Text], Field(min_length=1), Tag("<list>")],
    Discriminator(one_or_list),
]
