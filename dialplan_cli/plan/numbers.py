"""Whether the plan's service numbers may be signalled at all (in Germany, TKG section 120)."""

from collections.abc import Iterator, Mapping
from typing import Any

from click_to_dial.errors import BadParameterError
from click_to_dial.phone_numbers import clean, read_callee
from dialplan_cli.plan.facts import items
from dialplan_cli.plan.problems import Path
from dialplan_cli.plan.types import is_date
from dialplan_cli.plan.zone import home_zone

_SPECIAL = {
    "premium-rate": "a premium-rate number",
    "emergency": "an emergency number",
    "short-code": "a short number, such as that of a directory",
    "internal": "too short for a number that can be called from outside",
}
_MASS_TRAFFIC = "+49137"  # phonenumbers knows it as shared cost, like 0180, which may be signalled


def check_service_numbers(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Numbers that must not be signalled, or never are."""
    region = data.get("home_region")
    for key, value in items(data.get("service_numbers")):
        number = dict(items(value))
        path: Path = ("service_numbers", key)
        allowed = number.get("allow_special") is True or not isinstance(number.get("number"), str)
        if fault := None if allowed else special(number["number"], str(region)):
            message = f"{fault}; if it may be signalled all the same: `allow_special: true`"
            yield (*path, "number"), message
        yield from _days(path, number, data)


def is_restricted(number: object) -> bool:
    """Whether there are times or countries in which a service number is not signalled."""
    return bool({"valid_from", "valid_to", "regions"} & dict(items(number)).keys())


def special(number: str, region: str) -> str | None:
    """Why a number cannot be shown to a called party; None where it can."""
    try:
        callee = read_callee(clean(number), region)
    except BadParameterError:
        return "is no possible telephone number"
    if (callee.number or "").startswith(_MASS_TRAFFIC):
        return "is a number for mass calls (0137)"
    kind = _SPECIAL.get(callee.kind)
    return None if kind is None else f"is {kind}"


def _days(
    path: Path, number: Mapping[str, Any], data: Mapping[str, Any]
) -> Iterator[tuple[Path, str]]:
    days = [name for name in ("valid_from", "valid_to") if is_date(number.get(name))]
    if days and home_zone(str(data.get("home_region")), data.get("home_zone")) is None:
        message = "needs the key `home_zone` in the plan, such as Europe/London: the country has "
        yield (*path, days[0]), message + "several time zones, and a day begins in one of them"
    if len(days) == 2 and number["valid_from"] > number["valid_to"]:
        yield (*path, "valid_to"), "is before `valid_from`"
