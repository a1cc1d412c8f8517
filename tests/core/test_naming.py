from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.worlds import law
from vmident.core.naming import (
    GROUP_NAME,
    IDENTITY_NAME,
    NEW_IDENTITY_NAME,
    NEW_VM_NAME,
    RESOURCE_NAME,
    SUBSCRIPTION_NAME,
    VM_NAME,
    NameRule,
    checked_name,
)
from vmident.errors import BadResourceId

PLAIN = string.ascii_letters + string.digits
RULES = [VM_NAME, GROUP_NAME, IDENTITY_NAME, SUBSCRIPTION_NAME, RESOURCE_NAME]


def refusal(name: str, rule: NameRule) -> str:
    with pytest.raises(BadResourceId) as refused:
        checked_name(name, rule)
    assert refused.value.hint
    return refused.value.message


@law
@given(st.sampled_from(PLAIN), st.text(f"{PLAIN}-_", min_size=2, max_size=127))
def test_a_name_that_azure_takes_is_taken_as_it_is(first: str, others: str) -> None:
    assert checked_name(f" {first}{others}\n", NEW_IDENTITY_NAME) == first + others


@law
@given(st.sampled_from(RULES), st.text(max_size=30))
def test_what_is_taken_shows_what_it_is_and_begins_with_no_hyphen_of_an_option(rule: NameRule, text: str) -> None:
    try:
        name = checked_name(text, rule)
    except BadResourceId:
        return
    assert name
    assert name.isprintable()
    assert not set(name) & set("/\t\r\n\x00\u00a0\u200b\ufeff")
    if rule is not SUBSCRIPTION_NAME:
        assert not [one for one in name if unicodedata.category(one) == "Pd" and one != "-"]


@pytest.mark.parametrize("name", ["", "  ", "ab", "-abc", "_abc", "a b c", "a.b.c", "a/b/c", "id\u00e9", "a" * 129])
def test_a_name_that_no_identity_can_have_is_refused_with_the_rule(name: str) -> None:
    assert "is not a valid identity name" in refusal(name, NEW_IDENTITY_NAME)


def test_an_identity_that_exists_may_have_a_shorter_name() -> None:
    assert checked_name("id", IDENTITY_NAME) == "id"


@pytest.mark.parametrize("name", ["a", "_", "(web)", "a.b-c_d", ".hidden", "größe", "-web", "a" * 90])
def test_a_group_may_have_any_letters_and_some_signs(name: str) -> None:
    assert checked_name(f"{name} ", GROUP_NAME) == name


@pytest.mark.parametrize("name", ["", "web.", ".", "..", "a b", "a/b", "a'b", "a,b", "a" * 91])
def test_a_name_that_no_group_can_have_is_refused(name: str) -> None:
    assert "is not a valid resource group name" in refusal(name, GROUP_NAME)


@pytest.mark.parametrize("name", ["web01", "w", "web.prod", "aks-pool-vmss_0", "vm_", "größe", "名前", "a" * 64])
def test_a_vm_may_have_letters_of_any_script_and_some_signs(name: str) -> None:
    assert checked_name(name, VM_NAME) == name


@pytest.mark.parametrize("name", ["größe", "名前", "web\u0661"])
def test_a_new_vm_has_letters_and_digits_of_ascii_alone(name: str) -> None:
    assert "is not a valid VM name" in refusal(name, NEW_VM_NAME)


@pytest.mark.parametrize("name", ["_vm", "vm-", "vm.", "-vm", ".", "a(b)", "a,b", "[system]", "a" * 65])
def test_a_name_that_no_vm_can_have_is_refused(name: str) -> None:
    assert "is not a valid VM name" in refusal(name, VM_NAME)


@pytest.mark.parametrize("name", ["Pay-As-You-Go", "Visual Studio Enterprise \u2013 MPN", "R&D (test), 100%", "Größe"])
def test_a_subscription_may_have_the_names_that_azure_and_people_give(name: str) -> None:
    assert checked_name(name, SUBSCRIPTION_NAME) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("my VM", "contains a space"),
        ("a#b", "contains '#'"),
        ("my\u2013VM", "contains the character '\u2013' U+2013 (en dash)"),
        ("my\u00a0VM", "contains the character U+00A0 (no-break space)"),
        ("my\u200bVM", "contains the character U+200B (zero width space)"),
        ("\ufeffmyVM", "contains the character U+FEFF (byte order mark)"),
        ("a\tb", "contains the character U+0009 (a control character)"),
        ("a\udcffb", "contains the character U+DCFF (a control character)"),
        ("", "is empty"),
        ("_vm", "begins with '_'"),
        ("vm.", "ends in '.'"),
        ("a" * 65, "has 65 characters"),
    ],
)
def test_a_refusal_names_the_character(name: str, reason: str) -> None:
    assert refusal(name, VM_NAME).endswith(f"is not a valid VM name: it {reason}.")


def test_a_refusal_shows_what_is_invisible() -> None:
    assert refusal("my\u200bVM", VM_NAME).startswith("'my\\u200bVM' is not")
