"""Valid texts for the formats in docs/openapi.yaml, many of them of the demo organisation."""

import json
from pathlib import Path

import schemathesis
from hypothesis import strategies as st

ORG = json.loads(
    (Path(__file__).parents[2] / "local_stack/demo_org.json").read_text(encoding="utf-8")
)
IDS = [row["Id"] for name, rows in ORG.items() if not name.startswith("_") for row in rows]
LOGINS = [user["CommunityNickname"] for user in ORG["User"]]
NUMBERS = "+431265030,498999998411,00498999998410,08999998411,217,+4917012345678,09001234567".split(
    ","
)

schemathesis.openapi.format(
    "salesforce-id", st.sampled_from(IDS) | st.from_regex(r"\A[A-Za-z0-9]{15}\Z") | st.just("")
)
schemathesis.openapi.format("phone-number", st.sampled_from(NUMBERS))
schemathesis.openapi.format(
    "login",
    st.sampled_from(LOGINS)
    | st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=80),
)
