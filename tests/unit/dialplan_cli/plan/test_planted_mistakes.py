"""Mistakes that an administrator makes in a dial plan: each is reported once, in plain words.

Each mistake replaces `old` by `new` in a valid plan. The report must be on the line that contains
`at`, and contain all `words`.
"""

from typing import NamedTuple

import pytest

from dialplan_cli.plan.read import parse_plan
from dialplan_cli.plan.source import PlanFileError, Problem

PLAN = """\
version: 1
home_region: DE
home_zone: Europe/Berlin

service_numbers:
  hotline: {number: "4989461495000", name: Customer hotline}
  hotline-at:
    number: "431265030"
    name: Hotline Austria
    valid_from: 2026-01-01

mappings:
  by-country:
    entries: {DE: hotline, AT: hotline-at}
    default: hotline
  by-brand:
    salesforce: {object: Hotline_Mapping__mdt, key: Brand__c, value: Service_Number__c}
    default: hotline

objects:
  Account: {kind: Type, brand: Brand__c, size: NumberOfEmployees, do_not_call: PersonDoNotCall}
  Contact: {kind: Account.Type, country: MailingCountry, do_not_call: DoNotCall}
  Lead: {country: Country, do_not_call: DoNotCall}
  Vehicle__c: {kind: Fleet__r.Account__r.Type, do_not_call: Driver__r.DoNotCall}

agents:
  match: CommunityNickname
  attributes: {extension: Extension, team: Department}

hours:
  office: {zone: home, open: {Mon-Fri: 08:00-18:00}}

lists: [robinson]

rules:
  - id: emergency
    when: {callee.kind: emergency}
    signal: hotline
  - id: opted-out
    when: {record.do_not_call: true}
    refuse: This person does not want to be called.
  - id: listed
    when: {callee.listed: robinson, hours.office: false}
    refuse: This number is on a list.
  - id: suppliers
    when: {record.kind: [Supplier, Vendor], agent.team: {not: Sales}}
    signal: {agent: extension, prefix: "4989461495"}
    otherwise: {signal: hotline}
  - id: large
    when:
      record.size: {gte: 500}
      callee.kind: [mobile, fixed-line]
    signal: hotline
  - id: brands
    when: {record.brand: {present: true}}
    signal: {mapping: by-brand, key: record.brand}
    otherwise: next
  - id: everyone-else
    signal: {mapping: by-country, key: record.country}
    otherwise: {signal: hotline}

outage: {signal: hotline}
freshness: {record: 0s, agent: 1h, stale_if_error: 8h}
"""


class Mistake(NamedTuple):
    """A change of the plan, and its report: the line that contains `at`, with all `words`."""

    old: str
    new: str
    at: str
    words: str


YAML = {
    "tab-in-indentation": Mistake(
        "    signal: hotline\n  - id: opted-out",
        "\tsignal: hotline\n  - id: opted-out",
        "\tsignal",
        "tab|blanks",
    ),
    "tab-after-blanks": Mistake("  match: Comm", "  \tmatch: Comm", "\tmatch", "tab|blanks"),
    "tab-in-nested-key": Mistake(
        "    name: Hotline A", "\t\tname: Hotline A", "name: Hotline A", "tab"
    ),
    "no-break-blank": Mistake(
        "    name: Hotline A", "    name:\u00a0Hotline A", "name:\u00a0", "no-break"
    ),
    "no-break-indentation": Mistake(
        "    default: hotline\n  by-b",
        "\u00a0\u00a0\u00a0\u00a0default: hotline\n  by-b",
        "\u00a0default",
        "no-break",
    ),
    "one-blank-too-many": Mistake(
        "    when: {record.do", "     when: {record.do", "     when: {record.do", "indented|further"
    ),
    "one-blank-too-few": Mistake(
        "    refuse: This person", "   refuse: This person", "   refuse: This person", "indent"
    ),
    "section-indented": Mistake("agents:\n", " agents:\n", " agents:", "indent"),
    "list-not-indented-like-its-siblings": Mistake(
        "  - id: large", "   - id: large", "   - id: large", "indent"
    ),
    "missing-colon-after-section": Mistake("agents:\n", "agents\n", "agents", "colon"),
    "missing-colon-in-rule": Mistake(
        "    refuse: This person", "    refuse This person", "refuse This person", "colon"
    ),
    "missing-colon-in-braces": Mistake(
        "{callee.kind: emergency}", "{callee.kind emergency}", "callee.kind emergency", "colon"
    ),
    "no-blank-after-colon": Mistake(
        "home_region: DE", "home_region:DE", "home_region:DE", "blank|colon"
    ),
    "no-blank-after-colon-in-rule": Mistake(
        "    otherwise: next", "    otherwise:next", "otherwise:next", "blank|colon"
    ),
    "no-blank-after-colon-in-braces": Mistake(
        "{callee.kind: emergency}",
        "{callee.kind:emergency}",
        "callee.kind:emergency",
        "blank|colon",
    ),
    "equals-sign": Mistake(
        "{callee.kind: emergency}", "{callee.kind = emergency}", "callee.kind = ", "colon"
    ),
    "missing-closing-brace": Mistake(
        "{callee.kind: emergency}", "{callee.kind: emergency", "callee.kind: emergency", "}|missing"
    ),
    "missing-closing-brace-at-the-end-of-a-section": Mistake(
        "Driver__r.DoNotCall}", "Driver__r.DoNotCall", "Vehicle__c", "}|missing"
    ),
    "missing-opening-brace": Mistake(
        "when: {record.do_not_call: true}",
        "when: record.do_not_call: true}",
        "when: record.do",
        "{",
    ),
    "missing-closing-bracket": Mistake(
        "callee.kind: [mobile, fixed-line]",
        "callee.kind: [mobile, fixed-line",
        "[mobile, fixed-line",
        "]|missing",
    ),
    "bracket-closed-by-brace": Mistake(
        "[Supplier, Vendor]", "[Supplier, Vendor}", "[Supplier", "]"
    ),
    "one-brace-too-many": Mistake(
        "{signal: hotline}\n  - id: large", "{signal: hotline}}\n  - id: large", "hotline}}", "}"
    ),
    "missing-comma": Mistake(
        '"4989461495000", name', '"4989461495000" name', "hotline: {number", "comma"
    ),
    "semicolon-for-comma": Mistake(
        '"4989461495000", name', '"4989461495000"; name', "hotline: {number", "comma"
    ),
    "missing-dash": Mistake("  - id: suppliers", "  id: suppliers", "  id: suppliers", "- "),
    "missing-dash-aligned": Mistake(
        "  - id: suppliers", "    id: suppliers", "    id: suppliers", "- "
    ),
    "missing-dash-of-the-first-rule": Mistake(
        "  - id: emergency", "    id: emergency", "    id: emergency", "- "
    ),
    "no-blank-after-dash": Mistake(
        "  - id: suppliers", "  -id: suppliers", "-id: suppliers", "blank|-"
    ),
    "typographic-dash": Mistake(
        "  - id: suppliers", "  \u2013 id: suppliers", "\u2013 id", "hyphen"
    ),
    "missing-dash-before-a-brace": Mistake(
        "    when: {record.do_not_call: true}\n",
        "    when:\n      - {record.do_not_call: true}\n      {callee.listed: robinson}\n",
        "      {callee",
        "- ",
    ),
    "missing-dash-and-indentation": Mistake(
        "  - id: emergency", "  id: emergency", "  id: em", "- "
    ),
    "bullet": Mistake("  - id: emergency", "  \u2022 id: emergency", "\u2022", "hyphen"),
    "tab-after-dash": Mistake("  - id: emergency", "  -\tid: emergency", "-\tid", "tab"),
    "list-item-not-indented": Mistake(
        "  - id: suppliers", "- id: suppliers", "- id: sup", "indent"
    ),
    "key-not-indented": Mistake(
        "    when: {record.do_not_call: true}",
        "when: {record.do_not_call: true}",
        "when: {record.do",
        "indent",
    ),
    "condition-not-indented": Mistake(
        "      callee.kind: [mobile", "    callee.kind: [mobile", "callee.kind: [", "below `when`"
    ),
    "first-line-indented": Mistake("version: 1", " version: 1", " version", "indented"),
    "second-line-of-a-text-not-indented": Mistake(
        "want to be called.",
        "want\n    to be called by us.",
        "to be called by",
        "indent it further",
    ),
    "colon-missing-before-a-brace": Mistake("  Account: {", "  Account {", "  Account {", "colon"),
    "parentheses": Mistake(
        "{record.do_not_call: true}", "(record.do_not_call: true)", "(rec", "braces"
    ),
    "quotes-in-quotes": Mistake(
        "This person does not want", '"This "person" does not want', '"This', "single quotes"
    ),
    "comma-missing-between-lines": Mistake(
        "hotline, AT: hotline-at}",
        "hotline,\n      AT: hotline-at\n      CH: hotline}",
        "CH:",
        "comma",
    ),
    "list-on-the-line-of-its-key": Mistake(
        "lists: [robinson]", "lists: - robinson", "lists:", "line"
    ),
    "missing-closing-quote": Mistake(
        '"4989461495000"', '"4989461495000', "hotline: {number", "quot"
    ),
    "missing-closing-quote-at-the-end": Mistake(
        "key: record.brand}", 'key: "record.brand}', 'key: "record', "quot"
    ),
    "missing-opening-quote": Mistake('"431265030"', '431265030"', '431265030"', "quot"),
    "apostrophe-in-single-quotes": Mistake(
        "This person does not want", "'This person doesn't want", "doesn't", "quot"
    ),
    "typographic-quotes": Mistake(
        '"431265030"', "\u201c431265030\u201d", "\u201c", "straight|quotes"
    ),
    "german-quotes": Mistake('"4989461495"', "\u201e4989461495\u201c", "\u201e", "straight|quotes"),
    "colon-in-text": Mistake(
        "This person does not", "Attention: this person does not", "Attention", "quotes|colon"
    ),
    "text-with-star": Mistake("This number is", "*Stop* This number is", "*Stop*", "quotes"),
    "text-with-at": Mistake("This number is", "@agent: this number is", "@agent", "quotes"),
    "text-with-exclamation-mark": Mistake(
        "This number is", "!Stop, this number is", "!Stop", "quotes"
    ),
    "text-with-percent": Mistake("This number is", "%Stop this number is", "%Stop", "quotes"),
    "text-in-brackets": Mistake(
        "This number is on a list.", "[Robinson] This number.", "[Robinson]", "quotes"
    ),
    "text-in-braces": Mistake(
        "This number is on a list.", "{opens} is the time.", "{opens}", "quotes"
    ),
    "comparison-sign": Mistake("{gte: 500}", ">= 500", ">= 500", "{gte: 5}"),
    "backslash": Mistake("name: Customer hotline", 'name: "A\\B"', "A\\B", "backslash"),
    "folded-text-on-the-same-line": Mistake(
        "refuse: This number", "refuse: > This number", "> This", "next line|>"
    ),
    "duplicate-key": Mistake(
        "freshness:",
        "outage: {signal: hotline-at}\nfreshness:",
        "outage: {signal: hotline-at}",
        "duplicate",
    ),
    "no-blank-after-the-colon-of-a-key": Mistake(
        "  - id: suppliers", "  - id:suppliers", "- id:sup", "blank is missing after the colon"
    ),
    "first-key-not-indented-like-the-others": Mistake(
        '    number: "431265030"', '   number: "431265030"', "   number", "not indented like"
    ),
    "first-item-not-indented-like-the-others": Mistake(
        "  - id: emergency", "   - id: emergency", "   - id", "not indented like"
    ),
    "item-among-the-keys-of-another": Mistake(
        "  - id: suppliers", "    - id: suppliers", "- id: sup", "further"
    ),
    "first-item-without-a-dash": Mistake(
        "outage: {signal: hotline}",
        "outage:\n  when: {callee.country: AT}\n    refuse: No.\n  - signal: hotline",
        "  when: {callee.country: AT}",
        "must start with `- `",
    ),
    "brace-not-closed-in-an-item": Mistake(
        "outage: {signal: hotline}",
        "outage:\n  - when: {callee.country: AT\n    refuse: No.\n  - signal: hotline",
        "{callee.country: AT",
        "closing } is missing",
    ),
    "brace-not-closed-at-the-end": Mistake(
        "stale_if_error: 8h}", "stale_if_error: 8h", "stale_if_error: 8h", "closing } is missing"
    ),
    "key-with-one-quote": Mistake("AT: hotline-at}", 'AT": hotline-at}', 'AT":', "quotes"),
    "key-too-far-below-its-rule": Mistake(
        "    refuse: This number", "      refuse: This number", "refuse: This number", "further"
    ),
    "first-of-several-without-a-dash": Mistake(
        "    when: {record.brand: {present: true}}\n",
        "    when:\n      {record.brand: A}\n      - {record.brand: B}\n",
        "{record.brand: A}",
        "must start with `- `",
    ),
    "first-of-several-keys-without-a-dash": Mistake(
        "    when: {record.brand: {present: true}}\n",
        "    when:\n      record.brand: A\n      agent.team: B\n      - {record.brand: B}\n",
        "record.brand: A",
        "must start with `- `",
    ),
    "comma-in-a-number": Mistake("{gte: 500}", "{gte: 1,000}", "1,000", "without commas: 1000"),
    "two-documents": Mistake("agents:\n", "---\nagents:\n", "---", "one document"),
    "anchor": Mistake("{signal: hotline}\nfresh", "&o {signal: hotline}\nfresh", "&o", "anchors"),
}

NAMES = {
    "misspelt-section": Mistake(
        "service_numbers:", "service_number:", "service_number:", "service_numbers"
    ),
    "misspelt-mappings": Mistake("mappings:", "mapping:", "mapping:\n", "mappings"),
    "misspelt-agents": Mistake("agents:", "agent:", "agent:\n", "agents"),
    "misspelt-attributes": Mistake(
        "  attributes: {ext", "  attribute: {ext", "  attribute: {ext", "attributes"
    ),
    "misspelt-entries": Mistake("entries:", "entrys:", "entrys:", "entries"),
    "capital-section": Mistake("rules:", "Rules:", "Rules:", "rules"),
    "misspelt-signal": Mistake(
        "    signal: hotline\n  - id: brands",
        "    signl: hotline\n  - id: brands",
        "signl",
        "signal",
    ),
    "misspelt-refuse": Mistake(
        "    refuse: This number", "    reject: This number", "reject", "refuse"
    ),
    "misspelt-when": Mistake("when: {record.do", "wen: {record.do", "wen:", "when"),
    "misspelt-id": Mistake("- id: large", "- ID: large", "ID: large", "id"),
    "misspelt-otherwise": Mistake("    otherwise: next", "    else: next", "else:", "otherwise"),
    "section-in-a-section": Mistake("agents:\n", "  agents:\n", "  agents:", "top level|indent"),
    "section-in-agents": Mistake("hours:\n", "  hours:\n", "  hours:", "top level|indent"),
    "section-in-a-name": Mistake(
        "objects:\n", "    objects:\n", "    objects:", "top level|indent"
    ),
    "section-whose-lines-are-not-indented": Mistake(
        "  match: CommunityNickname\n  attributes:",
        "match: CommunityNickname\nattributes:",
        "agents:",
        "no value|indent the lines",
    ),
    "name-not-indented": Mistake("  office:", "office:", "hours:", "no value|indent the lines"),
    "rule-key-at-the-left": Mistake(
        "freshness:", "signal: hotline\nfreshness:", "signal: hotline\nfresh", "rule"
    ),
    "startswith": Mistake("{not: Sales}", "{startswith: Sales}", "startswith", "use `prefix`"),
    "endswith": Mistake("{not: Sales}", "{endswith: Sales}", "endswith", "use `matches`"),
    "contains": Mistake("{not: Sales}", "{contains: Sales}", "contains", "use `matches`"),
    "equals": Mistake("{not: Sales}", "{equals: Sales}", "equals", "agent.team: Sales"),
    "in": Mistake("{not: Sales}", "{in: [Sales, Service]}", "{in:", "[Sales, Service]"),
    "greater-than": Mistake("{gte: 500}", "{greater_than: 500}", "greater_than", "use `gt`"),
    "symbol": Mistake("{gte: 500}", '{">=": 500}', '">="', "use `gte`"),
    "exists": Mistake("{present: true}", "{exists: true}", "exists", "use `present`"),
    "between": Mistake("{gte: 500}", "{between: [1, 5]}", "between", "use `gte` and `lte`"),
    "or": Mistake(
        "when: {record.do_not_call: true}",
        "when: {or: [{record.do_not_call: true}, {callee.listed: robinson}]}",
        "{or:",
        "list|- {",
    ),
    "any": Mistake(
        "when: {record.do_not_call: true}",
        "when: {any: [{record.do_not_call: true}]}",
        "{any:",
        "list|- {",
    ),
    "and": Mistake(
        "when: {record.do_not_call: true}",
        "when: {and: [{record.do_not_call: true}]}",
        "{and:",
        "all",
    ),
    "not-before-the-fact": Mistake(
        "when: {record.do_not_call: true}",
        "when: {not: {record.do_not_call: false}}",
        "{not: {",
        "{not: ",
    ),
    "nested-fact": Mistake(
        "when: {record.do_not_call: true}",
        "when: {record: {do_not_call: true}}",
        "record: {do",
        "record.do_not_call",
    ),
    "fact-without-group": Mistake("{record.brand: {p", "{brand: {p", "{brand:", "record.brand"),
    "fact-of-the-object": Mistake(
        "{record.brand: {p", "{account.brand: {p", "account.brand", "record.brand"
    ),
    "field-for-an-attribute": Mistake(
        "{record.do_not_call: true}",
        "{record.DoNotCall: true}",
        "record.DoNotCall",
        "record.do_not_call",
    ),
    "capital-attribute": Mistake(
        "key: record.country", "key: record.Country", "record.Country", "record.country"
    ),
    "key-without-group": Mistake("key: record.brand", "key: brand", "key: brand}", "record.brand"),
    "number-as-signal": Mistake(
        "    signal: hotline\n  - id: brands",
        "    signal: 4989461495000\n  - id: brands",
        "signal: 498",
        "hotline",
    ),
    "quoted-number-as-signal": Mistake(
        "    signal: hotline\n  - id: brands",
        '    signal: "4989461495000"\n  - id: brands',
        'signal: "498',
        "hotline",
    ),
    "otherwise-without-signal": Mistake(
        "    otherwise: {signal: hotline}\n  - id: large",
        "    otherwise: hotline\n  - id: large",
        "otherwise: hotline",
        "signal",
    ),
    "mapping-as-signal": Mistake(
        "signal: {mapping: by-brand, key: record.brand}",
        "signal: by-brand",
        ": by-brand\n",
        "{mapping: by-",
    ),
    "attribute-as-signal": Mistake(
        'signal: {agent: extension, prefix: "4989461495"}',
        "signal: agent.extension",
        ": agent.ext",
        "{agent: extension}",
    ),
    "attribute-with-its-group": Mistake(
        "{agent: extension, p", "{agent: agent.extension, p", "agent: agent", "extension"
    ),
    "number-in-a-mapping": Mistake(
        "    default: hotline\n  by-brand",
        '    default: "4989461495000"\n  by-brand',
        "default:",
        "hotline",
    ),
    "outage-without-signal": Mistake(
        "outage: {signal: hotline}", "outage: hotline", "outage", "{sig"
    ),
    "list-as-text": Mistake("lists: [robinson]", "lists: robinson", "lists:", "[robinson]"),
    "operator-of-a-limit": Mistake(
        "callee.listed: robinson,",
        "callee.listed: robinson, callee.attempts: {more_than: 3, gte: 1, within: 1d},",
        "more_t",
        "`gt`",
    ),
    "name-for-id": Mistake("  - id: brands", "  - name: brands", "- name", "'id'"),
    "unknown-list": Mistake("listed: robinson", "listed: robinsn", "robinsn", "robinson"),
    "unknown-kind": Mistake(
        "{callee.kind: emergency}", "{callee.kind: emergancy}", "emergancy", "emergency"
    ),
    "kinds-in-one-text": Mistake(
        "[mobile, fixed-line]", "mobile, fixed-line", "mobile, fixed-line", "[mobile, fixed-line]"
    ),
    "unknown-country": Mistake("home_region: DE", "home_region: UK", "home_region", "GB"),
    "country-in-small-letters": Mistake("home_region: DE", "home_region: de", "home_region", "DE"),
    "country-by-name": Mistake("home_region: DE", "home_region: Germany", "home_region", "DE"),
    "country-by-german-name": Mistake(
        "home_region: DE", "home_region: Deutschland", "home_region", "DE"
    ),
    "misspelt-zone": Mistake("Europe/Berlin", "Europe/Berln", "home_zone", "Europe/Berlin"),
    "city-as-zone": Mistake("Europe/Berlin", "Berlin", "home_zone", "Europe/Berlin"),
    "zone-in-small-letters": Mistake(
        "Europe/Berlin", "europe/berlin", "home_zone", "Europe/Berlin"
    ),
    "date-as-in-germany": Mistake("2026-01-01", "01.01.2026", "valid_from", "2026-01-31"),
    "date-without-zeros": Mistake("2026-01-01", "2026-1-1", "valid_from", "2026-01-31"),
    "german-day": Mistake("Mon-Fri", "Mo-Fr", "Mo-Fr", "Mon-Fri"),
    "hour-without-zero": Mistake("08:00-18:00", "8:00-18:00", "8:00-18:00", "08:00"),
    "number-without-quotes": Mistake('"431265030"', "0431265030", "0431265030", '"0431265030"'),
    "duplicate-id": Mistake("- id: large", "- id: listed", "id: listed\n    when:\n", "listed"),
    "duration-in-words": Mistake("agent: 1h", "agent: 1 hour", "1 hour", "unit|8h"),
}

SALESFORCE = {
    "object-in-small-letters": Mistake("  Lead: {", "  lead: {", "  lead: {", "write Lead"),
    "relationship-in-small-letters": Mistake(
        "Account.Type, country", "account.Type, country", "account.Type", "write Account"
    ),
    "field-in-small-letters": Mistake(
        "do_not_call: PersonDoNotCall", "do_not_call: personDoNotCall", "personDo", "write Person"
    ),
    "agents-field-in-small-letters": Mistake(
        "  match: CommunityNickname",
        "  match: communitynickname",
        "communityn",
        "CommunityNickname",
    ),
    "custom-field-for-a-relationship": Mistake(
        "brand: Brand__c, size",
        "brand: Account_Manager__c.CommunityNickname, size",
        "Account_Manager__c",
        "Account_Manager__r",
    ),
    "custom-relationship-for-a-field": Mistake(
        "brand: Brand__c, size", "brand: Brand__r, size", "Brand__r", "Brand__r.Name"
    ),
    "id-field-for-a-relationship": Mistake(
        "kind: Account.Type, country", "kind: AccountId.Type, country", "AccountId", "is Account"
    ),
    "relationship-for-a-field": Mistake(
        "kind: Account.Type, country", "kind: Account, country", "kind: Account,", "Account.Name"
    ),
    "compound-field": Mistake("MailingCountry", "MailingAddress", "MailingA", "MailingCountry"),
    "path-from-the-object-itself": Mistake(
        "kind: Account.Type, c", "kind: Contact.Account.Type, c", "Contact.A", "leave out"
    ),
    "capital-suffix-of-an-object": Mistake(
        "  Vehicle__c: {", "  Vehicle__C: {", "__C", "write __c"
    ),
    "capital-suffix-of-a-relationship": Mistake(
        "kind: Fleet__r.Account", "kind: Fleet__R.Account", "__R", "write __r"
    ),
    "yes-for-a-checkbox": Mistake("_call: true}", "_call: yes}", "_call: yes", "true or false"),
    "quoted-true-for-a-checkbox": Mistake(
        "_call: true}", '_call: "true"}', '_call: "true"', "true or false|without quotes"
    ),
    "german-true-for-a-checkbox": Mistake("_call: true}", "_call: ja}", "_call: ja", "true or f"),
    "number-for-a-checkbox": Mistake("_call: true}", "_call: 1}", "_call: 1", "true or false"),
    "number-for-text": Mistake("{not: Sales}", "{not: yes}, agent.extension: 217", "217", "quotes"),
}

WARNINGS = {
    "yes-for-a-custom-field": Mistake(
        "{record.brand: {present: true}}", "{record.brand: yes}", "brand: yes", "true without"
    ),
    "quoted-false-for-a-custom-field": Mistake(
        "{record.brand: {present: true}}", '{record.brand: "false"}', 'brand: "', "false without"
    ),
    "standard-field-misspelt": Mistake(
        "country: Country, do_not_call: DoNotCall",
        "country: Country, do_not_call: DoNotCal",
        "DoNotCal}",
        "DoNotCall?",
    ),
    "custom-field-without-c": Mistake("brand: Brand__c, ", "brand: Brand, ", "Brand,", "Brand__c"),
    "field-of-a-custom-object-without-c": Mistake(
        "do_not_call: Driver__r.DoNotCall", "do_not_call: Opted_Out", "Opted_Out", "Opted_Out__c"
    ),
    "relationship-of-a-custom-object-without-r": Mistake(
        "kind: Fleet__r.Account__r.Type", "kind: Fleet.Account__r.Type", "kind: Fleet", "Fleet__r"
    ),
    "custom-object-without-c": Mistake("  Vehicle__c: {", "  Vehicle: {", "Vehicle:", "Vehicle__c"),
    "object-in-the-plural": Mistake("  Lead: {", "  Leads: {", "Leads:", "did you mean Lead?"),
    "mapping-without-mdt": Mistake("Mapping__mdt", "Mapping", "Hotline_Mapping,", "standard obj"),
    "blanks-in-a-number": Mistake('"431265030"', '"43 1 265030"', '"43 1', "blanks|431265030"),
    "hyphen-in-a-number": Mistake('"431265030"', '"43-1265030"', '"43-', "431265030"),
    "blanks-in-a-prefix": Mistake('"4989461495"', '"49 89 461495"', '"49 89 461', "4989461495"),
    "star-in-a-text": Mistake("{not: Sales}", '"Sal*"', '"Sal*"', 'matches: "Sal*"'),
    "star-in-a-prefix": Mistake("{not: Sales}", '{prefix: "Sal*"}', "Sal*", 'prefix: "Sal"'),
    "regular-expression": Mistake("{not: Sales}", '{matches: "^S.*$"}', "^S", "regular expression"),
    "pattern-without-a-star": Mistake("{not: Sales}", "{matches: Sales}", "matches", "no * or ?"),
    "values-in-one-text": Mistake("{not: Sales}", '"Sales, HR"', '"Sales, HR"', "[Sales, HR]"),
    "or-in-one-text": Mistake("{not: Sales}", "Sales or HR", "Sales or", "[Sales, HR]"),
    "text-cut-by-a-comment": Mistake("on a list.", "on a list. Call #5.", "#5", "comment"),
    "quoted-number-as-a-bound": Mistake("{gte: 500}", '{gte: "500"}', '"500"', "write 500"),
    "comparison-in-a-text": Mistake("{not: Sales}", "< 500", "< 500", "{lt: 5}"),
    "german-date": Mistake("{not: Sales}", "{lt: 31.12.2025}", "31.12", "2026-01-31"),
    "unit-behind-a-bound": Mistake("{gte: 500}", "{gte: 500 EUR}", "500 EUR", "without its unit"),
    "day-that-does-not-exist": Mistake(
        "{not: Sales}", '{lt: "2026-02-30"}', "02-30", "a day that exists"
    ),
    "time-that-does-not-exist": Mistake(
        "{not: Sales}", '{lt: "2026-02-28 25:30"}', "25:30", "a time (2026-01-31T18:00)"
    ),
    "today": Mistake("{not: Sales}", "{lt: today}", "today", "a day that exists"),
    "blank-at-the-end": Mistake(
        "{not: Sales}", '"Sales "', '"Sales "', "blank at its start or end"
    ),
    "not-in-the-text": Mistake("{not: Sales}", "not Sales", "not Sales", "{not: Sales}"),
    "placeholder-misspelt": Mistake("on a list.", "on a list, {Opens}.", "{Opens}", "only {opens}"),
    "placeholder-in-outage": Mistake(
        "outage: {signal: hotline}",
        'outage: {refuse: "Wait until {opens}."}',
        "{opens}",
        "remove it",
    ),
    "where-in-a-filter": Mistake(
        "value: Service_Number__c}",
        "value: Service_Number__c, filter: where Active__c = true}",
        "filter: where",
        "without WHERE",
    ),
    "where-in-the-filter-of-a-list": Mistake(
        "lists: [robinson]",
        "lists: [{name: robinson, salesforce: [{object: Lead, numbers: [Phone], filter: WHERE}]}]",
        "filter: WHERE}",
        "without WHERE",
    ),
    "selected-and-not-selected": Mistake(
        "{record.brand: {present: true}}",
        "{record.brand: {includes: A, excludes: [A, B]}}",
        "includes: A",
        "never holds",
    ),
    "signal-before-the-opt-outs": Mistake(
        "  - id: opted-out",
        "  - id: vip\n    when: {record.brand: VIP}\n    signal: hotline\n  - id: opted-out",
        "id: vip",
        "'opted-out'",
    ),
}

ERRORS = YAML | NAMES | SALESFORCE


def line_of(text: str, snippet: str) -> int:
    assert snippet in text
    return text.count("\n", 0, text.index(snippet)) + 1


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PlanFileError) as caught:
        parse_plan(text)
    return caught.value.problems


def planted(mistake: Mistake) -> str:
    assert PLAN.count(mistake.old) == 1, mistake.old
    return PLAN.replace(mistake.old, mistake.new)


def test_the_plan_without_mistakes_is_valid() -> None:
    plan = parse_plan(PLAN)
    assert [*plan.warnings, *plan.offline_warnings] == []


@pytest.mark.parametrize("mistake", ERRORS.values(), ids=ERRORS)
def test_a_mistake_is_one_error_in_its_line(mistake: Mistake) -> None:
    text = planted(mistake)
    found = problems(text)
    assert [each.line for each in found] == [line_of(text, mistake.at)], found
    for words in mistake.words.split("|"):
        assert words in found[0].message


@pytest.mark.parametrize("mistake", WARNINGS.values(), ids=WARNINGS)
def test_a_mistake_that_may_be_intended_is_one_warning_in_its_line(mistake: Mistake) -> None:
    text = planted(mistake)
    plan = parse_plan(text)
    found = [*plan.warnings, *plan.offline_warnings]
    assert [each.line for each in found] == [line_of(text, mistake.at)], found
    for words in mistake.words.split("|"):
        assert words in found[0].message


def test_signals_of_emergency_and_internal_calls_may_come_before_the_opt_outs() -> None:
    colleagues = (
        "  - {id: colleagues, when: {callee.kind: [internal, emergency]}, signal: hotline}\n"
    )
    text = PLAN.replace("  - id: opted-out\n", f"{colleagues}  - id: opted-out\n")
    assert parse_plan(text).warnings == ()


def test_a_problem_names_the_rule() -> None:
    (problem,) = problems(planted(NAMES["startswith"]))
    assert problem.rule == "suppliers"
    assert str(problem).startswith("plan:46: rules[3].when.agent.team.startswith (suppliers): ")


def test_many_misspelt_keys_are_read_in_one_pass() -> None:
    rules = "".join(f"  - {{id: r{number}, wen: {{}}, signl: hotline}}\n" for number in range(200))
    found = problems(PLAN.replace("rules:\n", f"rules:\n{rules}"))
    assert len(found) == 400 + 200, "both keys of each rule, and the empty `when`"


def test_a_misspelt_section_hides_no_mistake_below_it() -> None:
    text = PLAN.replace("agents:", "agent:").replace(
        "attributes: {", "atributes: {known: IsActive, "
    )
    found = [(each.line, each.path) for each in problems(text)]
    assert found == [
        (26, "agent"),
        (28, "agents.atributes"),
        (28, "agents.attributes.known"),
    ]


def test_a_service_number_may_have_the_name_of_a_section() -> None:
    text = PLAN.replace("hotline-at", "agents").replace("  by-brand:", "  rules:")
    parse_plan(text.replace("mapping: by-brand", "mapping: rules"))
