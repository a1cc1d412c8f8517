"""What is printed on standard error of verifications."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from vmident.cli.run import Run
from vmident.core.resource_id import ResourceId, looks_like_id
from vmident.core.shell import with_typed_words
from vmident.render.human import warnings_about
from vmident.results.verification import VmVerification


def with_typed_names(result: VmVerification, run: Run) -> VmVerification:
    """Return a result whose hints name the VM as the command line did, and identities of its group by name."""
    vm = result.id
    if vm is None:
        return result
    words = [result.vm] if looks_like_id(result.vm) else [result.vm, "-g", vm.group, *run.subscription_options]
    ids = [ResourceId.parse(one.check.identity) for one in result.checks if looks_like_id(one.check.identity)]
    names = [one.name for one in ids if one.group.lower() == vm.group.lower()]

    def named(hint: str | None) -> str | None:
        return with_typed_words(hint, str(vm), words, names) if hint else hint

    checks = tuple(replace(one, hint=named(one.hint)) for one in result.checks)
    error = result.error.with_message(result.error.message, named(result.error.hint)) if result.error else None
    return replace(result, checks=checks, error=error)


def explain_verifications(run: Run, results: Sequence[VmVerification]) -> None:
    """Print the warnings and failures of verifications."""
    for one in results:
        run.console.warn(warnings_about(one.name, one.warnings))
        if one.error:
            run.explain_vm(one.error, one.id)
