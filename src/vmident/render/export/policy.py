"""The files of an Azure Policy export: the template and its README."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vmident.core.export.policy.export import Policies, PolicyOptions
from vmident.core.export.policy.system_assigned import SYSTEM_ROLES
from vmident.core.export.policy.user_assigned import USER_ROLES, AttachmentPolicy
from vmident.core.export.unsupported import listed_lines
from vmident.core.rbac.roles import Role
from vmident.core.shell import command_line
from vmident.render.export.readme import document, missing_section

TEMPLATE = "policy.json"
README = "README.md"


def policy_files(policies: Policies, options: PolicyOptions, template: Any) -> dict[str, str]:
    """Return the text of each file by its name."""
    return {TEMPLATE: json.dumps(template, indent=2) + "\n", README: document(_readme(policies, options))}


def _readme(policies: Policies, options: PolicyOptions) -> Iterator[str]:
    yield from ("# Managed identities by Azure Policy", "")
    yield f"`{TEMPLATE}` is an ARM template that vmident exported from a desired-state file. It assigns policies at"
    yield from (f"`{options.place.scope}`.", "")
    yield from _policies(policies, options)
    yield from _preview(options)
    yield from _deploy(policies, options)
    yield from _check(options)
    yield from _limits(policies)
    yield from missing_section(policies.unsupported)
    yield from _remove(options)


def _policies(policies: Policies, options: PolicyOptions) -> Iterator[str]:
    yield from ("| policy | what it does | rules on lines |", "|---|---|---|")
    prefix = options.prefix
    for definition in policies.definitions:
        what = f"enables the system-assigned identity on {definition.kind.noun}s"
        yield f"| `{definition.named(prefix)}` | {what} | {listed_lines(definition.lines)} |"
    for one, rules in policies.attachments.items():
        yield f"| `{one.named(prefix)}` | {_attaches(one)} | {listed_lines(rules)} |"
    yield ""
    scope, only = options.place.scope, options.place.only
    if scope.subscription is None:
        where = f"subscription `{only}`" if only else "every subscription of the management group"
        yield from (f"Rules that name no subscription are for {where}.", "")


def _attaches(one: AttachmentPolicy) -> str:
    where = f" in {', '.join(one.regions)}" if one.regions else ""
    return f"attaches `{one.identity}` to {one.kind.noun}s at `{one.scope}`{where}"


def _deployment(options: PolicyOptions, *words: str) -> str:
    scope, location = options.place.scope, options.location
    if scope.subscription is not None:
        place = ("sub", words[0], "--subscription", scope.subscription)
    else:
        place = ("mg", words[0], "--management-group-id", str(scope).rpartition("/")[2])
    return "    " + command_line(
        "az", "deployment", *place, *words[1:], "--location", location, "--template-file", TEMPLATE
    )


def _preview(options: PolicyOptions) -> Iterator[str]:
    yield from ("## Preview", "", "The resources that the template creates:", "", _deployment(options, "what-if"), "")
    if options.is_audit:
        yield "The assignments are not enforced (`DoNotEnforce`): Azure Policy reports which VMs it would change, and"
        yield "changes none. The template has no remediation tasks, and its identities have no roles."
        yield "To enforce the policies, export without `--audit` and deploy again."
    else:
        yield "To see which VMs the policies would change before they change any, export with `--audit` and deploy"
        yield "that first."
    yield ""


def _deploy(policies: Policies, options: PolicyOptions) -> Iterator[str]:
    yield from ("## Deploy", "", _deployment(options, "create"), "")
    yield "You need the roles Resource Policy Contributor and Role Based Access Control Administrator (or Owner) at the"
    yield from ("scope.", "")
    if options.is_audit:
        return
    yield "The template grants roles to the identities of the assignments, as the policy definitions require:"
    yield ""
    for what, roles in (("enable", SYSTEM_ROLES if policies.definitions else ()), ("attach", _user_roles(policies))):
        if roles:
            yield f"* {' and '.join(role.name for role in roles)}, to {what} identities"
    yield ""
    yield "The deployment also starts remediation tasks, which change existing VMs. New VMs are changed when they are"
    yield from ("created.", "")
    if options.place.scope.subscription is None:
        yield "At a management group, remediation tasks change the VMs that Azure Policy has already evaluated, and a"
        yield "new assignment is evaluated within about 30 minutes. Deploy the template again after that."
        yield ""


def _user_roles(policies: Policies) -> tuple[Role, ...]:
    return USER_ROLES if policies.attachments else ()


def _check(options: PolicyOptions) -> Iterator[str]:
    scope = options.place
    subscription = scope.scope.subscription or scope.only or "SUBSCRIPTION"
    command = command_line("vmident", "plan", "-f", "FILE", "--subscription", subscription, "--exit-code")
    yield from ("## Check", "", "`vmident plan` with the same desired-state file shows what is still to be done:", "")
    yield from (f"    {command}", "")


def _limits(policies: Policies) -> Iterator[str]:
    yield from ("## What Azure Policy does not do", "")
    yield "* It does not detach identities or disable the system-assigned identity, also where a rule is removed from"
    yield "  the file: `exclude`, `exactly` and `system: false` need `vmident apply`."
    yield "* It does not grant roles to the identities of VMs."
    yield "* It writes without etags, so that a change that someone else makes at the same moment can be lost."
    if policies.attachments:
        yield "* The built-in policy skips VMs and scale sets that have exactly one user-assigned identity and no"
        yield "  system-assigned identity. `vmident plan` shows them, and `vmident apply` changes them."
    if any(one.number > 1 for one in policies.definitions):
        yield "* The rules are too many for one policy definition. A VM that rules of two definitions select gets its"
        yield "  system-assigned identity from a remediation task, and not when it is created."
    if policies.definitions:
        yield "* A VM with an attached identity outside the scope needs the role Managed Identity Operator on that"
        yield "  identity for the identity of the assignment. The template grants it at the scope only."
    if any(one.kind.value == "vmss" for one in policies.definitions):
        yield "* Scale sets in Flexible orchestration mode do not support the system-assigned identity and are skipped."
    yield ""


def _remove(options: PolicyOptions) -> Iterator[str]:
    yield from ("## Remove", "")
    yield "Policies of an earlier export stay when they are not in the template any more. To delete them with the next"
    yield "deployment, deploy the template as a deployment stack: `az stack sub create` or `az stack mg create` with"
    yield "`--action-on-unmanage deleteResources`. Before you delete an assignment, delete the role assignments of its"
    yield "identity: a new assignment of the same name has another identity, and Azure does not change the principal of"
    yield f"a role assignment. All names begin with `{options.prefix}-`."
