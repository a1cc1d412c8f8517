"""The source keeps what it promises: nothing half made, a core of the standard library, a code for every error."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guards.source import MODULES, OURS, PACKAGE, PROJECT, found_in, text_of, tree_of
from vmident import errors

pytestmark = pytest.mark.uncovered

# A script may test for these; they are never renamed and never given to another error.
PERMANENT_CODES = {
    "VmidentError": "failed",
    "UsageError": "usage",
    "BadResourceId": "bad-resource-id",
    "AmbiguousName": "ambiguous-name",
    "BadDocument": "bad-document",
    "ConflictingRules": "conflicting-rules",
    "BadPlan": "bad-plan",
    "NotExportable": "not-exportable",
    "StateDrifted": "state-drifted",
    "ConfirmationNeeded": "confirmation-needed",
    "Declined": "declined",
    "AlreadyExists": "already-exists",
    "StillAttached": "still-attached",
    "NotFound": "not-found",
    "NotSignedIn": "not-signed-in",
    "NoTokenStore": "no-token-store",
    "NotAllowed": "not-allowed",
    "Conflict": "conflict",
    "PreconditionFailed": "precondition-failed",
    "OperationFailed": "operation-failed",
    "AzureErrorResponse": "azure-error",
    "Throttled": "throttled",
    "AzureUnavailable": "azure-unavailable",
    "Unreachable": "unreachable",
    "TimedOut": "timed-out",
    "Interrupted": "interrupted",
    "VmNotVerified": "not-verified",
    "FindingsIncomplete": "findings-incomplete",
    "ScriptFailed": "script-failed",
    "BeingDeleted": "being-deleted",
    "ChangeNotMade": "change-not-made",
    "JournalUnusable": "journal-unusable",
    "OperationUnfinished": "operation-unfinished",
    "QueryFailed": "query-failed",
    "SandboxUnusable": "sandbox-unusable",
    "SystemIdentityUnsupported": "system-identity-unsupported",
    "StoppedEarly": "stopped-early",
    "TakenOver": "taken-over",
    "UnexpectedError": "unexpected-error",
    "InvalidResponse": "invalid-response",
    "WrongResource": "wrong-resource",
    "WrongTenant": "wrong-tenant",
}


def functions_of(tree: ast.AST, *, in_protocol: bool = False) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function but a Protocol's, whose bodies are empty by nature."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not in_protocol:
            yield node
        is_protocol = isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        yield from functions_of(node, in_protocol=is_protocol)


def is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the body is `pass` or `...`. A docstring alone says why there is nothing to do."""
    return all(isinstance(line, ast.Pass) or ast.unparse(line) == "..." for line in function.body)


def imports_of(tree: ast.AST) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def half_made(path: Path) -> Iterator[str]:
    yield from re.findall(r"NotImplemented\w*|\b(?:TODO|FIXME|XXX)\b", text_of(path))
    yield from (function.name for function in functions_of(tree_of(path)) if is_stub(function))


def test_nothing_is_half_made() -> None:
    assert found_in(MODULES, half_made) == {}


def foreign_imports(path: Path) -> set[str]:
    imported = imports_of(tree_of(path))
    ours = {name for name in imported if name.startswith("vmident.core.") or name in {"vmident.core", "vmident.errors"}}
    # Values are structs. `typing_extensions` is for the type checker: importing it at run time would fail.
    others = imported - ours - {"msgspec", "msgspec.structs"}
    return {name.partition(".")[0] for name in others} - sys.stdlib_module_names - {"typing_extensions"}


def test_the_core_imports_the_standard_library_and_structs_alone() -> None:
    assert found_in([*(PACKAGE / "core").glob("*.py"), PACKAGE / "errors.py"], foreign_imports) == {}


def error_classes() -> dict[str, type[errors.VmidentError]]:
    members = inspect.getmembers(errors, inspect.isclass)
    return {name: one for name, one in members if issubclass(one, errors.VmidentError)}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = {name: vars(one).get("default_code") for name, one in error_classes().items()}
    assert [name for name, code in codes.items() if not re.fullmatch(r"[a-z]+(-[a-z]+)*", str(code))] == []
    assert len(set(codes.values())) == len(codes)


def test_an_error_keeps_its_code() -> None:
    assert {name: one.default_code for name, one in error_classes().items()} == PERMANENT_CODES


def test_every_error_can_be_copied_with_another_message() -> None:
    assert [one("a").with_message("b").message for one in error_classes().values()] == ["b"] * len(error_classes())


# A variable after a command, in an f-string: `f"… az vm start --ids {vm}"`.
_COMMAND = re.compile(r"(?<!this )\b(vmident|az|ssh-keygen) [a-z-]+[^.:\n`]*$")


def commands_put_together(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for part, following in zip(node.values, node.values[1:], strict=False):
                text = part.value if isinstance(part, ast.Constant) else ""
                if isinstance(text, str) and isinstance(following, ast.FormattedValue) and _COMMAND.search(text):
                    yield ast.unparse(node)


def test_commands_to_copy_are_quoted_by_one_function() -> None:
    found = found_in(OURS, lambda path: commands_put_together(tree_of(path)))
    found.pop("cli/commands/sandbox_serve.py")  # quotes by itself
    assert found == {}, "use core.shell.command_line"


def test_news_fragments_are_named_as_the_changelog_takes_them() -> None:
    named = re.compile(r"\d+(\.\d+)?\.(added|changed|fixed|removed)(\.\d+)?\.md|\.gitignore|README\.md")
    assert [path.name for path in (PROJECT / "changes").iterdir() if not named.fullmatch(path.name)] == []
