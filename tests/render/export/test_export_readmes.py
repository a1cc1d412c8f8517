"""The READMEs of exports to Terraform and Bicep."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from tests.core.export.states import state, whole_state
from tests.core.export.test_hostile_text import TEXT, hostile_state
from vmident.core.export.bicep.export import bicep_export
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.terraform.export import terraform_export
from vmident.render.export.bicep import bicep_files
from vmident.render.export.terraform import terraform_files


def terraform_readme(exported: ExportedState) -> str:
    return terraform_files(terraform_export(exported), exported)["README.md"]


def bicep_readme(exported: ExportedState) -> str:
    return bicep_files(bicep_export(exported), exported)["README.md"]


def test_the_readme_counts_what_terraform_shows() -> None:
    text = " ".join(terraform_readme(whole_state()).split())
    assert "shows 3 to import and 7 to add: 5 new identities and role assignments, and an `azapi_update_res" in text
    assert "for each VM and scale set (2)" in text
    existing = " ".join(terraform_readme(state()).split())
    assert "shows 0 to add: an `azapi_update_resource` for each VM" in existing
    assert "vmident plan -f identities.yaml --exit-code" in text


def test_the_readme_of_a_template_deploys_it_where_the_identities_are() -> None:
    text = bicep_readme(whole_state())
    assert "user-assigned identities (3),\nfederated credentials (1) and role assignments (3)" in text
    assert "az deployment sub what-if --location westus --template-file main.json" in text
    assert "--location westus" in bicep_readme(state())


@pytest.mark.parametrize("readme", [terraform_readme, bicep_readme])
@given(text=TEXT)
def test_text_adds_no_line_and_no_markup(readme: object, text: str) -> None:
    harmless, hostile = (readme(hostile_state(one)) for one in ("harmless", text))  # type: ignore[operator]
    assert "## Not exported" in hostile
    pairs = list(zip(harmless.splitlines(), hostile.split("\n"), strict=False))
    assert len(harmless.splitlines()) == len(hostile.split("\n")) - 1
    assert [one for one, other in pairs if one.startswith("```") != other.startswith("```")] == []
    prose = re.sub(r"(?s)```sh\n.*?\n```", "", hostile)
    assert not re.search(r"(?<!\\)(<script|!?\[a\]\()", prose)
