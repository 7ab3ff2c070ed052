"""template.yaml as CloudFormation gets it, checked by its linter."""

import json

from cfnlint.api import lint_all

from tests.unit.template.test_template import transformed


def test_cfn_lint_finds_nothing_in_what_cloudformation_gets() -> None:
    # This takes two minutes, because cfn-lint tries all combinations of the parameters.
    found = [each for each in lint_all(json.dumps(transformed())) if each.rule.id[0] in "EW"]
    # The transform replaces the parameter with its value.
    assert [each.message for each in found] == ["Parameter AllowedIpRanges not used."]
