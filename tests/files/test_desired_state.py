"""Descriptions: what their reader takes, what it refuses and where it says so; the JSON Schema says the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program import identity_id, vm_id
from vmident.core.desired_state.rules import ExactRule, Named, Rule, Selector, SystemRule
from vmident.core.resource_id import ResourceId
from vmident.errors import BadDocument
from vmident.files.desired_state import rules_in, schema_text

VM = vm_id("myVM")
IDENTITY = identity_id("myId")
# What stands above the rule that a case is about, which begins on line 3.
HEAD = "version: 1\nrules:\n"
SUBSCRIPTION = "5a4db0c5-0e5a-4d5b-8f2b-1b7a5c0ffee1"

TAKEN = {
    "nothing described": "{version: 1, rules: []}",
    "names": "{version: 1, rules: [{vms: {names: [web*, '*-db', '*']}, system: true}]}",
    "an id": f"{{version: 1, rules: [{{vms: {{ids: [{VM}]}}, system: false}}]}}",
    "an id in capitals": f"{{version: 1, rules: [{{vms: {{ids: [{VM.upper()}]}}, system: keep}}]}}",
    "every condition": (
        f"{{version: 1, rules: [{{vms: {{names: [a], groups: [b*], tags: {{env: prod, owner: '*'}}, "
        f"regions: [West US], subscriptions: [{SUBSCRIPTION}]}}, system: true}}]}}"
    ),
    "an identity by id": f"{{version: 1, rules: [{{vms: {{names: [a]}}, identities: {{include: [{IDENTITY}]}}}}]}}",
    "an identity by name": "{version: 1, rules: [{vms: {names: [a]}, identities: {include: [b], exclude: [c]}}]}",
    "none but": "{version: 1, rules: [{vms: {names: [a]}, identities: {exactly: [b]}}]}",
    "roles": (
        "{version: 1, rules: [{vms: {names: [a]}, system: true, roles: [{role: Reader, scope: group}, "
        f"{{role: Key Vault User, scope: {IDENTITY}}}, {{role: Reader, scope: /subscriptions/{SUBSCRIPTION}}}]}}]}}"
    ),
    "roles for identities": (
        "{version: 1, rules: [{vms: {names: [a]}, identities: {include: [b]}, "
        "roles: [{role: Reader, scope: Subscription}]}, "
        "{vms: {names: [a]}, identities: {exactly: [b]}, roles: [{role: Reader, scope: "
        "/providers/Microsoft.Management/managementGroups/all}]}]}"
    ),
    "none at all": "{version: 1, rules: [{vms: {names: [a]}, identities: {exactly: []}}]}",
}

# What is wrong, with the line it is on and a part of what is said.
REFUSED = {
    "a list": ("[]", 1, "a desired-state file is a list, but must be a mapping"),
    "no version": ("rules: []", 1, "a desired-state file requires the key 'version'"),
    "another version": ("version: 2\nrules: []", 1, "the version is '2'"),
    "a version as text": ("version: '1'\nrules: []", 1, "this version of vmident reads version 1"),
    "no rules": ("version: 1", 1, "a desired-state file requires the key 'rules'"),
    "an unknown key": ("version: 1\nrulez: []", 2, "no key 'rulez'. Did you mean 'rules'?"),
    "an unknown key unlike any": ("version: 1\nrules: []\nqqq: 1", 3, "no key 'qqq'."),
    "rules that are none": ("version: 1\nrules: {}", 2, "rules is a mapping, but must be a list"),
    "a rule that is none": (HEAD + "- web", 3, "a rule is text, but must be a mapping"),
    "a rule without VMs": (HEAD + "- system: true", 3, "a rule requires the key 'vms'"),
    "a rule that says nothing": (HEAD + "- vms: {names: [a]}", 3, "the rule has no 'system' and no 'identities'."),
    "VMs that are none": (HEAD + "- vms: a\n  system: true", 3, "vms is text, but must be a mapping"),
    "no condition": (HEAD + "- vms: {}\n  system: true", 3, "'vms' has no selector"),
    "an unknown condition": (HEAD + "- vms: {name: [a]}\n  system: true", 3, "Did you mean 'names'"),
    "names that are no list": (HEAD + "- vms: {names: a}\n  system: true", 3, "names is text, but must be"),
    "no names": (HEAD + "- vms: {names: []}\n  system: true", 3, "names is an empty list"),
    "a number for a name": (HEAD + "- vms: {names: [12]}\n  system: true", 3, 'text. Quote it: "12"'),
    "nothing for a name": (HEAD + "- vms: {names: [~]}\n  system: true", 3, "is nothing, but must be text"),
    "an empty name": (HEAD + "- vms: {names: [' ']}\n  system: true", 3, "a name is empty"),
    "an impossible name": (HEAD + "- vms: {names: [a/b]}\n  system: true", 3, "it contains '/'"),
    "a name for an id": (HEAD + "- vms: {ids: [myVM]}\n  system: true", 3, "is not a valid resource ID"),
    "an identity for a VM": (HEAD + f"- vms: {{ids: [{IDENTITY}]}}\n  system: true", 3, "is the ID of a"),
    "a name for a subscription": (
        HEAD + "- vms: {subscriptions: [Production]}\n  system: true", 3, "'Production' is not a subscription ID",
    ),
    "no tags": (HEAD + "- vms: {tags: {}}\n  system: true", 3, "'tags' is empty"),
    "a number for a tag": (HEAD + "- vms: {tags: {env: 1}}\n  system: true", 3, "the tag 'env' is a number"),
    "another word for system": (HEAD + "- vms: {names: [a]}\n  system: maybe", 4, "true, false, or keep"),
    "a quoted word for system": (
        HEAD + "- vms: {names: [a]}\n  system: 'true'",
        4,
        "system is the text 'true', not true, false, or keep without quotes",
    ),
    "a list for system": (HEAD + "- vms: {names: [a]}\n  system: []", 4, "true, false, or keep"),
    "a number for system": (HEAD + "- vms: {names: [a]}\n  system: 1", 4, "true, false, or keep"),
    "identities that are a list": (
        HEAD + "- vms: {names: [a]}\n  identities: [b]", 4, "identities is a list, but must be a mapping",
    ),
    "identities that name none": (HEAD + "- vms: {names: [a]}\n  identities: {}", 4, "'identities' is empty"),
    "nothing to include": (
        HEAD + "- vms: {names: [a]}\n  identities:\n    include: []", 5, "include is an empty list",
    ),
    "exactly and include": (
        HEAD + "- vms: {names: [a]}\n  identities:\n    include: [b]\n    exactly: [c]", 6, "cannot be used with",
    ),
    "a VM for an identity": (
        HEAD + f"- vms: {{names: [a]}}\n  identities:\n    include:\n    - b\n    - {VM}", 7, "is the ID of a",
    ),
    "roles alone": (
        HEAD + "- vms: {names: [a]}\n  roles: [{role: Reader, scope: group}]", 4, "'roles' requires 'system: true'",
    ),
    "roles for what is excluded": (
        HEAD + "- vms: {names: [a]}\n  identities: {exclude: [b]}\n  roles: [{role: R, scope: group}]", 5, "'roles' ",
    ),
    "roles for no identity": (
        HEAD + "- vms: {names: [a]}\n  system: false\n  identities: {exactly: []}\n  roles: [{role: R, scope: group}]",
        6, "'roles' requires 'system: true'",
    ),
    "a role without a scope": (
        HEAD + "- vms: {names: [a]}\n  system: true\n  roles: [{role: R}]", 5, "requires the key 'scope'",
    ),
    "a scope that is none": (
        HEAD + "- vms: {names: [a]}\n  system: true\n  roles: [{role: R, scope: here}]", 5, "'here' is not a valid",
    ),
    "a pattern for an identity": (
        HEAD + "- vms: {names: [a]}\n  identities:\n    exclude: ['b*']", 5, "it contains '*'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_what_fits_is_read_and_the_schema_accepts_it(case: str) -> None:
    rules_in(TAKEN[case], "identities.yaml")
    assert _faults(TAKEN[case]) == []


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused_with_its_line_and_by_the_schema_too(case: str) -> None:
    text, line, said = REFUSED[case]
    with pytest.raises(BadDocument) as refused:
        rules_in(text, "identities.yaml")
    assert refused.value.message.startswith(f"identities.yaml:{line}: ")
    assert said in refused.value.message
    assert refused.value.hint
    assert _faults(text) != []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "identities.yaml:1: the file is empty."),
        ("version: 1\nrules: [", "identities.yaml:2: not valid YAML: "),
        ("version: 1\n\tx: 1", "identities.yaml:2: not valid YAML: "),
        ("[" * 5_000, "identities.yaml: the file is nested too deeply."),
        ("a: \0", "identities.yaml: not valid YAML: "),
        ("--- {}\n--- {}", "identities.yaml:2: not valid YAML: but found another document"),
        ("version: 1\nversion: 1\nrules: []", "identities.yaml:2: the key 'version' is already on line 1."),
        ("version: 1\n1: 2", "identities.yaml:2: a key of a desired-state file is a number, but must be text."),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(BadDocument) as refused:
        rules_in(text, "identities.yaml")
    assert refused.value.message.startswith(said)


def test_every_word_keeps_its_line() -> None:
    text = (
        HEAD + "  - vms:\n      names: [web*]\n    system: no\n    identities:\n      include:\n"
        f"        - myId\n        - {IDENTITY}\n"
        "  - vms: {tags: {env: prod}}\n    identities:\n      exactly: [other]\n"
    )
    assert rules_in(text, "identities.yaml") == (
        Rule(
            3,
            Selector(names=("web*",)),
            SystemRule(is_wanted=False, line=5),
            include=(Named("myId", 8), Named(ResourceId.parse(IDENTITY), 9)),
        ),
        Rule(10, Selector(tags={"env": "prod"}), exactly=ExactRule((Named("other", 12),), 12)),
    )


def _faults(text: str) -> list[Any]:
    # Imported here: where it is not installed, nothing but these tests fails.
    from jsonschema import Draft202012Validator

    return list(Draft202012Validator(json.loads(schema_text())).iter_errors(yaml.safe_load(text)))


def test_every_description_that_the_docs_show_is_one() -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    shown = [
        block
        for page in docs.rglob("*.md")
        for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        if "\nrules:" in block
    ]
    assert len(shown) >= 4
    for block in shown:
        rules_in(block, "docs")
        assert _faults(block) == []


def test_a_list_that_many_rules_share_by_an_alias_is_read_once() -> None:
    rule = "- vms: {{ids: {ids}, tags: {tags}}}\n  identities: {{include: {users}}}\n  roles: {roles}\n"
    first = rule.format(
        ids=f"&ids [{VM}]",
        tags="&tags {team: web}",
        users=f"&users [{IDENTITY}]",
        roles="&roles [{role: Reader, scope: group}]",
    )
    others = rule.format(ids="*ids", tags="*tags", users="*users", roles="*roles") * 2

    rules = rules_in(f"{HEAD}{first}{others}", "f.yaml")

    assert len(rules) == 3
    assert [one.line for one in rules] == [3, 6, 9]
    for one in rules[1:]:
        assert one.selector.ids is rules[0].selector.ids
        assert one.selector.tags is rules[0].selector.tags
        assert one.include is rules[0].include
        assert one.roles is rules[0].roles


def test_a_rule_that_is_repeated_by_an_alias_is_read_once() -> None:
    repeated = "- *rule\n" * 4

    rules = rules_in(f"{HEAD}- &rule {{vms: {{names: [web]}}, system: true}}\n{repeated}", "f.yaml")

    assert len(rules) == 5
    assert {id(one) for one in rules} == {id(rules[0])}


def test_a_node_that_is_shared_by_two_keys_is_read_for_each() -> None:
    (rule,) = rules_in(f"{HEAD}- vms: {{names: &words [a, b], regions: *words}}\n  system: true\n", "f.yaml")

    assert (rule.selector.names, rule.selector.regions) == (("a", "b"), ("a", "b"))


def test_aliases_of_aliases_are_refused_without_being_spelled_out() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))

    with pytest.raises(BadDocument, match="has no key 'l0'"):
        rules_in(f"version: 1\nl0: &l0 [web]\n{layers}rules: *l29\n", "f.yaml")
    with pytest.raises(BadDocument, match="a rule is a list"):
        rules_in("version: 1\nrules: &r [*r]\n", "f.yaml")
