# ruff: noqa: INP001 - run as `python -m docs.generate`; a folder of texts is no package
"""Write what README.md and docs/ say of commands, exit codes and error codes from the program itself.

The help of commands is read from its goldens, which another guard holds to what the program prints.
Whatever stands between `<!-- generated: NAME -->` and `<!-- end of generated -->` is replaced; the rest is left alone.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.guards.help_texts import command_words, golden_of
from vmident import errors
from vmident.arm import connection, limits
from vmident.core import consequences, dependents, naming
from vmident.core.desired_state import plan
from vmident.core.polling import LONGEST_RETRY_AFTER_SECONDS
from vmident.core.verification import checks
from vmident.usecases import plan_state
from vmident.usecases.change import execute, outcome, polling, prepare, recorder, resume_and_undo
from vmident.usecases.identity import prepare_delete
from vmident.usecases.verify import verify_vm
from vmident.usecases.vm import prepare as vm_prepare
from vmident.usecases.vm import preview_deployment

PROJECT = Path(__file__).resolve().parents[1]
_PACKAGE = Path(errors.__file__).parent
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)
_OWN_CODE = re.compile(r"[a-z]+(-[a-z]+)+")

_EXIT_CODES = {
    "DONE": "Success, or no changes.",
    "FAILED": "General failure, or you answered no at the prompt.",
    "USAGE": "Usage error, such as an ambiguous name or a missing `--yes`; nothing was changed.",
    "NOT_FOUND": "A VM, identity, resource group, or subscription was not found.",
    "NOT_ALLOWED": "Not signed in, or not allowed.",
    "SOME_FAILED": "Some VMs succeeded and some failed. If all fail with the same code, that code is returned instead. "
    "`verify`: some VMs could not be verified. `access` and `report`: not all role assignments "
    "were read, so `--fail-on` cannot be evaluated.",
    "CONFLICT": "Conflict: the VM changed, is being deleted, or has another operation that did not finish in time.",
    "TIMED_OUT": "Timed out: `--timeout` or the two-hour limit of an operation expired; "
    "the change might still complete.",
    "PENDING": "Changes are pending (`plan --exit-code`), or a finding is at least as severe as `--fail-on`.",
    "INTERRUPTED": "Interrupted by Ctrl-C, SIGTERM, or SIGHUP; operations in Azure continue.",
}
# Where the first line of the class is written for developers.
_SAID_TO_READERS = {
    "failed": "General failure.",
    "azure-error": "Azure returned an error without a code, and no other code applies.",
    "throttled": "Azure throttled the request, and several retries did not succeed.",
    "precondition-failed": "The VM kept changing between each read and the write that followed.",
}
_NARROWER_CODES = {
    "identity-not-found": "The user-assigned identity was not found.",
    "role-not-found": "No role with that name can be assigned at the scope.",
    "vm-not-running": "The VM is not running, so no script can run in it.",
    "agent-missing": "The VM has no VM agent, or the agent is not ready, so no script can run in it.",
    "instance-not-found": "The scale set has no instance with that ID.",
    "no-instance": "The scale set has no instance that a script can run in.",
    "no-identity": "The VM has no identity to verify.",
    "no-http-client": "The VM has none of the programs that can request and read a token.",
    "run-not-found": "The run was not found in the journal, or the journal has no runs for this cloud.",
    "size-not-available": "The subscription cannot use this VM size in the region.",
    "subnet-not-found": "The subnet was not found in the virtual network, or it cannot hold VMs.",
    "no-subscriptions": "The signed-in account has no subscription that can be used.",
    "subscription-not-found": "The account cannot access a subscription with that name.",
}
_WARNING_CODES = {
    "principal-lost": "The system-assigned identity and its principal are deleted.",
    "system-identity-unsupported": "A rule enables the system-assigned identity on a Flexible scale set.",
    "dependent-extension": "An extension loses the identity that it uses, or its default identity changes.",
    "dependent-encryption": "Disk encryption loses the identity that it uses.",
    "default-identity-changed": "Programs in the VM that do not specify an identity get a different one.",
    "default-identity-ambiguous": "Programs that do not specify an identity get an error: several are attached.",
    "default-identity-lost": "Programs in the VM that do not specify an identity no longer get a token.",
    "identity-named-twice": "An identity is specified more than once (case is ignored).",
    "roles-orphaned": "A role assignment will be orphaned; one warning per role assignment.",
    "roles-unknown": "The role assignments of an identity that is removed could not be read.",
    "not-attached": "The identity to detach is not attached.",
    "rule-names-no-vm": "A rule names a VM that was not found; one warning per VM. An error with `--strict`.",
    "rule-names-no-group": "A rule names a resource group without VMs. An error with `--strict`.",
    "rule-names-no-region": "A rule names a region without VMs. An error with `--strict`.",
    "unreadable-vm": "A VM in a list cannot be read; the plan does not include it.",
    "graph-lags": "The state of many VMs was read from Resource Graph, which lags; no change is computed from it.",
    "extensions-not-read": "Extensions of VMs could not be read; the plan does not show which a change would break.",
    "rule-selects-nothing": "A rule selects no VMs.",
    "dead-attachment": "`identity delete --force` leaves a deleted identity attached to a VM; one warning per VM.",
    "search-incomplete": "Resource Graph could not be queried for VMs; only one subscription was searched.",
    "long-identity-name": "The identity name is longer than 24 characters.",
    "state-not-read": "Not signed in: the VM was planned without reading its current state.",
    "what-if-failed": "Azure did not return the changes that a deployment would make.",
    "new-principal": "The system-assigned identity is enabled again, with a new principal.",
    "not-recorded": "The change was made but could not be recorded in the journal.",
    "changed-since": "The VM does not have the requested identities: another client or a policy changed them.",
    "identity-not-read": "`verify` could not read an identity, and compares its token with what the VM shows.",
    "operation-unreadable": "The account cannot read operations, so the VMs were read instead; one warning per run.",
}


def pages() -> list[Path]:
    """List the README and every page of the documentation."""
    return [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]


def renewed(text: str) -> str:
    """Return a page with its generated blocks renewed."""
    return _BLOCK.sub(lambda block: f"{block[1]}\n{_BLOCKS[block[2]]()}\n\n{block[3]}", text)


def _commands() -> str:
    parts = []
    for words in command_words():
        name = " ".join(("vmident", *words))
        text = golden_of(words).read_text(encoding="utf-8").strip()
        parts.append(f"## {name}\n\n```text\n{text}\n```")
    return "\n\n".join(parts)


def _exit_codes() -> str:
    return _table(("Code", "Meaning"), ((str(int(code)), _EXIT_CODES[code.name]) for code in errors.ExitCode))


def _error_codes() -> str:
    classes = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.VmidentError)]
    rows = [(one.default_code, one.exit_code, _meaning(one)) for one in classes]
    rows += [(code, one.exit_code, _NARROWER_CODES[code]) for code, one in _narrower_codes().items()]
    cells = ((f"`{code}`", str(int(exit_code)), meaning) for code, exit_code, meaning in sorted(rows))
    return _table(("Code", "Exit code", "Meaning"), cells)


def _meaning(one: type[errors.VmidentError]) -> str:
    return _SAID_TO_READERS.get(one.default_code) or str(inspect.getdoc(one)).splitlines()[0]


def _narrower_codes() -> dict[str, type[errors.VmidentError]]:
    """Find the codes that are given where an error is raised, as in `NotFound(…, code="identity-not-found")`."""
    found = {}
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            for given in node.keywords:
                code = given.value.value if isinstance(given.value, ast.Constant) else None
                if given.arg == "code" and isinstance(code, str) and _OWN_CODE.fullmatch(code):
                    found[code] = getattr(errors, node.func.id)
    return found


def _warning_codes() -> str:
    modules = (
        consequences,
        naming,
        plan,
        plan_state,
        dependents,
        prepare,
        prepare_delete,
        execute,
        outcome,
        vm_prepare,
        preview_deployment,
        resume_and_undo,
        recorder,
        checks,
    )
    codes = {value for module in modules for name, value in vars(module).items() if _is_code(name, value)}
    if codes != _WARNING_CODES.keys():
        raise SystemExit(f"Codes without a meaning, or a module: {sorted(codes ^ _WARNING_CODES.keys())}")
    return _table(("Code", "Meaning"), ((f"`{code}`", _WARNING_CODES[code]) for code in sorted(codes)))


def _clients() -> str:
    """Render what the sessions of `interop/` have on record, a row for each client and command."""
    record = json.loads((PROJECT / "interop" / "results.json").read_text(encoding="utf-8"))
    rows = (
        (client, f"`{command}`", "yes" if works else "no")
        for client, result in record.items()
        for command, works in result["commands"].items()
    )
    versions = (
        f"* {client}: {', '.join(f'{name} {version}' for name, version in result['versions'].items())}"
        for client, result in record.items()
    )
    return "\n".join(versions) + "\n\n" + _table(("Client", "Command", "Works"), rows)


def _limits() -> str:
    mib = 1024 * 1024
    rows = [
        ("Connection, including the TLS handshake", f"{limits.CONNECT_SECONDS:.0f} seconds"),
        ("Time between two parts of a response", f"{limits.SILENCE_SECONDS:.0f} seconds"),
        ("Complete response", f"{limits.ANSWER_SECONDS:.0f} seconds"),
        ("Response size, compressed and decompressed", f"{limits.ANSWER_BYTES // mib} MiB"),
        ("Response headers, including interim responses", f"{limits.HEADER_BYTES // mib} MiB"),
        ("JSON nesting depth", f"{limits.JSON_LEVELS} levels"),
        ("Pages of a list", f"{limits.LIST_PAGES:,}"),
        ("Identities whose federated credentials are read", f"{limits.FEDERATED_IDENTITIES:,}"),
        ("Microsoft Entra groups whose members are read", f"{limits.GROUPS:,}"),
        ("Members of a group", f"{limits.GROUP_PAGES * limits.GROUP_PAGE:,}"),
        ("`Retry-After`", f"{LONGEST_RETRY_AFTER_SECONDS / 3600:.0f} hours"),
        ("Attempts of a read", str(connection.READ_TRIES)),
        ("Attempts of a write, each after reading the VM again", str(execute.TRIES)),
        ("Operation, from the response that accepted it", f"{polling.OPERATION_SECONDS / 3600:.0f} hours"),
        ("Wait for another operation on the VM", f"{polling.OTHER_CHANGE_SECONDS:.0f} seconds"),
        ("Wait for another Run Command on the VM", f"{verify_vm.BUSY_SECONDS:.0f} seconds"),
        ("Script in a VM", f"{verify_vm.SCRIPT_SECONDS / 60:.0f} minutes"),
        ("Azure error message", f"{limits.MESSAGE_CHARACTERS:,} characters"),
    ]
    return _table(("What", "Maximum"), iter(rows))


def _is_code(name: str, value: object) -> bool:
    return name.isupper() and isinstance(value, str) and bool(_OWN_CODE.fullmatch(value))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


_BLOCKS: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "exit-codes": _exit_codes,
    "error-codes": _error_codes,
    "warning-codes": _warning_codes,
    "clients": _clients,
    "limits": _limits,
}


def rewrite() -> None:
    """Renew every page."""
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = renewed(before)
        if after != before:
            page.write_text(after, encoding="utf-8", newline="\n")
            sys.stdout.write(f"renewed {page.relative_to(PROJECT).as_posix()}\n")


if __name__ == "__main__":
    rewrite()
