"""Warnings about a valid plan: what is allowed, but is probably not intended."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import phonenumbers

from click_to_dial.dialplan.conditions import LISTED, ON_RECORD
from click_to_dial.salesforce.consent import CONSENT
from dialplan_cli.plan.facts import COMPARISONS, NUMBERS, all_conditions, operands
from dialplan_cli.plan.lint_facts import (
    warn_attempts,
    warn_comparisons,
    warn_facts_of_outage,
    warn_on_record,
    warn_signals_of_outage,
)
from dialplan_cli.plan.lint_values import (
    warn_bounds,
    warn_filters,
    warn_numbers,
    warn_patterns,
    warn_placeholders,
    warn_texts,
    warn_truth_values,
    warn_values,
)
from dialplan_cli.plan.names import warn_names
from dialplan_cli.plan.reachability import Conditions, conditions, is_impossible, subsumes
from dialplan_cli.plan.references import is_restricted, outcomes
from dialplan_cli.plan.source import Findings, Path, as_list, child, condition_sets

Document = Mapping[str, Any]

MAX_EMERGENCY_DIGITS = 4
"""Longer emergency numbers are rare, and no extension by accident."""

# https://help.salesforce.com/s/articleView?id=sf.admin_state_country_picklists_overview.htm
_PICKLIST_CODE = re.compile(r"(.+\.)?(Person)?(Billing|Shipping|Mailing|Other)?(Country|State)Code")


def find_warnings(document: Document) -> Findings:
    """Run all checks on a published document."""
    for check in CHECKS:
        yield from check(document)


def find_offline_warnings(document: Document) -> Findings:
    """Find fields that exist only in some organisations. Asking Salesforce makes this needless."""
    attributes: list[tuple[Path, Mapping[str, str]]] = [
        (("objects", name), fields) for name, fields in document["objects"].items()
    ]
    attributes.append((("agents", "attributes"), document["agents"]["attributes"]))
    codes = [
        ((*path, name), field)
        for path, fields in attributes
        for name, field in fields.items()
        if _PICKLIST_CODE.fullmatch(field)
    ]
    if codes:  # one warning for all, because an organisation has all of them or none
        path, field = codes[0]
        others = f" (and {len(codes) - 1} similar)" if len(codes) > 1 else ""
        message = "exists only if State and Country picklists are enabled in Salesforce"
        yield path, f"{field}{others} {message}"
    yield from warn_names(document)
    yield from warn_truth_values(document)


def warn_unreachable(document: Document) -> Findings:
    """Warn of rules that never decide because an earlier rule does."""
    outage = document["outage"]
    yield from _find_unreachable("rules", document["rules"])
    yield from _find_unreachable("outage", outage if isinstance(outage, list) else [])


def _find_unreachable(key: str, rules: Sequence[Mapping[str, Any]]) -> Findings:
    earlier: list[tuple[str, Conditions]] = []
    for index, rule in enumerate(rules):
        own = conditions(rule)
        deciding = [
            next((name for name, others in earlier if subsumes(others, each)), None) for each in own
        ]
        if all(deciding):
            names = " and ".join(dict.fromkeys(f"'{name}'" for name in deciding))
            verb = "decides" if len(set(deciding)) == 1 else "decide"
            yield (key, index), f"never decides: {names} {verb} all its calls first"
        elif any(deciding):
            for place, name in enumerate(deciding):
                if name:
                    yield (
                        (key, index, "when", place),
                        f"has no effect: '{name}' decides all these calls first",
                    )
        outcome: Any = rule
        while isinstance(outcome, Mapping):
            outcome = outcome.get("otherwise")
        if outcome != "next":  # it decides all calls that match
            name = rule.get("id", f"{key}[{index}]")
            earlier += [(name, each) for each in own]


def warn_impossible(document: Document) -> Findings:
    """Warn of conditions that no value satisfies."""
    for path, _, expected in all_conditions(document):
        if is_impossible(expected):
            yield path, "never holds: no value satisfies all of these comparisons"


def warn_unresolved(document: Document) -> Findings:
    """Warn of signals that may find no number and have no `otherwise`."""
    for path, outcome in outcomes(document):
        signal = child(outcome, "signal")
        if "otherwise" in outcome:
            continue
        if restricted := _restricted_number(document, signal):
            reason = f"{restricted} may not be signalled at that time or in that country"
        elif "mapping" in signal and document["mappings"][signal["mapping"]]["default"] is None:
            reason = f"{signal['key']} is missing or has no entry, and the mapping has no default"
        elif "agent" in signal:
            reason = f"the agent has no {signal['agent']}"
        elif "record" in signal:
            reason = f"the record's {signal['record']} is empty or not a service number of the plan"
        else:
            continue
        message = f"the call is refused if {reason}; add `otherwise` to decide what happens then"
        yield (*path, "signal"), message


def _restricted_number(document: Document, signal: Mapping[str, str]) -> str | None:
    """Return a service number that `signal` may name and that may not always be signalled."""
    numbers = document["service_numbers"]
    mapping = document["mappings"].get(signal.get("mapping"), {"default": signal.get("number")})
    names = [*mapping.get("entries", {}).values(), mapping["default"]]
    if "salesforce" in mapping:
        names += numbers  # the entries are not known here
    return next((name for name in names if is_restricted(numbers.get(name))), None)


def warn_unused_numbers(document: Document) -> Findings:
    """Warn of service numbers and mappings that nothing uses."""
    signals = [child(outcome, "signal") for _, outcome in outcomes(document)]
    numbers = {signal["number"] for signal in signals if "number" in signal}
    if any("record" in signal for signal in signals):
        numbers |= set(document["service_numbers"])  # a record may contain any of them
    for mapping in document["mappings"].values():
        numbers |= {mapping["default"], *mapping.get("entries", {}).values()}
        if "salesforce" in mapping:
            numbers |= set(document["service_numbers"])  # the entries are not known here
    for name in document["service_numbers"]:
        if name not in numbers:
            yield ("service_numbers", name), "nothing signals it"
    mappings = {signal["mapping"] for signal in signals if "mapping" in signal}
    for name in document["mappings"]:
        if name not in mappings:
            yield ("mappings", name), "nothing uses it"


def warn_unused_facts(document: Document) -> Findings:
    """Warn of lists, attributes and hours that no rule uses."""
    used = list(all_conditions(document))
    lists = {
        value
        for path, fact, expected in used
        if fact == LISTED
        for _, _, value in operands(path, expected)
    }
    for index, name in enumerate(document.get("lists", ())):
        if name not in lists:
            yield ("lists", index), f"no rule uses the list {name}"
    signals = [child(outcome, "signal") for _, outcome in outcomes(document)]
    facts = {fact for _, fact, _ in used}
    facts |= {signal["key"] for signal in signals if "key" in signal}
    facts |= {f"{group}.{signal[group]}" for signal in signals for group in signal}
    facts |= {
        value
        for path, _, expected in used
        for _, operator, value in operands(path, expected)
        if operator in COMPARISONS
    }
    defined: list[tuple[str, Path, Mapping[str, Any]]] = [
        ("agent", ("agents", "attributes"), document["agents"]["attributes"]),
        ("hours", ("hours",), document.get("hours", {})),
    ]
    defined += [("record", ("objects", key), names) for key, names in document["objects"].items()]
    for group, path, names in defined:
        for name in names:
            if f"{group}.{name}" not in facts:
                yield (*path, name), f"no rule uses {group}.{name}"
    if ON_RECORD not in facts:
        for name in document.get(NUMBERS, {}):
            yield ("objects", name, NUMBERS), f"no rule uses {ON_RECORD}"


def warn_emergency(document: Document) -> Findings:
    """Warn of rules that refuse emergency calls: those whose conditions are all on the callee.

    Other refusals do not apply to emergency calls.
    """
    for index, rule in enumerate(document["rules"]):
        for place, own in zip(condition_sets(rule), conditions(rule), strict=True):
            if not all(each.group == "callee" for each in own.values()):
                continue
            if not _may_be_emergency(own):
                continue
            if "refuse" in rule and own:
                message = "refuses emergency calls; put a rule for callee.kind: emergency first"
                yield ("rules", index, *place[0]), message
            elif not own or set(own) == {"callee.kind"}:
                return  # it decides all emergency calls


def check_emergency(document: Document) -> Findings:
    """Find plans in which an emergency call can end without a number."""
    for rule in document["rules"]:
        decides = any(
            not own or (set(own) == {"callee.kind"} and _may_be_emergency(own))
            for own in conditions(rule)
        )
        if decides and _always_finds_number(document, rule):
            return
        if decides and "refuse" in rule:
            break
    message = (
        "an emergency call can end without a number; add a rule that always finds one, such as "
        "{id: emergency, when: {callee.kind: emergency}, signal: …} with a service number that has "
        "no `regions` and no period"
    )
    yield ("rules",), message


def _may_be_emergency(own: Conditions) -> bool:
    kind = own.get("callee.kind")
    return kind is None or kind.test("emergency")


def _always_finds_number(document: Document, outcome: Any) -> bool:
    """Tell whether a signal, or its `otherwise`, finds a number for every call."""
    while isinstance(outcome, Mapping) and "signal" in outcome:
        signal = outcome["signal"]
        has_number = "number" in signal or (
            "mapping" in signal and document["mappings"][signal["mapping"]]["default"] is not None
        )
        if has_number and _restricted_number(document, signal) is None:
            return True
        outcome = outcome.get("otherwise")
    return False


def warn_consent(document: Document) -> Findings:
    """Warn of objects without the consent of the person."""
    for name, fields in document["objects"].items():
        if "do_not_call" not in fields:
            message = "has no `do_not_call`: a rule cannot tell whether this person opted out"
            yield ("objects", name), message


def warn_before_opt_out(document: Document) -> Findings:
    """Warn of rules that signal a number before the first rule that refuses unwanted calls.

    People who opted out, or whose number is on a list, are called by such a rule.
    """
    rules = document["rules"]
    first = next((index for index, rule in enumerate(rules) if _is_opt_out(document, rule)), 0)
    for index, rule in enumerate(rules[:first]):
        kinds = [
            own["callee.kind"].expected if "callee.kind" in own else {} for own in conditions(rule)
        ]
        is_excepted = all(
            not isinstance(kind, Mapping) and set(as_list(kind)) <= {"emergency", "internal"}
            for kind in kinds
        )
        if "signal" in rule and not is_excepted:
            opt_out = rules[first]["id"]
            message = f"signals a number before '{opt_out}' refuses; put '{opt_out}' first"
            yield ("rules", index), message


def _is_opt_out(document: Document, rule: Mapping[str, Any]) -> bool:
    """Tell whether a rule refuses calls to people who opted out, or to numbers on a list."""
    consents = {"record.do_not_call", f"record.{CONSENT}"} | {
        f"record.{name}"
        for fields in document["objects"].values()
        for name, field in fields.items()
        if isinstance(field, str) and field.endswith("DoNotCall")
    }
    facts = {fact for own in conditions(rule) for fact in own}
    return "refuse" in rule and any(fact in consents or fact.startswith(LISTED) for fact in facts)


def warn_internal_digits(document: Document) -> Findings:
    """Warn of emergency numbers with the length of internal numbers: they cannot be extensions."""
    shortest, longest = document.get("internal_digits") or (1, 0)
    region = document["home_region"]
    numbers = (
        f"{number:0{length}}"
        for length in range(shortest, min(longest, MAX_EMERGENCY_DIGITS) + 1)
        for number in range(10**length)
    )
    found = [number for number in numbers if phonenumbers.is_emergency_number(number, region)]
    if found:
        message = f"{', '.join(found)} cannot be extensions: they are always emergency numbers"
        yield ("internal_digits",), message


CHECKS = (
    warn_unreachable,
    warn_impossible,
    warn_unresolved,
    warn_unused_numbers,
    warn_unused_facts,
    warn_emergency,
    warn_consent,
    warn_internal_digits,
    warn_before_opt_out,
    warn_numbers,
    warn_values,
    warn_texts,
    warn_patterns,
    warn_bounds,
    warn_facts_of_outage,
    warn_signals_of_outage,
    warn_on_record,
    warn_comparisons,
    warn_attempts,
    warn_placeholders,
    warn_filters,
)
