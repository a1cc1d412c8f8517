"""`vmident export policy`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from vmident.cli.completion import candidates
from vmident.cli.export_job import ExportTarget, export_job
from vmident.cli.inputs.desired_state_file import DescriptionFile
from vmident.cli.options.export import ExportOptions
from vmident.cli.run import Run
from vmident.core.export.unsupported import Export
from vmident.core.naming import GUID
from vmident.core.rbac.scope import Scope
from vmident.core.resources import location_key
from vmident.errors import (
    AzureUnavailable,
    BadResourceId,
    ConflictingRules,
    ExitCode,
    NotAllowed,
    NotFound,
    NotSignedIn,
    UsageError,
)
from vmident.render.line import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmident.cli.composition.session import Session
    from vmident.cli.export_job import ExportJob
    from vmident.core.desired_state.plan import Plan
    from vmident.core.export.policy.clauses import ExportScope
    from vmident.core.export.policy.export import Counts, PolicyOptions

_TARGET = ExportTarget("policy", "Azure Policy")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,9}[A-Za-z0-9]|[A-Za-z]")
_NO_IDENTITY = "identity-not-found"
_NO_SCOPE = "subscription-not-found"
_SCOPES = "Use /subscriptions/ID or /providers/Microsoft.Management/managementGroups/NAME."
_EXAMPLE = "Example: --scope /providers/Microsoft.Management/managementGroups/myGroup"


class PolicyCommandOptions(Struct, frozen=True):
    """Where policy is assigned, and how."""

    scope: Annotated[
        str | None,
        typer.Option(
            "--scope", metavar="SCOPE", help="Resource ID of a management group or subscription.", show_default=False
        ),
    ] = None
    location: Annotated[
        str | None,
        typer.Option(
            "--location",
            "-l",
            metavar="REGION",
            help="Region of the managed identities of the policy assignments.",
            show_default=False,
            autocompletion=candidates.regions,
        ),
    ] = None
    prefix: Annotated[
        str, typer.Option("--prefix", metavar="TEXT", help="Prefix for the names of all policy resources.")
    ] = "vmident"
    audit: Annotated[
        bool, typer.Option("--audit", help="Only report VMs: do not enforce policies or remediate VMs.")
    ] = False
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Do not read Azure: skip checks and use the default remediation size."),
    ] = False


def policy(run: Run, *, file: DescriptionFile = None, export: ExportOptions, options: PolicyCommandOptions) -> ExitCode:
    """Export a desired state to Azure Policy.

    Writes an ARM template and a README to a folder. The template creates policy assignments that keep VMs in the
    desired state, and remediation tasks that change existing VMs. Reads Azure to limit the tasks to the number of VMs
    that 'vmident plan' would change. The command changes nothing in Azure.

    A rule without subscriptions applies to the subscription, or to every subscription of the management group. Use
    --subscription to apply it to one subscription only.

    Fails without writing a file if the desired state has parts that Azure Policy cannot express, such as 'exclude' and
    'roles'. Use --partial to export the rest.

    Examples:

    \b
      vmident export policy -f identities.yaml -l westeurope --to policy \\
        --scope /subscriptions/ID

    \b
      vmident export policy -f identities.yaml -l westeurope --to policy --audit \\
        --scope /providers/Microsoft.Management/managementGroups/myGroup
    """
    from vmident.core.export.policy.export import PolicyOptions, policies_for, policy_template
    from vmident.render.export.policy import policy_files

    session = run.open()
    place = _place(_scope(options.scope), run.subscriptions_given, session, is_offline=options.offline)
    location = _location(options.location)
    if not _PREFIX.fullmatch(options.prefix):
        raise UsageError(
            f"'{options.prefix}' is not a valid prefix.",
            hint="Use 1 to 11 letters, digits, and hyphens that begin with a letter and do not end in a hyphen.",
        )
    job = export_job(_TARGET, file, export, run)
    settings = PolicyOptions(place, location, options.prefix, options.audit)
    policies = policies_for(job.rules, place)
    job.check_not_empty(policies.unsupported, is_empty=policies.is_empty)
    notes: list[Line] = []
    template = policy_template(policies, settings, _counts(job, settings, session, notes, is_offline=options.offline))
    files = policy_files(policies, settings, template, Path(job.word).name)
    return job.finish(run, Export(files, policies.unsupported), notes=notes)


def _scope(scope: str | None) -> Scope:
    if scope is None:
        raise UsageError(
            "--scope is required: the management group or subscription for the policy assignments.", hint=_EXAMPLE
        )
    try:
        parsed = Scope.parse(scope)
    except BadResourceId:
        parsed = None
    is_group = parsed is not None and parsed.subscription is None
    is_subscription = parsed is not None and re.fullmatch(f"/subscriptions/{GUID.pattern}", str(parsed))
    if parsed is None or not (is_group or is_subscription):
        is_id_alone = GUID.fullmatch(scope.strip())
        raise UsageError(
            f"'{scope}' is not the resource ID of a management group or subscription.",
            hint=f"Use --scope /subscriptions/{scope.strip()}" if is_id_alone else _SCOPES,
        )
    return parsed


def _place(scope: Scope, subscriptions: Sequence[str], session: Session, *, is_offline: bool) -> ExportScope:
    """Return the scope with the subscription of `--subscription`; a name is looked up."""
    from vmident.core.export.policy.clauses import ExportScope

    only = subscriptions[0] if subscriptions else None
    if only is not None and not GUID.fullmatch(only):
        if is_offline:
            raise UsageError("--subscription takes an ID with --offline.", hint="To see IDs: vmident account list")
        (only,) = session.subscriptions([only])
    if scope.subscription is not None and only is not None and only.lower() != scope.subscription.lower():
        raise UsageError("--subscription and --scope specify different subscriptions.", hint="Remove --subscription.")
    return ExportScope(scope, only)


def _location(location: str | None) -> str:
    if location is None:
        raise UsageError(
            "--location is required: the region of the managed identities of the policy assignments.",
            hint="Example: -l westeurope",
        )
    key = location_key(location)
    if not re.fullmatch(r"[a-z0-9]+", key):
        raise UsageError(f"'{location}' is not the name of a region.", hint="Example: -l westeurope")
    return key


def _counts(
    job: ExportJob, settings: PolicyOptions, session: Session, notes: list[Line], *, is_offline: bool
) -> Counts:
    """Return how many VMs each policy would change, with a note where that is not known.

    Names in the file that match no VMs are notes, too. Raises `UsageError` for a region and `NotFound` for a
    subscription of `--scope` that do not exist.
    """
    from vmident.core.desired_state.plan import RULE_SELECTS_NOTHING
    from vmident.render.human import warnings_about
    from vmident.usecases.count_changes import needs_subscription, plan_for_counts, planned_count

    place = settings.place

    def unknown(reason: str) -> Counts:
        what = "names in the file were not checked" if settings.is_audit else "remediation tasks have the default size"
        notes.append(Line(f"The {what}, because {reason}."))
        return lambda _policy: None

    if is_offline:
        return (lambda _policy: None) if settings.is_audit else unknown("--offline was used")
    try:
        _check_azure(place, settings.location, session)
        if needs_subscription(job.rules, place):
            return unknown("rules without subscriptions apply to every subscription of the management group")
        plan: Plan = plan_for_counts(job.rules, place, session.where_asked, session.ports)
    except ConflictingRules as conflict:
        raise conflict.with_message(f"{job.file}: {conflict.message}") from conflict
    except (NotSignedIn, NotAllowed, NotFound, AzureUnavailable) as unread:
        if unread.code in {_NO_IDENTITY, _NO_SCOPE}:
            raise
        return unknown(f"Azure could not be read: {unread.message.rstrip('.')}")
    notes.extend(warnings_about(job.file, [one for one in plan.unmatched if one.code != RULE_SELECTS_NOTHING]))
    if settings.is_audit:
        return lambda _policy: None
    if not plan.pending:
        return unknown("the plan has no changes")
    return lambda policy: planned_count(plan, policy)


def _check_azure(place: ExportScope, location: str, session: Session) -> None:
    """Check the region, and the subscription of the scope; of a management group, the default subscription lists them.

    Where none is set for a management group, nothing is checked.
    """
    from vmident.core.vm_creation.offers import check_region

    own = place.scope.subscription or place.only
    if own is None and session.settings.subscription is None and not session.is_sandbox:
        return
    try:
        regions = session.ports.offers.regions(own or session.where.subscription())
    except NotFound as missing:
        if own is None:
            return
        option = "--scope" if place.scope.subscription else "--subscription"
        raise NotFound(
            missing.message, code=_NO_SCOPE, hint=f"Check {option}. To see IDs: vmident account list"
        ) from missing
    check_region(location, regions)
