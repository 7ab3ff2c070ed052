"""The values that a dial plan is written with: names, texts, durations, scalars."""

import datetime
import re
import zoneinfo
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

LARGEST = 2**53
"""Larger whole numbers are not exact in JSON; where one stands in a plan, it is a phone number."""

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

NAME = r"^\S+$"
ATTRIBUTE = r"^[A-Za-z_][A-Za-z0-9_]*$"
API_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
FIELD_PATH = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}$"
DURATION = r"^[0-9]{1,6}[smhd]$"


def seconds(duration: str) -> int:
    """The seconds in a duration such as `90s` or `8h`."""
    return int(duration[:-1]) * SECONDS[duration[-1]]


def _version(version: int) -> int:
    if version != 1:
        raise PydanticCustomError("version", "must be 1; this software knows no other format")
    return version


def _text(text: str) -> str:
    if text.strip() != text or not text.isprintable():
        raise PydanticCustomError("text", "must be printable, without blanks at its ends")
    return text


def _sentence(text: str) -> str:
    sentence = " ".join(text.split())  # YAML folds long texts with line breaks at their ends
    if not sentence or not sentence.isprintable():
        raise PydanticCustomError("text", "must be a sentence that people can read")
    return sentence


def _region(region: str) -> str:
    if region not in phonenumbers.SUPPORTED_REGIONS:
        message = "is not a country; write its two capital letters, such as DE"
        raise PydanticCustomError("region", message)
    return region


def is_date(value: object) -> bool:
    """Whether it is a day such as 2026-01-31."""
    try:
        return isinstance(value, str) and datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _date(value: object) -> str:
    if not is_date(value):
        message = "must be a day, written year-month-day: 2026-01-31"
        raise PydanticCustomError("date", message)
    return str(value)


def _zone(zone: object) -> str:
    if str(zone) not in zoneinfo.available_timezones():
        message = "is no time zone; write one such as Europe/Berlin"
        raise PydanticCustomError("zone", message)
    return str(zone)


def _duration(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(DURATION, value):
        message = "must be a whole number with its unit: 0s, 90s, 5m, 8h or 7d"
        raise PydanticCustomError("duration", message)
    return value


def _scalar(value: object) -> str | int | float | bool:
    if not isinstance(value, str | int | float | bool):
        raise PydanticCustomError("scalar", "must be a text, a number, true or false")
    if not isinstance(value, str | bool) and not abs(value) < LARGEST:
        message = "is too large for a number; if it is text, write it in quotes"
        raise PydanticCustomError("large", message)
    return value


def _comparable(value: object) -> str | int | float | bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = "must be a number or a text such as an ISO date; nothing else has an order"
        raise PydanticCustomError("comparable", message)
    return _scalar(value)


def one_or_list(value: object) -> str:
    """Which of the two forms a value has that may be one or several."""
    return "<list>" if isinstance(value, list) else "<one>"


class Part(BaseModel):
    """A part of the plan: nothing is converted, no key is ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Version = Annotated[int, AfterValidator(_version), WithJsonSchema({"const": 1})]
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=80), AfterValidator(_text)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_text)]
Sentence = Annotated[str, StringConstraints(max_length=500), AfterValidator(_sentence)]
ApiName = Annotated[str, StringConstraints(pattern=API_NAME, max_length=80)]
AttributeName = Annotated[str, StringConstraints(pattern=ATTRIBUTE, max_length=80)]
FieldPath = Annotated[str, StringConstraints(pattern=FIELD_PATH, max_length=300)]
Duration = Annotated[
    Any, AfterValidator(_duration), WithJsonSchema({"type": "string", "pattern": DURATION})
]
Date = Annotated[Any, AfterValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Zone = Annotated[Any, AfterValidator(_zone), WithJsonSchema({"type": "string"})]
Region = Annotated[
    str, AfterValidator(_region), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}$"})
]
Scalar = Annotated[
    Any, AfterValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Comparable = Annotated[
    Any, AfterValidator(_comparable), WithJsonSchema({"type": ["string", "number"]})
]
Scalars = Annotated[
    Annotated[Scalar, Tag("<one>")] | Annotated[list[Scalar], Field(min_length=1), Tag("<list>")],
    Discriminator(one_or_list),
]
Texts = Annotated[
    Annotated[Text, Tag("<one>")] | Annotated[list[Text], Field(min_length=1), Tag("<list>")],
    Discriminator(one_or_list),
]
