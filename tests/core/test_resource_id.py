from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.resource_id import (
    USER_ASSIGNED_IDENTITY,
    VIRTUAL_MACHINE,
    ResourceId,
    looks_like_id,
    typed_id,
    user_identity_id,
    vm_id,
)
from vmident.errors import BadResourceId, ExitCode

VM = "/subscriptions/sub/resourceGroups/group/providers/Microsoft.Compute/virtualMachines/myVM"

_letters = string.ascii_letters + string.digits + "-_"
names = st.text(_letters + ".()", min_size=1, max_size=12).filter(lambda name: not name.endswith("."))
kinds = st.sampled_from([VIRTUAL_MACHINE, USER_ASSIGNED_IDENTITY, "Microsoft.Network/virtualNetworks"])
ids = st.builds(ResourceId, names, names, kinds, names)


@st.composite
def recased(draw: st.DrawFn, text: str) -> str:
    """Draw the same text with the case of every letter thrown."""
    bits = draw(st.integers(0, 2 ** len(text) - 1))
    return "".join(letter.upper() if bits >> at & 1 else letter.lower() for at, letter in enumerate(text))


@law
@given(ids)
def test_an_id_printed_and_read_is_the_same_id_in_the_same_casing(resource: ResourceId) -> None:
    assert str(ResourceId.parse(str(resource))) == str(resource)
    assert ResourceId.parse(str(resource)) == resource


@law
@given(ids.flatmap(lambda resource: st.tuples(st.just(resource), recased(str(resource)))))
def test_an_id_in_any_casing_is_the_same_id_with_the_same_hash(pair: tuple[ResourceId, str]) -> None:
    resource, spelled = pair
    read = ResourceId.parse(spelled)
    assert read == resource
    assert hash(read) == hash(resource)
    assert not read < resource
    assert not resource < read


@law
@given(ids, ids)
def test_ids_are_equal_exactly_where_their_texts_are_in_lower_case(one: ResourceId, other: ResourceId) -> None:
    assert (one == other) == (str(one).lower() == str(other).lower())
    assert [one < other, other < one, one == other].count(True) == 1


@law
@given(ids, st.text(" \t\n", max_size=3), st.text(" \t\r\n", max_size=3))
def test_white_space_around_an_id_and_a_slash_at_its_end_are_dropped(
    resource: ResourceId, before: str, after: str
) -> None:
    assert str(ResourceId.parse(f"{before}{resource}{after}")) == str(resource)
    assert str(ResourceId.parse(f"{before}{resource}/{after}")) == str(resource)


def test_an_id_is_no_text() -> None:
    assert ResourceId.parse(VM) != VM


def test_the_fixed_segments_and_known_kinds_are_printed_as_arm_spells_them() -> None:
    read = ResourceId.parse("/SUBSCRIPTIONS/Sub/resourcegroups/GROUP/Providers/MICROSOFT.COMPUTE/virtualmachines/MyVm")
    assert str(read) == "/subscriptions/Sub/resourceGroups/GROUP/providers/Microsoft.Compute/virtualMachines/MyVm"
    read = ResourceId.parse(
        "/subscriptions/s/resourcegroups/g/providers/microsoft.managedidentity/userassignedidentities/Id"
    )
    assert read.kind == "Microsoft.ManagedIdentity/userAssignedIdentities"


def test_a_kind_that_is_not_known_keeps_its_casing() -> None:
    read = ResourceId.parse("/subscriptions/s/resourceGroups/g/providers/microsoft.Network/VirtualNetworks/n")
    assert read.kind == "microsoft.Network/VirtualNetworks"


def test_a_kind_is_recognised_in_any_case() -> None:
    assert ResourceId.parse(VM).is_a("MICROSOFT.compute/VIRTUALmachines")
    assert not ResourceId.parse(VM).is_a(USER_ASSIGNED_IDENTITY)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "ends after ''"),
        ("myVM", "does not begin with '/subscriptions/'"),
        ("subscriptions/sub/resourceGroups/group", "does not begin with"),
        ("/subscription/sub", "it has 'subscription' instead of 'subscriptions'"),
        ("/subscriptions", "ends after 'subscriptions'"),
        ("/subscriptions/sub", "ends after 'sub'"),
        ("/subscriptions/sub/groups/g", "it has 'groups' instead of 'resourceGroups'"),
        ("/subscriptions/sub/resourceGroups/group", "ends after 'group'"),
        ("/subscriptions/sub/resourceGroups/group/provider/x", "it has 'provider' instead of 'providers'"),
        ("/subscriptions/sub/resourceGroups/group/providers/Microsoft.Compute", "ends after 'Microsoft.Compute'"),
        (VM.removesuffix("/myVM"), "ends after 'virtualMachines'"),
        (f"{VM}/extensions/one", "it has 'extensions' after the name"),
        (f"{VM}//", "it has an empty segment"),
        (VM.replace("/sub/", "//"), "it has an empty segment"),
        (VM.removesuffix("myVM"), "ends after 'virtualMachines'"),
        (VM.replace("myVM", "my VM"), "'my VM'"),
        (VM.replace("group", ".."), "'..'"),
        (VM.replace("Microsoft.Compute", "."), "'.'"),
    ],
)
def test_a_malformed_id_is_refused_and_the_segment_that_does_not_fit_is_named(text: str, named: str) -> None:
    with pytest.raises(BadResourceId) as refused:
        ResourceId.parse(text)
    assert named in refused.value.message
    assert refused.value.hint
    assert refused.value.exit_code is ExitCode.USAGE


CHANGES_A_URL = "/?#%&+;=@:\\\"'<>[]{}|^`*$!,~\ufeff\u200b\u2013 \t\n\r\x00\x1b\x7f\x85\xa0\u2028\u2029"


@pytest.mark.parametrize("character", CHANGES_A_URL, ids=lambda character: f"U+{ord(character):04X}")
def test_a_name_with_a_character_that_changes_a_url_or_a_query_is_refused(character: str) -> None:
    for make in (vm_id, user_identity_id):
        for parts in (("s", "g", f"a{character}b"), ("s", f"a{character}b", "n"), (f"a{character}b", "g", "n")):
            with pytest.raises(BadResourceId) as refused:
                make(*parts)
            assert "contains" in refused.value.message


def test_a_vm_and_an_identity_are_named_by_their_parts() -> None:
    assert str(vm_id("sub", " group ", "myVM")) == VM
    assert user_identity_id("s", "g", "id").is_a(USER_ASSIGNED_IDENTITY)


def test_a_word_with_a_slash_is_meant_as_an_id_even_where_it_is_none() -> None:
    assert looks_like_id(VM)
    assert looks_like_id("group/myVM")
    assert not looks_like_id("myVM")


@pytest.mark.parametrize("name", ["-myVM", "my(VM)", "\u2013dry-run", "a" * 65])
def test_an_id_that_a_user_types_is_held_to_the_rules_of_its_kind(name: str) -> None:
    with pytest.raises(BadResourceId):
        typed_id(VM.replace("myVM", name), VIRTUAL_MACHINE)


def test_an_id_of_another_kind_is_read_all_the_same() -> None:
    assert typed_id(VM, USER_ASSIGNED_IDENTITY).name == "myVM"
