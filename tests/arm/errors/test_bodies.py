"""Azure's code and message, wherever they are in the body of an error, and however they are nested."""

from __future__ import annotations

from typing import Any

import pytest

from tests.arm.errors.test_translation import _body, _nested
from vmident.arm.errors.body import code_and_message
from vmident.arm.errors.translation import error_from
from vmident.errors import (
    AzureUnavailable,
)

_GROUP = "/subscriptions/sub/resourceGroups/myGroup/providers"

VM = f"{_GROUP}/Microsoft.Compute/virtualMachines/myVM"

ONE = f"{_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/one"

GONE = f"Resource '{ONE}' was not found."


def test_a_message_nested_twice_is_unwrapped_to_the_innermost() -> None:
    body = _body("Outer", _nested("Middle", _nested("BadRequest", GONE)))
    assert code_and_message(body, "none") == ("Outer", GONE)


@pytest.mark.parametrize(
    "message",
    [
        'It failed: {"error": not json}',
        'It failed: {"error": "in words"}',
        'It failed: {"error": {"code": "NoMessage"}}',
        'It failed: {"error": {"message": 7}}',
        "It failed: {}",
    ],
)
def test_what_only_looks_like_a_nested_message_stays_as_it_is(message: str) -> None:
    assert code_and_message(_body("Code", message), "none") == ("Code", message)


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "<html>Bad gateway</html>",
        [],
        ["error"],
        7,
        {},
        {"error": None},
        {"error": {}},
        {"error": {"code": ""}},
    ],
)
def test_a_body_without_a_message_says_the_status_instead(body: Any) -> None:
    failure = error_from(502, {}, body)
    assert isinstance(failure, AzureUnavailable)
    assert failure.message == "Azure returned status 502 and no message."
    assert failure.code == "azure-unavailable"
    assert failure.request_id is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"code": "Flat", "message": "Said flat."}, ("Flat", "Said flat.")),
        ({"error": "Said in words."}, (None, "Said in words.")),
        ({"error": {"message": "No code."}}, (None, "No code.")),
        ({"error": {"code": 7, "message": "A number."}}, (None, "A number.")),
        ({"error": {"code": "NoMessage"}}, ("NoMessage", "otherwise")),
        ({"error": {"code": "Blank", "message": " \n"}}, ("Blank", "otherwise")),
        ({"error": {"code": "Lines", "message": "One\n two\r\n  three"}}, ("Lines", "One two three")),
    ],
)
def test_the_code_and_message_are_found_wherever_azure_puts_them(body: Any, said: tuple[str | None, str]) -> None:
    assert code_and_message(body, "otherwise") == said


def test_a_nested_message_is_unwrapped_whatever_braces_follow_it() -> None:
    message = f"{_nested('BadRequest', GONE)} Tracking: {{x}}."
    assert code_and_message(_body("Code", message), "none") == ("Code", GONE)


# Bodies as users of Resource Graph have published them; `NotSupportedBySandbox` is the sandbox's.
_FOR_SUPPORT = (
    "Please provide below info when asking for support: timestamp = 2026-10-02T15:47:17.8507086Z, "
    "correlationId = 70d86cbb-fbc8-427a-a51e-92a92bd3cc42."
)

_INVALID_QUERY = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}


def _parser_failure(token: str) -> dict[str, Any]:
    return {
        "code": "ParserFailure",
        "message": "ParserFailure",
        "line": 1,
        "characterPositionInLine": 52,
        "token": token,
    }


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([_INVALID_QUERY, _parser_failure("kind")], ("ParserFailure", "Syntax error at 'kind'.")),
        (
            [_INVALID_QUERY, _parser_failure("<EOF>"), _parser_failure("x")],
            ("ParserFailure", "Syntax error at the end of the query."),
        ),
        (
            [_INVALID_QUERY, {"code": "UnknownFunction", "message": "Unknown function: 'cout'."}],
            ("UnknownFunction", "Unknown function: 'cout'."),
        ),
        (
            [{"code": "DisallowedLogicalTableName", "message": "Table x is invalid, unsupported or disallowed."}],
            ("DisallowedLogicalTableName", "Table x is invalid, unsupported or disallowed."),
        ),
        (
            [{"code": "NotSupportedBySandbox", "message": "The sandbox does not support the operator 'parse'."}],
            ("NotSupportedBySandbox", "The sandbox does not support the operator 'parse'."),
        ),
        ([_INVALID_QUERY], ("InvalidQuery", _INVALID_QUERY["message"])),
        ([], ("BadRequest", _FOR_SUPPORT)),
        (["InvalidQuery"], ("BadRequest", _FOR_SUPPORT)),
        (None, ("BadRequest", _FOR_SUPPORT)),
    ],
)
def test_a_refusal_of_resource_graph_is_its_most_specific_reason(details: Any, expected: tuple[str, str]) -> None:
    body = {"error": {"code": "BadRequest", "message": _FOR_SUPPORT, "details": details}}
    assert code_and_message(body, "otherwise") == expected
