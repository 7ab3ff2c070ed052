"""The facts that a plan's rules may name, and what is known of their values beforehand."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from click_to_dial.model import CalleeKind
from click_to_dial.salesforce.consent import CONSENT, CONSENTS
from dialplan_cli.plan.lookups import LOOKUPS, check_lookup
from dialplan_cli.plan.problems import Path, unknown

KINDS = frozenset(get_args(CalleeKind))
BUILT_IN = {
    "record.object": "text",
    "agent.known": "true or false",
    "callee.number": "text",
    "callee.country": "text",
    "callee.kind": "text",
}
ANY = "any"
_CHOICES = {
    "callee.kind": ("kind of callee", KINDS),
    f"record.{CONSENT}": ("consent", frozenset(CONSENTS)),
}

# Fields of standard objects that hold digits and are text all the same.
_TEXT_FIELD = re.compile(r"(\w+\.)*\w*(Phone|Extension|Fax|PostalCode|EmployeeNumber)")


def items(value: object) -> Iterable[tuple[str, Any]]:
    """The keys and values; none where `value` has no keys."""
    return value.items() if isinstance(value, dict) else ()


def listed(value: object) -> list[Any]:
    """A list as it is, anything else as the only item of one."""
    return value if isinstance(value, list) else [value]


def known_facts(data: Mapping[str, Any]) -> dict[str, str]:
    """Each fact that rules may name: whether it is `text`, `true or false`, or may be `any`."""
    facts = dict(BUILT_IN)
    for _, fields in items(data.get("objects")):
        facts |= {f"record.{name}": _type_of(path) for name, path in items(fields)}
        if CONSENT in dict(items(fields)):
            facts[f"record.{CONSENT}"] = "text"
    attributes = dict(items(data.get("agents"))).get("attributes")
    facts |= {f"agent.{name}": _type_of(path) for name, path in items(attributes)}
    facts |= {f"hours.{name}": "true or false" for name, _ in items(data.get("hours"))}
    return facts


def check_conditions(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Conditions on facts that do not exist, or that a fact's values can never meet."""
    facts = known_facts(data)
    rules = data.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        for fact, expected in items(dict(items(rule)).get("when")):
            path = ("rules", index, "when", fact)
            if fact in LOOKUPS:
                yield from check_lookup(data, path, fact, expected)
            elif {"within", "by"} & dict(items(expected)).keys():
                yield path, "`within` and `by` are for callee.attempts alone"
            elif fact in facts:
                yield from _check_values(path, fact, facts[fact], expected)
            else:
                yield path, unknown("fact", fact, [*facts, *LOOKUPS])


def _type_of(field_path: object) -> str:
    return "text" if _TEXT_FIELD.fullmatch(str(field_path)) else ANY


def _check_values(path: Path, fact: str, kind: str, expected: object) -> Iterator[tuple[Path, str]]:
    for where, operator, value in _operands(path, expected):
        wrong = (
            isinstance(value, bool | int | float) if kind == "text" else not isinstance(value, bool)
        )
        if kind != ANY and wrong and operator != "present":
            yield (
                where,
                f"{fact} is {kind}; write {'it in quotes' if kind == 'text' else 'true or false'}",
            )
        elif fact in _CHOICES and operator in ("is", "not"):
            what, choices = _CHOICES[fact]
            if str(value) not in choices:
                yield where, unknown(what, value, choices)


def _operands(path: Path, expected: object) -> Iterator[tuple[Path, str, Any]]:
    """Each single value that is compared with, with where it stands and how it is compared."""
    operators = expected if isinstance(expected, dict) else {"is": expected}
    for operator, operand in operators.items():
        here = (*path, operator) if isinstance(expected, dict) else path
        for index, value in enumerate(listed(operand)):
            yield ((*here, index) if isinstance(operand, list) else here), operator, value
