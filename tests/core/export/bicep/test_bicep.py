"""Bicep files and the ARM template beside them, read back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tests.core.export.languages import bicep_modules, bicep_resources, bicep_strings
from tests.core.export.states import (
    APP,
    GROUP_SCOPE,
    NEW,
    OTHER_SUB,
    SUB,
    SYSTEM_PRINCIPAL,
    assignment,
    existing,
    grant,
    machine,
    rule,
    selected,
    state,
)
from vmident.core.desired_state.rules import RoleRule
from vmident.core.export.bicep.export import bicep_export
from vmident.core.export.bicep.scopes import TemplateScope, template_scope
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.unsupported import Unsupported
from vmident.core.identity import IdentityState, SystemIdentity
from vmident.core.rbac.scope import Scope
from vmident.core.resource_id import user_identity_id
from vmident.core.resources import CredentialResource

OTHER = user_identity_id(OTHER_SUB, "Shared", "other")
STORAGE = f"{GROUP_SCOPE}/providers/Microsoft.Storage/storageAccounts/logs"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/contoso"
_ROLES = (RoleRule("Reader", MANAGEMENT_GROUP),)
TOKEN = ("https://issuer", "repo:x", ("api://AzureADTokenExchange",))


def whole_state() -> ExportedState:
    rules = (rule(include=(APP, NEW, OTHER)),)
    web = machine(IdentityState(SystemIdentity(SYSTEM_PRINCIPAL)))
    grants = (
        (grant(), None),
        (grant(), APP),
        (grant(STORAGE), NEW),
        (grant(f"/subscriptions/{SUB}"), OTHER),
        (grant(f"/subscriptions/{OTHER_SUB}/resourceGroups/shared"), APP),
    )
    return state(
        selected(web, *rules, grants=grants),
        there=existing(
            APP,
            tags={"owner": "[web]", "plain": "[web"},
            credentials=tuple(CredentialResource(APP, name, *TOKEN) for name in ("one", "two")),
            assignments=(assignment(condition="@x", condition_version="2.0", description="[why]"),),
        ),
    )


def deployments_of(exported: ExportedState) -> dict[str, dict[str, Any]]:
    """Return the nested deployments of the template by name."""
    document = json.loads(bicep_export(exported).files["main.json"])
    return {one["name"].removeprefix("[concat('").split("-'")[0]: one for one in document["resources"]}


def test_each_group_and_subscription_is_a_deployment_and_roles_wait_for_their_identities() -> None:
    found = deployments_of(whole_state())
    placed = {
        name.rsplit("_", 1)[0]: (one["subscriptionId"], one.get("resourceGroup"), len(one.get("dependsOn", [])))
        for name, one in found.items()
    }
    assert placed == {
        "identities_prod": (SUB, "prod", 0),
        "identities_shared": (OTHER_SUB, "Shared", 0),
        "roles_prod": (SUB, "prod", 1),
        "roles_shared": (OTHER_SUB, "shared", 1),
        "roles_subscription": (SUB, None, 1),
    }
    ids = {
        f"/subscriptions/{one['subscriptionId']}"
        f"{'/resourceGroups/' + one['resourceGroup'] if 'resourceGroup' in one else ''}"
        f"/providers/Microsoft.Resources/deployments/{name}"
        for name, one in found.items()
    }
    assert {wait for one in found.values() for wait in one.get("dependsOn", [])} <= ids
    assert all((("location" in one) != ("resourceGroup" in one)) for one in found.values())
    assert all("Microsoft.Compute" not in json.dumps(one["properties"]["template"]) for one in found.values())


def test_the_bicep_files_say_what_the_template_says() -> None:
    """As many declarations, and the same texts: names, tags, scopes, conditions."""
    files = bicep_export(whole_state()).files
    found = deployments_of(whole_state())
    assert bicep_modules(files["main.bicep"]) == {name: f"{name}.bicep" for name in found}
    for name, one in found.items():
        inside = one["properties"]["template"]["resources"]
        text = files[f"{name}.bicep"]
        assert bicep_resources(text) == [resource["type"] for resource in inside]
        assert ("targetScope = 'subscription'" in text) == ("resourceGroup" not in one)
        written = bicep_strings(text)
        for resource in inside:
            for value in _texts({**resource, "type": None, "dependsOn": None, "scope": None}):
                if not value.startswith("[reference("):
                    plain = value[1:] if value.startswith("[[") else value
                    assert plain in written or plain.split("/")[-1] in written or plain in {"2024-11-30", "2022-04-01"}


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []


def test_text_in_brackets_is_no_expression() -> None:
    files = bicep_export(whole_state()).files
    assert '"owner": "[[web]"' in files["main.json"]
    assert '"plain": "[web"' in files["main.json"]
    assert '"description": "[[why]"' in files["main.json"]


def test_the_credentials_of_one_identity_are_written_one_after_another() -> None:
    found = deployments_of(whole_state())
    (module,) = (one for name, one in found.items() if name.startswith("identities_prod"))
    credentials = [one for one in module["properties"]["template"]["resources"] if one["type"].endswith("Credentials")]
    parent = "Microsoft.ManagedIdentity/userAssignedIdentities/app"
    assert [one["dependsOn"] for one in credentials] == [
        [parent],
        [parent, f"{parent}/federatedIdentityCredentials/one"],
    ]


def test_roles_of_identities_refer_to_them_and_those_of_vms_name_the_principal() -> None:
    found = deployments_of(whole_state())
    (module,) = (one for name, one in found.items() if name.startswith("roles_prod"))
    by_principal = {one["properties"]["principalId"]: one for one in module["properties"]["template"]["resources"]}
    assert sorted(by_principal) == [
        f"[reference('{APP}', '2024-11-30').principalId]",
        f"[reference('{NEW}', '2024-11-30').principalId]",
        SYSTEM_PRINCIPAL,
    ]
    of_new = by_principal[f"[reference('{NEW}', '2024-11-30').principalId]"]
    assert of_new["scope"] == "Microsoft.Storage/storageAccounts/logs"
    assert "condition" in by_principal[f"[reference('{APP}', '2024-11-30').principalId]"]["properties"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (f"/subscriptions/{SUB}", TemplateScope(SUB)),
        (GROUP_SCOPE, TemplateScope(SUB, "prod")),
        (STORAGE, TemplateScope(SUB, "prod", ("Microsoft.Storage", "storageAccounts"), ("logs",))),
        (
            f"/subscriptions/{SUB}/providers/Microsoft.A/bs/c/ds/e",
            TemplateScope(SUB, None, ("Microsoft.A", "bs", "ds"), ("c", "e")),
        ),
        (f"{STORAGE}/providers/Microsoft.Insights/settings/x", None),
        (MANAGEMENT_GROUP, None),
    ],
)
def test_what_a_template_reaches(scope: str, expected: TemplateScope | None) -> None:
    found = template_scope(Scope.parse(scope))
    assert found == expected
    if found and found.types:
        within = f"/resourceGroups/{found.group}" if found.group else ""
        assert f"/subscriptions/{found.subscription}{within}/providers/{found.relative_id}" == scope
        assert found.resource_type.count("/") == found.resource_name.count("/") + 1


def test_what_a_template_cannot_express_is_listed_with_its_lines() -> None:
    extension = f"{STORAGE}/providers/Microsoft.Insights/settings/x"
    granting = rule(line=20, include=(APP,))
    granting = replace(granting, roles=_ROLES)
    rules = (rule(line=3, exclude=(NEW,)), rule(line=10, exactly=(APP,)), rule(line=15, system=True), granting)
    grants = ((grant(MANAGEMENT_GROUP), None), (grant(MANAGEMENT_GROUP), APP), (grant(), None))
    known = machine(IdentityState(SystemIdentity(SYSTEM_PRINCIPAL)))
    said = state(
        selected(known, *rules, grants=grants),
        rules=rules,
        there=existing(APP, assignments=(assignment(scope=extension),)),
    )
    never, reach = (
        "The template never changes a VM.",
        "A template at subscription scope cannot create role assignments there.",
    )
    made = bicep_export(said)
    assert made.unsupported == (
        Unsupported(5, "'exclude'", never),
        Unsupported(11, "'exactly'", f"{never} With --partial, the listed identities are exported."),
        Unsupported(12, f"role 'Reader' at {MANAGEMENT_GROUP}", reach),
        Unsupported(12, f"role 'Reader' at {extension}", reach),
        Unsupported(16, "'system'", never),
        Unsupported(20, f"role 'Reader' at {MANAGEMENT_GROUP}", reach),
    )
    # The principal of an identity that is to be enabled does not exist: its line is listed already.
    unknown = state(selected(machine(), rule(system=True), grants=((grant(), None),)))
    assert [one.what for one in bicep_export(unknown).unsupported] == ["'system'"]
    assert deployments_of(unknown) == {}


def test_a_file_without_rules_is_an_empty_template() -> None:
    made = bicep_export(state())
    assert sorted(made.files) == ["main.bicep", "main.json"]
    assert json.loads(made.files["main.json"])["resources"] == []


def test_the_isolation_of_an_identity_is_kept() -> None:
    exported = state(selected(machine(), rule(include=(APP, NEW))), there=existing(APP, is_regional=True))
    (module,) = deployments_of(exported).values()
    isolated, new = module["properties"]["template"]["resources"]
    assert isolated["properties"] == {"isolationScope": "Regional"}
    assert "properties" not in new
    text = bicep_export(exported).files[f"{module['name']}.bicep"]
    assert text.count("isolationScope: 'Regional'") == 1
