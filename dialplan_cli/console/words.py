"""A dial plan in words: conditions, outcomes and service numbers in the language of the browser.

Everything is read from the published document, so operators and facts that this module does not
know are shown by their names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import geocoder

from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED, ON_RECORD
from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee
from click_to_dial.phone_numbers import read_international
from click_to_dial.salesforce.consent import CONSENT
from dialplan_cli.console.language import has_text, language, text
from dialplan_cli.plan.facts import COMPARISONS
from dialplan_cli.plan.source import as_list, condition_sets

Document = Mapping[str, Any]

DAY_SECONDS = 24 * 60 * 60
UNITS = ((DAY_SECONDS, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
BOUNDS = ("lt", "lte", "gt", "gte")
OPT_OUTS = ("DoNotCall", "PersonDoNotCall")
"""Fields of Salesforce in which a person asks not to be called."""


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A service number. `written` is its international form, or its digits if it has none.

    `country` is a name, or empty. `validity` and `regions` are sentences, or empty. `available` is
    False if its period has not begun or is over.
    """

    key: str
    name: str
    written: str
    country: str
    validity: str
    regions: str
    available: bool


@dataclass(frozen=True, slots=True)
class ShownOutcome:
    """A rule's outcome in words: `refuse` with the reason, `show` a number, or the `next` rule.

    `numbers` are the service numbers that it may show, and `mapping` the name of the mapping that
    they are taken from. `otherwise` is the outcome if there is no number.
    """

    kind: str
    words: str
    numbers: tuple[ShownNumber, ...] = ()
    mapping: str = ""
    otherwise: "ShownOutcome | None" = None


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule in words. It matches if all conditions of one of its `sets` hold.

    `id` is empty for an entry of `outage`. `emergency` is True if it is about emergency numbers,
    and `needs_salesforce` if it cannot be evaluated during an outage.
    """

    id: str
    sets: tuple[tuple[str, ...], ...]
    outcome: ShownOutcome
    emergency: bool
    needs_salesforce: bool


class Words:
    """The words for one document. `now` (seconds since 1970) tells which numbers are valid.

    `zone` is the home zone.
    """

    def __init__(self, document: Document, zone: str, now: float) -> None:
        self._document = document
        self._zone = ZoneInfo(zone)
        self._now = now
        self._opt_outs = {
            f"record.{name}"
            for fields in document["objects"].values()
            for name, field in fields.items()
            if isinstance(field, str) and field.rpartition(".")[2] in OPT_OUTS
        }

    def rules(self) -> list[ShownRule]:
        """Return the rules in order."""
        return [self._rule(rule) for rule in self._document["rules"]]

    def outage(self) -> list[ShownRule]:
        """Return the rules of `outage`, which may be a single outcome."""
        return [self._rule({"id": "", **entry}) for entry in as_list(self._document["outage"])]

    def numbers(self) -> list[ShownNumber]:
        """Return all service numbers."""
        return [self.number(key) for key in self._document["service_numbers"]]

    def number(self, key: str) -> ShownNumber:
        """Return a service number by its key in the plan."""
        document = self._document["service_numbers"][key]
        callee = written(document["number"])
        start, end = document.get("valid_from"), document.get("valid_to")
        return ShownNumber(
            key=key,
            name=document["name"],
            written=international(callee) or document["number"],
            country=country_name(callee.country) if callee and callee.country else "",
            validity=self._validity(start, end),
            regions=text(
                "words.regions", countries=joined(map(country_name, document["regions"]), "and")
            )
            if document.get("regions")
            else "",
            available=(start is None or self._now >= start) and (end is None or self._now < end),
        )

    def condition(self, fact: str, expected: Any) -> str:
        """Return a condition in words, such as "the country of the number is AT".

        It is one of the plan, or of a trace, in which lists and attempts are part of the fact.
        """
        if fact.startswith(f"{LISTED}."):
            lists = fact.removeprefix(f"{LISTED}.").split("+")
            fact, expected = LISTED, lists if expected else {"not": lists}
        if fact.startswith(f"{ATTEMPTS}."):
            within, by = fact.removeprefix(f"{ATTEMPTS}.").split(".")
            fact, expected = ATTEMPTS, {**expected, "within": int(within[:-1]), "by": by}
        if fact == LISTED:
            operators = expected if isinstance(expected, dict) else {"is": expected}
            ((name, names),) = operators.items()
            key = "not_listed" if name == "not" else "listed"
            return text(f"words.{key}", value=joined(as_list(names), "or"))
        if fact == ATTEMPTS and isinstance(expected, dict):
            return self._attempts(expected)
        if isinstance(expected, bool):
            return self._truth(fact, expected)
        operators = expected if isinstance(expected, dict) else {"is": expected}
        phrases = [self._operator(fact, name, operand) for name, operand in operators.items()]
        return text("words.and").join(phrases)

    def conditions(self, rule_id: str) -> str:
        """Return all conditions of a rule in words. Empty if it has none."""
        rule = next(each for each in self._document["rules"] if each["id"] == rule_id)
        sets = [
            text("words.and").join(self.condition(*each) for each in conditions.items())
            for _, conditions in condition_sets(rule)
        ]
        return text("words.or").join(sets)

    def fact(self, name: str) -> str:
        """Return a fact in words, such as "the country of the number"."""
        key = f"facts.{name.replace('.', '_')}"
        group, _, attribute = name.partition(".")
        if attribute == CONSENT or has_text(key):
            return text(f"facts.{group}_{CONSENT}" if attribute == CONSENT else key)
        if name in self._opt_outs:
            return text("facts.opt_out")
        if has_text(f"facts.{group}"):
            return text(f"facts.{group}", name=attribute)
        return name

    def value(self, fact: str, value: Any) -> str:
        """Return a value of a fact in words."""
        if isinstance(value, bool):
            return text("words.true" if value else "words.false")
        key = f"kinds.{value}"
        if fact == "callee.kind" and has_text(key):
            return text(key)
        if fact == "callee.country":
            return country_name(str(value))
        return f"{value:.15g}" if isinstance(value, float) else str(value)

    def _rule(self, rule: Document) -> ShownRule:
        sets = [conditions for _, conditions in condition_sets(rule)]
        facts = {
            name
            for conditions in sets
            for fact, expected in conditions.items()
            for name in (fact, *compared(expected))
        }
        facts |= set(keys_of(rule))
        kinds = [as_list(conditions.get("callee.kind")) for conditions in sets]
        return ShownRule(
            id=rule["id"],
            sets=tuple(
                tuple(self.condition(fact, expected) for fact, expected in conditions.items())
                for conditions in sets
            ),
            outcome=self._outcome(rule),
            emergency=any("emergency" in each for each in kinds),
            needs_salesforce=any(
                fact.startswith(("record.", "agent.")) or fact == ON_RECORD for fact in facts
            ),
        )

    def _outcome(self, document: Any) -> ShownOutcome:
        if document == "next":
            return ShownOutcome("next", text("words.next"))
        if "refuse" in document:
            return ShownOutcome("refuse", document["refuse"])
        signal = document["signal"]
        further = document.get("otherwise")
        otherwise = None if further is None else self._outcome(further)
        if "number" in signal:
            return ShownOutcome("show", "", (self.number(signal["number"]),), otherwise=otherwise)
        if "mapping" in signal:
            mapping = self._document["mappings"][signal["mapping"]]
            default = mapping["default"]
            return ShownOutcome(
                "show",
                text("words.mapping", fact=self.fact(signal["key"])),
                () if default is None else (self.number(default),),
                signal["mapping"],
                otherwise,
            )
        if "record" in signal:
            words = text("words.of_record", fact=self.fact(f"record.{signal['record']}"))
        else:
            words = text("words.of_agent", fact=self.fact(f"agent.{signal.get('agent')}"))
            if signal.get("prefix"):
                words = text("words.prefixed", words=words, prefix=signal["prefix"])
        return ShownOutcome("show", words, otherwise=otherwise)

    def _truth(self, fact: str, expected: bool) -> str:
        """Return a condition that a fact is true or false."""
        name = fact.replace(".", "_")
        if fact in self._opt_outs:
            name = "opt_out"
        elif fact.startswith("hours."):
            name = "hours"
        key = f"words.{name}_{'true' if expected else 'false'}"
        if not has_text(key):
            key = f"words.is_{'true' if expected else 'false'}"
        return text(key, fact=self.fact(fact), name=fact.partition(".")[2])

    def _operator(self, fact: str, name: str, operand: Any) -> str:
        key = f"words.{name}"
        if name == "present":
            key = "words.present" if operand else "words.missing"
        if not has_text(key):
            return f"{self.fact(fact)}: {name} {operand}"
        if name in COMPARISONS:
            return text(key, fact=self.fact(fact), value=self.fact(str(operand)))
        quoted = fact.startswith(("record.", "agent.")) or name in ("prefix", "matches")
        values = [
            text("words.quoted", value=value)
            if quoted and isinstance(value, str)
            else self.value(fact, value)
            for value in as_list(operand)
        ]
        return text(key, fact=self.fact(fact), value=joined(values, "or"))

    def _attempts(self, expected: Mapping[str, Any]) -> str:
        by = "others" if expected.get("by") == "others" else "anyone"
        bounds = [
            text(f"words.times_{name}", number=expected[name])
            for name in BOUNDS
            if name in expected
        ]
        within = duration(expected.get("within", 0))
        return text(f"words.attempts_{by}", bounds=text("words.and").join(bounds), within=within)

    def _validity(self, start: int | None, end: int | None) -> str:
        first = None if start is None else day(start, self._zone)
        last = None if end is None else day(end - DAY_SECONDS // 2, self._zone)
        if first and last:
            return text("words.valid_between", first=first, last=last)
        if first:
            return text("words.valid_from", first=first)
        return text("words.valid_to", last=last) if last else ""


def compared(expected: Any) -> list[str]:
    """Return the facts that a condition compares its fact with."""
    operators = expected if isinstance(expected, dict) else {}
    return [str(operators[name]) for name in COMPARISONS if name in operators]


def keys_of(outcome: Any) -> Iterable[str]:
    """Yield the facts that an outcome, or what follows it, needs for its number."""
    while isinstance(outcome, Mapping):
        signal = outcome.get("signal", {})
        if "key" in signal:
            yield signal["key"]
        for group in ("agent", "record"):
            if group in signal:
                yield f"{group}.{signal[group]}"
        outcome = outcome.get("otherwise")


def joined(values: Iterable[Any], last: str) -> str:
    """Return values as a list in words, with `and` or `or` before the last one."""
    *first, final = [str(value) for value in values] or [""]
    return f"{', '.join(first)}{text(f'words.{last}')}{final}" if first else final


def duration(seconds: int) -> str:
    """Return a number of seconds in the largest unit that fits."""
    size, unit = next((each for each in UNITS if seconds and seconds % each[0] == 0), UNITS[-1])
    return text(f"words.{unit}", count=seconds // size)


def age(seconds: float) -> str:
    """Return an age in words, rounded to one unit."""
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return text(f"words.{unit}", count=int(seconds // size))


def day(seconds: float, zone: ZoneInfo) -> str:
    """Return the day of a time as people write it."""
    local = datetime.fromtimestamp(seconds, zone)
    return local.strftime("%d.%m.%Y" if language() == "de" else "%Y-%m-%d")


def written(number: str) -> Callee | None:
    """Return a service number as it is read with its country code, or None if it has none."""
    try:
        return read_international(f"+{number.lstrip('+')}")
    except BadParameterError:
        return None


def international(callee: Callee | None) -> str:
    """Return a number with blanks between its parts, such as +43 1 265030. Empty for None."""
    if callee is None or callee.number is None:
        return ""
    parsed = phonenumbers.parse(callee.number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def country_name(region: str) -> str:
    """Return the name of a country in the language of the request, or its code."""
    return _country_name(region, language())


@lru_cache(maxsize=1000)
def _country_name(region: str, lang: str) -> str:
    example = phonenumbers.example_number(region)
    name = None if example is None else geocoder.country_name_for_number(example, lang)
    return name or region
