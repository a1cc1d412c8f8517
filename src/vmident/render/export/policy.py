"""The files of an Azure Policy export: the template and its README."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from vmident.core.export.policy.export import Policies, PolicyOptions
from vmident.core.export.policy.system_assigned import SYSTEM_ROLES
from vmident.core.export.policy.user_assigned import USER_ROLES, AttachmentPolicy
from vmident.core.export.unsupported import listed_lines, title_of
from vmident.core.rbac.roles import Role
from vmident.core.shell import command_line
from vmident.render.export.readme import document, missing_section, plain, plan_command

TEMPLATE = "policy.json"
README = "README.md"


def policy_files(policies: Policies, options: PolicyOptions, template: Any, file: str) -> dict[str, str]:
    """Return the text of each file by its name; `file` is the desired-state file, `-` for standard input."""
    return {TEMPLATE: json.dumps(template, indent=2) + "\n", README: document(_readme(policies, options, file))}


def _readme(policies: Policies, options: PolicyOptions, file: str) -> Iterator[str]:
    yield from ("# Managed identities with Azure Policy", "")
    yield f"This folder was generated from {plain(title_of(file))}"
    yield f"by `vmident export policy`. `{TEMPLATE}` is an ARM template that assigns policies at"
    yield from (f"`{options.place.scope}`.", "")
    yield from _policies(policies, options)
    yield from _preview(options)
    yield from _deploy(policies, options)
    yield from _check(options, file)
    yield from _limits(policies)
    yield from missing_section(policies.unsupported)
    yield from _remove(options)


def _policies(policies: Policies, options: PolicyOptions) -> Iterator[str]:
    yield from ("| policy | what it does | lines of its rules |", "|---|---|---|")
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
        yield from (f"Rules without `subscriptions` apply to {where}.", "")


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
    yield from (
        "## Preview",
        "",
        "Preview the resources that the template creates:",
        "",
        _deployment(options, "what-if"),
        "",
    )
    if options.is_audit:
        yield "The assignments are not enforced (`DoNotEnforce`): Azure Policy reports the VMs that it would change,"
        yield "but does not change them. The template has no remediation tasks and grants no roles."
        yield "To enforce the policies, export without `--audit` and deploy again."
    else:
        yield "To see which VMs the policies would change, export with `--audit` and deploy that template first. It"
        yield "does not change VMs."
    yield ""


def _deploy(policies: Policies, options: PolicyOptions) -> Iterator[str]:
    yield from ("## Deploy", "", _deployment(options, "create"), "")
    yield "You need the roles Resource Policy Contributor and Role Based Access Control Administrator (or Owner) at the"
    yield from ("scope.", "")
    if options.is_audit:
        return
    yield "Azure Policy changes VMs with the identities of the assignments. The template grants them the roles that the"
    yield from ("policy definitions require:", "")
    if policies.definitions:
        yield f"* {_names(SYSTEM_ROLES)}, to enable the system-assigned identity: the effect `modify` updates VMs with"
        yield f"  this role. It is granted on the whole scope, `{options.place.scope}`."
    if policies.attachments:
        yield f"* {_names(USER_ROLES)}, to attach identities: the effect `deployIfNotExists` deploys a"
        yield "  template with these roles. They are granted on the subscription or management group of each policy."
    yield ""
    yield "The deployment also starts remediation tasks, which change existing VMs. New VMs are changed when they are"
    yield from ("created.", "")
    if options.place.scope.subscription is None:
        yield "At a management group, remediation tasks change the VMs that Azure Policy has already evaluated, and a"
        yield "new assignment is evaluated within about 30 minutes. Deploy the template again after that."
        yield ""


def _names(roles: Sequence[Role]) -> str:
    return " and ".join(role.name for role in roles)


def _check(options: PolicyOptions, file: str) -> Iterator[str]:
    scope = options.place
    subscription = scope.scope.subscription or scope.only or "SUBSCRIPTION"
    command = plan_command(file, "--subscription", subscription, "--exit-code")
    yield from ("## Check", "", "`vmident plan` with the same desired-state file shows the changes that remain:", "")
    yield from (f"    {command}", "")


def _limits(policies: Policies) -> Iterator[str]:
    yield from ("## What Azure Policy does not do", "")
    yield "* It does not detach identities or disable the system-assigned identity, even after you remove a rule from"
    yield "  the file. Use `vmident apply` for `exclude`, `exactly` and `system: false`."
    yield "* It does not grant roles to the identities of VMs."
    yield "* It does not use etags, so a change that another client makes at the same time can be lost."
    if policies.attachments:
        yield "* The built-in policy skips VMs and scale sets that have exactly one user-assigned identity and no"
        yield "  system-assigned identity. `vmident plan` shows them, and `vmident apply` changes them."
    if any(one.number > 1 for one in policies.definitions):
        yield "* The rules do not fit into one policy definition. A VM that rules of two definitions select gets its"
        yield "  system-assigned identity from a remediation task, not when it is created."
    if policies.definitions:
        yield "* If an identity from outside the scope is attached to a VM, Azure Policy can change the VM only if the"
        yield "  identity of the assignment has the role Managed Identity Operator on the attached identity. The"
        yield "  template grants roles at the scope only."
    if any(one.kind.value == "vmss" for one in policies.definitions):
        yield "* Scale sets in Flexible orchestration mode do not support the system-assigned identity and are skipped."
    yield ""


def _remove(options: PolicyOptions) -> Iterator[str]:
    yield from ("## Remove", "")
    yield "A deployment does not delete policies that are no longer in the template. To delete them with the next"
    yield "deployment, deploy the template as a deployment stack: use `az stack sub create` or `az stack mg create`"
    yield "with `--action-on-unmanage deleteResources`."
    yield ""
    yield "Before you delete an assignment, delete the role assignments of its identity. A new assignment with the same"
    yield "name has a new identity, and Azure does not change the principal of a role assignment. The names of all"
    yield f"policies begin with `{options.prefix}-`."
