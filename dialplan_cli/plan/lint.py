"""What is allowed in a plan and yet hardly meant, such as rules that are never reached."""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

import phonenumbers

from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, Condition
from dialplan_cli.plan.facts import listed
from dialplan_cli.plan.numbers import is_restricted
from dialplan_cli.plan.problems import Fault, Path
from dialplan_cli.plan.reachability import Conditions, conditions, covers, is_impossible
from dialplan_cli.plan.references import outcomes, part
from dialplan_cli.plan.source import YamlSource
from dialplan_cli.plan.unused import check_unused

LIMITS = ("hours.", LISTED, ATTEMPTS)
"""What these facts begin with is no matter of whom one calls, or may catch 112 by accident."""

Document = Mapping[str, Any]
Found = Iterator[tuple[Path, str]]

# https://help.salesforce.com/s/articleView?id=sf.admin_state_country_picklists_overview.htm
_PICKLIST_CODE = re.compile(r"(.+\.)?(Person)?(Billing|Shipping|Mailing|Other)?(Country|State)Code")


def check_sense(document: Document, source: YamlSource) -> Iterator[Fault]:
    """The warnings on a valid plan, each with the line it stands in."""
    for check in _CHECKS:
        for path, message in check(document):
            yield source.places[path].line, path, message


def check_guesses(document: Document, source: YamlSource) -> Iterator[Fault]:
    """The same on what only the organisation knows, and is asked by `--salesforce`."""
    for path, message in _picklists(document):
        yield source.places[path].line, path, message


def _unreachable(document: Document) -> Found:
    earlier: list[tuple[str, Conditions]] = []
    for index, rule in enumerate(document["rules"]):
        own = conditions(rule["when"])
        if first := next((name for name, others in earlier if covers(others, own)), None):
            yield ("rules", index), f"never decides: '{first}' decides all its calls before it"
        earlier.append((rule["id"], own))


def _impossible(document: Document) -> Found:
    for index, rule in enumerate(document["rules"]):
        for fact, expected in rule["when"].items():
            if is_impossible(expected):
                message = "never holds: no value meets all of these comparisons"
                yield ("rules", index, "when", fact), message


def _unresolved(document: Document) -> Found:
    for path, outcome in outcomes(document):
        signal = part(outcome, "signal")
        if "otherwise" in outcome:
            continue
        if restricted := _restricted(document, signal):
            missing = f"{restricted} may not be signalled at that time or in that country"
        elif "mapping" in signal and document["mappings"][signal["mapping"]]["default"] is None:
            missing = f"{signal['key']} is missing or not listed, and the mapping has no default"
        elif "agent" in signal:
            missing = f"the agent has no {signal['agent']}"
        else:
            continue
        yield (
            (*path, "signal"),
            f"the call is refused where {missing}; say `otherwise` what happens",
        )


def _restricted(document: Document, signal: Mapping[str, str]) -> str | None:
    """A service number that `signal` may name and that is not always signalled."""
    mapping = document["mappings"].get(signal.get("mapping"), {"default": signal.get("number")})
    named = [*mapping.get("entries", {}).values(), mapping["default"]]
    if "salesforce" in mapping:
        named += document["service_numbers"]  # what stands there is not known here
    return next(
        (name for name in named if is_restricted(document["service_numbers"].get(name))), None
    )


def _emergencies(document: Document) -> Found:
    """The first rule that may keep an agent from 112 for the time of day or the like."""
    for index, rule in enumerate(document["rules"]):
        own = conditions(rule["when"])
        if all(_is_met_by_emergency(each) for each in own.values()) and own:
            return
        kind = own.get("callee.kind")
        limited = [fact for fact in own if fact.startswith(LIMITS)]
        if limited and "refuse" in rule and (kind is None or kind.test("emergency")):
            message = "emergency calls may be refused: put a rule for callee.kind: emergency first"
            yield ("rules", index), message
            return


def _is_met_by_emergency(condition: Condition) -> bool:
    return condition.fact == "callee.kind" and condition.test("emergency")


def _consent(document: Document) -> Found:
    for name, fields in document["objects"].items():
        if "do_not_call" not in fields:
            message = "has no `do_not_call`: a rule cannot tell whether this person opted out"
            yield ("objects", name), message


def _picklists(document: Document) -> Found:
    """One warning for all such fields: an organisation has the picklists or has them not."""
    places: list[tuple[Path, Mapping[str, str]]] = [
        (("objects", name), fields) for name, fields in document["objects"].items()
    ]
    places.append((("agents", "attributes"), document["agents"]["attributes"]))
    codes = [
        ((*path, name), field)
        for path, fields in places
        for name, field in fields.items()
        if _PICKLIST_CODE.fullmatch(field)
    ]
    if codes:
        others = f" (and {len(codes) - 1} more like it)" if len(codes) > 1 else ""
        message = "exists only where State and Country picklists are switched on in Salesforce"
        yield codes[0][0], f"{codes[0][1]}{others} {message}"


def _values(document: Document) -> Found:
    for index, rule in enumerate(document["rules"]):
        for fact, expected in rule["when"].items():
            path: Path = ("rules", index, "when", fact)
            for value in _whole_values(expected):
                if message := _never_met(fact, value, document["objects"]):
                    yield path, message


def _never_met(fact: str, value: Any, objects: Container[str]) -> str | None:
    if fact == "record.object" and value not in objects:
        return f"{value} is not among `objects`: nothing but its name is read of such records"
    if fact == "callee.country" and value not in phonenumbers.SUPPORTED_REGIONS:
        return f"no callee is in {value}; countries are two capital letters, such as DE"
    if fact == "callee.number" and not str(value).startswith("+"):
        return f"no number starts like {value}; they are compared with their plus, as in +4989…"
    return None


def _whole_values(expected: Any) -> list[Any]:
    """What a fact is compared with as a whole, or by its start."""
    if not isinstance(expected, dict):
        return listed(expected)
    return [
        value for name in ("not", "prefix") if name in expected for value in listed(expected[name])
    ]


_CHECKS = (
    _unreachable,
    _impossible,
    _unresolved,
    check_unused,
    _emergencies,
    _consent,
    _values,
)
