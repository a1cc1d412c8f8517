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
from vmident.core import consequences, naming, plan
from vmident.core.polling import LONGEST_RETRY_AFTER_SECONDS
from vmident.usecases.change import execute, outcome, polling, prepare, recorder, resume_and_undo
from vmident.usecases.identity import prepare_delete
from vmident.usecases.vm import prepare as vm_prepare
from vmident.usecases.vm import preview_deployment

PROJECT = Path(__file__).resolve().parents[1]
_PACKAGE = Path(errors.__file__).parent
_BLOCK = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end of generated -->)", re.DOTALL)
_OWN_CODE = re.compile(r"[a-z]+(-[a-z]+)+")

_EXIT_CODES = {
    "DONE": "Done, or nothing to do.",
    "FAILED": "Failed, and no other number says why; also where the question was answered with no.",
    "USAGE": "Wrong usage: nothing was written. An ambiguous name and a missing `--yes` are wrong usage.",
    "NOT_FOUND": "A VM, an identity, a group or a subscription is not there.",
    "NOT_ALLOWED": "Not signed in, or not allowed.",
    "SOME_FAILED": "Some VMs done, some not. Where all fail alike, it is the code that they share.",
    "CONFLICT": "Somebody else's change of the VM did not clear.",
    "TIMED_OUT": "`--timeout`, or the two hours that an operation may take, ran out; the change may still complete.",
    "PENDING": "Changes are pending; `plan --exit-code` alone gives it.",
    "INTERRUPTED": "Interrupted by Ctrl-C, SIGTERM or SIGHUP; operations in Azure continue.",
}
# Where the class's own first line speaks to whoever changes the program.
_SAID_TO_READERS = {
    "failed": "A failure that has no other code.",
    "azure-refused": "Azure refused, gave no code, and no other code here fits.",
    "throttled": "Azure asks for fewer requests, and went on asking after several tries.",
    "precondition-failed": "The VM kept changing between each reading and the write that followed.",
}
_NARROWER_CODES = {
    "identity-not-found": "No user-assigned identity has that name.",
    "role-not-found": "No role that can be granted at the scope has that name.",
    "run-not-found": "The journal has no such run, or none at all for the cloud that the command is for.",
    "subnet-not-found": "The network has no subnet of that name, or none that a VM may go into.",
    "subscription-not-found": "No subscription that the account sees has that name.",
}
_WARNING_CODES = {
    "principal-lost": "The system-assigned identity goes, and its principal with it.",
    "default-identity-changed": "Programs in the VM that name no identity get another one.",
    "default-identity-ambiguous": "Programs in the VM that name no identity are refused: there are several to choose.",
    "default-identity-lost": "Programs in the VM that name no identity get none any more.",
    "identity-named-twice": "An identity stands on the command line more than once, in whatever case.",
    "roles-orphaned": "A role assignment will be orphaned; a warning for each.",
    "roles-unknown": "The role assignments of the identity that goes could not be read.",
    "not-attached": "An identity to detach is not attached.",
    "rule-names-no-vm": "A rule names a VM that is not there; a warning for each.",
    "unreadable-vm": "A VM in a list cannot be read; it is left out of the plan.",
    "graph-lags": "What many VMs have was asked of Resource Graph, which lags; no change is computed from it.",
    "rule-selects-nothing": "No VM meets the conditions of a rule.",
    "dead-attachment": "A VM keeps an attachment to an identity that is deleted by force; a warning for each.",
    "search-incomplete": "Resource Graph could not be asked which VMs have an identity: one subscription was searched.",
    "long-identity-name": "The name of an identity has more than 24 characters.",
    "not-looked-at": "Nobody is signed in: a VM was planned without looking at what is there.",
    "what-if-failed": "Azure did not say what a deployment would change.",
    "new-principal": "An identity that was disabled comes back with another principal.",
    "not-recorded": "The change was made, and could not be put on record.",
    "changed-since": "The change was made, and somebody changed the VM again before it was read back.",
    "operation-unreadable": "Azure does not let the account read operations; the VMs were read instead. Once a run.",
}


def pages() -> list[Path]:
    """List the README and every page of the documentation."""
    return [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]


def renewed(text: str) -> str:
    """Return a page with its generated blocks as they are to be."""
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
        prepare,
        prepare_delete,
        execute,
        outcome,
        vm_prepare,
        preview_deployment,
        resume_and_undo,
        recorder,
    )
    codes = {value for module in modules for name, value in vars(module).items() if _is_code(name, value)}
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
        ("A connection, its TLS handshake included", f"{limits.CONNECT_SECONDS:.0f} seconds"),
        ("Silence between two pieces of an answer", f"{limits.SILENCE_SECONDS:.0f} seconds"),
        ("A whole answer, however steadily it comes", f"{limits.ANSWER_SECONDS:.0f} seconds"),
        ("The size of an answer, as sent and unpacked", f"{limits.ANSWER_BYTES // mib} MiB"),
        ("Its headers, interim answers included", f"{limits.HEADER_BYTES // mib} MiB"),
        ("Arrays and objects within each other in JSON", f"{limits.JSON_LEVELS} levels"),
        ("The pages of a list", f"{limits.LIST_PAGES:,}"),
        ("A wait for `Retry-After`", f"{LONGEST_RETRY_AFTER_SECONDS / 3600:.0f} hours"),
        ("Tries of a read", str(connection.READ_TRIES)),
        ("Tries of a write, each after the VM was read again", str(execute.TRIES)),
        ("An operation, from the answer that accepted it", f"{polling.OPERATION_SECONDS / 3600:.0f} hours"),
        ("A change of somebody else's that has to end first", f"{polling.SOMEBODY_ELSES_CHANGE_SECONDS:.0f} seconds"),
        ("The message of an error of Azure's", f"{limits.MESSAGE_CHARACTERS:,} characters"),
    ]
    return _table(("What", "At most"), iter(rows))


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
