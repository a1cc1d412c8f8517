"""Terraform configuration, read back by a parser of its language."""

from __future__ import annotations

import re

import pytest

from tests.core.export.languages import hcl, hcl_imports, hcl_removed, hcl_resources, hcl_string
from tests.core.export.states import (
    APP,
    APP_PRINCIPAL,
    NEW,
    OTHER_SUB,
    SUB,
    SYSTEM_PRINCIPAL,
    WEB,
    existing,
    machine,
    rule,
    selected,
    state,
    whole_state,
)
from vmident.core.desired_state.rules import Selector
from vmident.core.export.exported_state import ExportedState
from vmident.core.export.terraform.export import terraform_export
from vmident.core.export.terraform.removed import KnownResources, known_resources
from vmident.core.export.unsupported import Unsupported
from vmident.core.identity import IdentityState, IdentityType, SystemIdentity, UserIdentity
from vmident.core.resource_id import ResourceId, user_identity_id, vm_id
from vmident.core.resources import CredentialResource
from vmident.core.vm_kind import VmKind

CANONICAL = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/"
    r"[^/]+(/federatedIdentityCredentials/[^/]+)?"
    r"|/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/]+)?/providers/Microsoft\.Authorization/roleAssignments/[^/]+"
)
ATTACHED = user_identity_id(SUB, "prod", "attached")


def files_of(exported: ExportedState) -> dict[str, str]:
    return {name: text for name, text in terraform_export(exported).files.items() if name.endswith(".tf")}


def test_every_import_has_its_resource_and_a_canonical_id() -> None:
    files = files_of(whole_state())
    imports, resources = hcl_imports(*files.values()), hcl_resources(*files.values())
    assert len(imports) == 3
    assert imports.keys() <= resources.keys()
    assert all(CANONICAL.fullmatch(one) for one in imports.values()), imports
    assert [one for one in resources if one.startswith("azurerm") and one not in imports] == [
        one for one in resources if one.startswith("azurerm") and ("new" in one or "other" in one or "web01" in one)
    ]


def test_every_reference_is_to_a_resource_of_the_export() -> None:
    files = files_of(whole_state())
    named = set(re.findall(r"\b((?:azurerm|azapi)_\w+\.\w+)\.", "".join(files.values())))
    assert named
    assert named <= hcl_resources(*files.values()).keys()


def test_locks_hold_the_id_of_the_vm_and_roles_of_new_principals_refer_to_it() -> None:
    files = files_of(whole_state())
    machines = hcl_resources(files["machines.tf"])
    assert [hcl_string(one["locks"][0]) for one in machines.values()] == [
        hcl_string(one["resource_id"]) for one in machines.values()
    ]
    assert {hcl_string(one["resource_id"]) for one in machines.values()} == {
        str(WEB),
        str(vm_id(SUB, "prod", "new01")),
    }
    assert all(one["response_export_values"] == ['"identity.principalId"'] for one in machines.values())
    principals = [one["principal_id"] for one in hcl_resources(files["role_assignments.tf"]).values()]
    assert f'"{SYSTEM_PRINCIPAL}"' in principals
    assert any(
        re.fullmatch(r"\$\{azapi_update_resource\.new01_\w+\.output\.identity\.principalId\}", one)
        for one in principals
    )


def test_conditions_and_descriptions_of_assignments_that_exist_are_kept() -> None:
    (found,) = (
        one for one in hcl_resources(files_of(whole_state())["role_assignments.tf"]).values() if "condition" in one
    )
    assert [hcl_string(found[name]) for name in ("condition", "condition_version", "description")] == [
        "@Resource",
        "2.0",
        "For web",
    ]


def test_the_identities_of_other_subscriptions_have_a_provider_of_their_own() -> None:
    files = files_of(whole_state())
    providers = [
        one["azurerm"] for text in [files["providers.tf"]] for one in hcl(text)["provider"] if "azurerm" in one
    ] or [one['"azurerm"'] for one in hcl(files["providers.tf"])["provider"] if '"azurerm"' in one]
    assert [(hcl_string(one["subscription_id"]), one.get("alias")) for one in providers] == [
        (SUB, None),
        (OTHER_SUB, f'"subscription_{OTHER_SUB.replace("-", "_")}"'),
    ]
    named = {name: one.get("provider") for name, one in hcl_resources(files["identities.tf"]).items()}
    assert [one for one in named.values() if one] == [f"${{azurerm.subscription_{OTHER_SUB.replace('-', '_')}}}"]


def test_the_providers_of_removed_resources_stay_until_they_are_exported_again() -> None:
    """Terraform forgets a resource through the provider that managed it."""
    whole = files_of(whole_state())
    fewer = state(selected(machine(), rule(include=(APP,))), there=existing(APP))
    made = terraform_export(fewer, known_resources(whole.values()))
    assert made.files["providers.tf"] == whole["providers.tf"]
    assert hcl_removed(made.files["removed.tf"]) == dict.fromkeys(made.removed, False)
    assert terraform_export(fewer, known_resources(made.files.values())).files == made.files
    assert terraform_export(whole_state(), known_resources(made.files.values())).files == whole
    hostile = 'resource "null_resource" "a" {\nremoved {\n  from = azurerm_role_assignment.a[0]\n}\n'
    assert known_resources([hostile.replace("\n", "\r\n")]) == KnownResources()


def test_a_file_without_rules_is_providers_alone() -> None:
    made = terraform_export(state())
    assert sorted(made.files) == ["providers.tf"]
    assert made.unsupported == ()


STATES = {
    "none": IdentityState(),
    "system": IdentityState(SystemIdentity("p")),
    "user": IdentityState(None, {ATTACHED: UserIdentity()}),
    "both": IdentityState(SystemIdentity("p"), {ATTACHED: UserIdentity()}),
}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize(
    ("system", "wanted"),
    [
        (system, wanted)
        for system in (None, True, False)
        for wanted in (None, (APP,), (ATTACHED,), ())
        if system is not None or wanted is not None
    ],
)
def test_the_identity_of_every_transition_is_what_azure_accepts(
    before: str, system: bool | None, wanted: tuple[ResourceId, ...] | None
) -> None:
    """The body merged into the VM, as azapi does it, has the type that its identities call for."""
    now = STATES[before]
    said = rule(system=system, include=wanted or (), exactly=wanted if wanted == () else None)
    (found,) = hcl_resources(
        files_of(state(selected(machine(now), said), there=existing(APP, ATTACHED)))["machines.tf"]
    ).values()
    body = found["body"]["identity"]
    kind = IdentityType(hcl_string(body["type"]))
    named = body.get("userAssignedIdentities", {})
    attached = set(now.users) | {APP for _ in range(wanted == (APP,))} if named is not None else set()
    attached |= {ATTACHED for _ in range(wanted == (ATTACHED,))}
    assert kind.has_system == (bool(now.system) if system is None else system)
    assert kind.has_users == bool(attached)
    assert (named is None) == (wanted == ())
    # Compute refuses one identity under two spellings: an attached one has the VM's.
    assert all(one.startswith('"') == (wanted == (ATTACHED,) and ATTACHED in now.users) for one in named or {})


def test_what_terraform_cannot_express_is_listed_with_its_lines() -> None:
    gone = vm_id(SUB, "prod", "gone")
    flexible = ResourceId(SUB, "prod", VmKind.SCALE_SET.resource_type, "flex")
    rules = (
        rule(line=3, exclude=(NEW,)),
        rule(line=10, exactly=(APP,)),
        rule(line=20, system=True, selector=Selector(ids=frozenset({WEB, gone, flexible}))),
        rule(line=30, system=True, selector=Selector(names=("web01", "WEB02", "db*"))),
        rule(line=40, system=False, selector=Selector(tags={"a": "b"})),
    )
    said = state(
        selected(machine(), *rules[:4]),
        selected(machine(vm=flexible, is_flexible=True), rules[2]),
        rules=rules,
        there=existing(APP, credentials=(CredentialResource(APP, "flexible", "i", "", ()),)),
    )
    keeps = "azapi_update_resource cannot detach one identity and keep others."
    assert terraform_export(said).unsupported == (
        Unsupported(5, "'exclude'", keeps),
        Unsupported(11, "'exactly'", f"{keeps} With --partial, the listed identities are attached."),
        Unsupported(
            12, "federated credential 'flexible' of identity 'app'", "It matches an expression, not a subject."
        ),
        Unsupported(20, "VM '" + str(gone) + "'", "It does not exist."),
        Unsupported(
            21,
            "'system: true'",
            "Scale sets in Flexible orchestration mode do not support the system-assigned identity.",
        ),
        Unsupported(30, "VM 'WEB02'", "It does not exist."),
        Unsupported(40, "the rule", "It selects no VMs, and the export names each VM by its ID."),
    )


def test_an_exact_list_that_is_empty_and_a_disabled_identity_can_be_expressed() -> None:
    now = IdentityState(SystemIdentity("p"), {APP: UserIdentity(None, APP_PRINCIPAL)})
    made = terraform_export(state(selected(machine(now), rule(system=False, exactly=()))))
    assert made.unsupported == ()
    assert 'type                   = "None"' in made.files["machines.tf"]
    assert "userAssignedIdentities = null" in made.files["machines.tf"]


def test_the_isolation_of_an_identity_is_kept() -> None:
    files = files_of(state(selected(machine(), rule(include=(APP, NEW))), there=existing(APP, is_regional=True)))
    isolation = [one.get("isolation_scope") for one in hcl_resources(files["identities.tf"]).values()]
    assert isolation == ['"Regional"', None]
