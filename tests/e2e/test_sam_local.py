"""The built template as `make sam-local` hands it to SAM, which itself needs Docker."""

import json
from pathlib import Path

import pytest

from local_stack import sam_local
from local_stack import template as sam


@pytest.mark.parametrize("mode", ["key", "salesforce"])
def test_a_container_gets_each_variable_that_is_declared(
    mode: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sam_local, "COPY", tmp_path / "copy.json")
    sam_local.write_copy(mode, "http://host:1", "http://host:2")
    copied, built = json.loads(sam_local.COPY.read_text()), sam.load(sam_local.BUILT)
    everywhere = built["Globals"]["Function"]["Environment"]["Variables"]
    for name, function in sam.resources(built, "AWS::Serverless::Function"):
        variables = copied["Resources"][name]["Properties"]["Environment"]["Variables"]
        declared = {*everywhere, *function["Environment"]["Variables"]}
        assert set(variables) == declared | {"AWS_ENDPOINT_URL"}
        assert all(isinstance(value, str) for value in variables.values())
        assert variables["AWS_ENDPOINT_URL"] == "http://host:1"
    authorizer = copied["Resources"]["AuthorizeFunction"]["Properties"]["Environment"]["Variables"]
    assert authorizer["AUTH_MODE"] == mode
