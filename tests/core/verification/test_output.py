"""Rules O1 to O3 of `vmident.core.verification.output`: nothing hostile gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_service import jwt
from vmident.core.verification.checks import Principal, TokenRequest
from vmident.core.verification.masking import masked
from vmident.core.verification.output import ScriptOutput, TokenAnswer, read_output

NONCE = "0123456789ab"
OID, APPID = "11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
ID = "/subscriptions/s/resourceGroups/g/x"
REQUESTS = [TokenRequest("", ID), TokenRequest("client_id=c", ID)]
TOKEN = jwt({"oid": "11111111-0000-4000-8000-00000000ffff", "sub": "x" * 80})
GOOD = f"{NONCE} tool curl\n{NONCE} 0 200 {OID} {APPID} =\n{NONCE} 1 400 Identity not found"


def read(*lines: str) -> ScriptOutput:
    return read_output("\n".join(lines), NONCE, REQUESTS)


def test_the_output_of_the_script_is_read_from_between_whatever_else_is_printed() -> None:
    message = f"Enable succeeded: \n[stdout]\nWelcome to web!\n{GOOD}\r\n\n[stderr]\nsh: 1: noise\n"
    assert read(message) == ScriptOutput(
        "curl", {0: TokenAnswer(200, Principal(OID, APPID, ID)), 1: TokenAnswer(400, text="Identity not found")}
    )


@pytest.mark.parametrize(
    "noise",
    [
        "",
        "\x00" * 4096,
        f"0123456789ac 0 200 {APPID} {APPID} =",
        f" {NONCE} 0 200 {APPID} {APPID} =",
        f"{NONCE} 2 200 {APPID} {APPID} =",
        f"{NONCE} 0000 200 x",
        f"{NONCE} 0 2000 x",
        f"{NONCE} 0",
        f'{NONCE} {{"oid": "{OID}"}}',
        f"{NONCE}0 200 {APPID} {APPID} =",
    ],
)
def test_lines_that_are_not_the_scripts_own_count_for_nothing(noise: str) -> None:
    assert read(noise, GOOD, noise) == read(GOOD)


@pytest.mark.parametrize(
    "line", [f"0 200 {APPID} {APPID} =", "0 400 x", "1 200 - - -", "tool wget"], ids=["principal", "400", "200", "tool"]
)
def test_two_lines_that_contradict_each_other_are_forged(line: str) -> None:
    assert read(GOOD, f"{NONCE} {line}").is_forged
    assert not read(GOOD, GOOD).is_forged


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (f"200 {OID.upper()} - -", TokenAnswer(200, Principal(OID, None, None))),
        ("200 not-a-guid - /a/b", TokenAnswer(200, Principal(None, None, "/a/b"))),
        (f"200 {OID} {APPID} /a\x1b[31m/b", TokenAnswer(200, Principal(OID, APPID, None))),
        (f"200 {OID} {APPID} {TOKEN}", TokenAnswer(200, Principal(OID, APPID, None))),
        ("200 ", TokenAnswer(200)),
        ("000 ", TokenAnswer(0)),
        ("403 \x1b]0;title\x07\u202edenied", TokenAnswer(403, text="0titledenied")),
        (f"400 {TOKEN} {TOKEN[:30]}", TokenAnswer(400, text="*** ***")),
        (f"500 {'long ' * 200}", TokenAnswer(500, text=("long " * 200)[:300])),
    ],
)
def test_ids_are_ids_and_other_text_is_plain_short_and_without_tokens(line: str, answer: TokenAnswer) -> None:
    assert read(f"{NONCE} 0 {line}").answers == {0: answer}


@given(st.text(), st.text(), st.sampled_from(["", "0 400 ", f"0 200 {OID} {APPID} ", "tool "]))
def test_no_output_whatever_breaks_the_reader_or_carries_a_token_through(before: str, after: str, lead: str) -> None:
    found = read_output(f"{before}\n{NONCE} {lead}{before}{TOKEN}{after}", NONCE, REQUESTS)
    assert not any(part in repr(found) for part in TOKEN.split(".")[:2])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {TOKEN}.", "Bearer ***"),
        (TOKEN[:40], "***"),
        ("x" * 100, "***"),
        (f"{ID} {OID}", f"{ID} {OID}"),
        ("eyJ is short", "eyJ is short"),
    ],
)
def test_tokens_are_masked_whole_and_cut(text: str, shown: str) -> None:
    assert masked(text) == shown
