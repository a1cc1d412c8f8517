"""Keys and passwords of a new VM: where they come from, and that a password is nowhere afterwards."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.cli.vm_create.scenario import CREATE, KEY, PASSWORD, deployments_sent, give_key, held
from tests.program import GROUP, TERMINAL, Program, vm_id

WINDOWS = f"vm create newVM -g {GROUP} --image Win2022Datacenter"
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n"


def parameters_sent(program: Program) -> object:
    return deployments_sent(program)[-1].body["properties"]["parameters"]


def files_with(text: str, folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_password_comes_from_standard_input_without_the_end_of_its_line(program: Program, ending: str) -> None:
    program.standard_input = PASSWORD + ending
    outcome = program(f"{WINDOWS} --admin-password-stdin")
    assert (outcome.code, outcome.json["status"]) == (0, "changed")
    assert parameters_sent(program) == {"adminPassword": {"value": PASSWORD}}


def test_windows_asks_for_a_password_twice(program: Program) -> None:
    program.terminal, program.secrets = TERMINAL, [PASSWORD, PASSWORD]
    outcome = program(WINDOWS)
    assert outcome.code == 0
    assert program.secrets == []
    assert parameters_sent(program) == {"adminPassword": {"value": PASSWORD}}


def test_a_password_that_is_too_short_is_not_asked_for_again(program: Program) -> None:
    program.terminal, program.secrets = TERMINAL, ["short-Pw7", "short-Pw7"]
    outcome = program(WINDOWS)
    assert (outcome.code, program.secrets) == (2, ["short-Pw7"])
    assert "short-Pw7" not in outcome.out + outcome.err


def test_two_passwords_that_differ_make_nothing(program: Program) -> None:
    program.terminal, program.secrets = TERMINAL, [PASSWORD, f"{PASSWORD}x"]
    outcome = program(WINDOWS)
    assert (outcome.code, {one.method for one in program.sent}) == (2, {"GET"})
    assert PASSWORD not in outcome.out + outcome.err


def test_windows_off_a_terminal_needs_the_password_on_standard_input(program: Program) -> None:
    outcome = program(WINDOWS)
    assert (outcome.code, program.sent) == (2, [])
    assert "--admin-password-stdin" in outcome.err


def test_a_password_that_azure_would_refuse_is_refused_before_and_not_quoted(program: Program) -> None:
    program.standard_input = "short-Pw7"
    outcome = program(f"{WINDOWS} --admin-password-stdin --debug")
    assert (outcome.code, program.sent) == (2, [])
    assert "short-Pw7" not in outcome.out + outcome.err


@pytest.mark.parametrize("more", ["", "--debug --verbose", "--dry-run --debug", "--timeout 2", "--no-wait", "-o yaml"])
@pytest.mark.parametrize("size", ["", "--size Standard_NC6", "--size Standard_NC24"])
def test_no_password_is_left_anywhere(program: Program, more: str, size: str) -> None:
    program.standard_input = PASSWORD
    outcome = program(f"{WINDOWS} --admin-password-stdin {more} {size}")
    later = program("vm create other -g myResourceGroup --image Ubuntu2204 --debug")
    shown = program("show newVM -g myResourceGroup -o json --debug")
    assert PASSWORD not in "".join([*outcome_texts(outcome), *outcome_texts(later), *outcome_texts(shown)])
    program.sandbox.close()
    assert files_with(PASSWORD, program.folder) == []


def outcome_texts(outcome: object) -> list[str]:
    return [str(outcome)]


def test_no_password_is_in_a_defects_words(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.standard_input = PASSWORD

    def breaking(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("vmident.arm.deployments.ArmDeployments.start", breaking)
    outcome = program(f"{WINDOWS} --admin-password-stdin")
    assert "a defect" in outcome.err
    assert PASSWORD not in outcome.out + outcome.err


def test_linux_takes_a_password_in_the_place_of_keys_and_beside_them(program: Program) -> None:
    program.standard_input = PASSWORD
    program(f"{CREATE} --admin-password-stdin")
    alone = held(program, vm_id("newVM"), "2024-07-01")["properties"]["osProfile"]["linuxConfiguration"]
    assert alone["disablePasswordAuthentication"] is False
    give_key(program)
    key = program.folder / "home" / ".ssh" / "id_rsa.pub"
    program(f"vm create second -g {GROUP} --image Ubuntu2204 --admin-password-stdin --ssh-key {key}")
    both = held(program, vm_id("second"), "2024-07-01")["properties"]["osProfile"]["linuxConfiguration"]
    assert (both["disablePasswordAuthentication"], both["ssh"]["publicKeys"][0]["keyData"]) == (False, KEY)


# --- keys


def test_without_any_key_the_ways_to_get_one_are_said(program: Program) -> None:
    outcome = program(CREATE)
    assert (outcome.code, program.sent) == (2, [])
    for way in ("--ssh-key", "--generate-ssh-keys", "--admin-password-stdin"):
        assert way in outcome.error["hint"]


def test_an_ed25519_key_in_the_usual_place_is_used(program: Program) -> None:
    folder = give_key(program)
    (folder / "id_rsa.pub").rename(folder / "id_ed25519.pub")
    assert program(CREATE).code == 0


def test_a_key_may_stand_on_the_command_line_itself(program: Program) -> None:
    assert program(f"{CREATE} --ssh-key '{KEY}'").code == 0


@pytest.mark.parametrize("content", [PRIVATE.encode(), b"\xff\xfe\x00c2VjcmV0", b"c2VjcmV0", None])
def test_a_file_that_holds_no_public_key_is_refused_and_not_quoted(program: Program, content: bytes | None) -> None:
    path = program.folder / "key"
    if content is not None:
        path.write_bytes(content)
    outcome = program(f"{CREATE} --ssh-key {path}")
    assert (outcome.code, program.sent) == (2, [])
    assert "c2VjcmV0" not in outcome.err
    assert str(path) in outcome.error["message"]


def test_a_pair_of_keys_is_made_once_for_its_owner_alone(program: Program) -> None:
    folder = program.folder / "home" / ".ssh"
    outcome = program(f"{CREATE} --generate-ssh-keys")

    assert outcome.code == 0
    assert outcome.err == "Generated an SSH key pair: ~/.ssh/id_rsa and ~/.ssh/id_rsa.pub.\n"
    private, public = (folder / "id_rsa").read_text(), (folder / "id_rsa.pub").read_text()
    assert private.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    sent = deployments_sent(program)[0].body
    assert public.strip() in str(sent)
    assert private.splitlines()[1] not in str(sent) + outcome.out + outcome.err
    if os.name == "posix":
        assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "id_rsa")] == [0o700, 0o600]

    again = program(f"vm create second -g {GROUP} --image Ubuntu2204 --generate-ssh-keys")
    assert (again.code, again.err) == (0, "")
    assert (folder / "id_rsa.pub").read_text() == public


def test_a_dry_run_writes_no_keys(program: Program) -> None:
    assert program(f"{CREATE} --generate-ssh-keys --dry-run").code == 0
    assert not (program.folder / "home" / ".ssh").exists()


def test_a_private_key_without_its_public_one_is_left_alone(program: Program) -> None:
    folder = give_key(program)
    (folder / "id_rsa.pub").unlink()
    (folder / "id_rsa").write_text(PRIVATE)
    outcome = program(f"{CREATE} --generate-ssh-keys")
    assert (outcome.code, (folder / "id_rsa").read_text()) == (2, PRIVATE)
    assert "ssh-keygen -y" in outcome.error["hint"]


def test_keys_that_cannot_be_written_are_said(program: Program) -> None:
    (program.folder / "home").mkdir(exist_ok=True)
    (program.folder / "home" / ".ssh").write_text("no folder")
    outcome = program(f"{CREATE} --generate-ssh-keys")
    assert (outcome.code, {one.method for one in program.sent}) == (2, {"GET"})
    assert "cannot be written" in outcome.error["message"]


def test_an_input_that_ends_at_the_question_is_wrong_usage(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_program: Program) -> object:
        raise EOFError

    program.terminal = TERMINAL
    monkeypatch.setattr(Program, "secrets", property(ended), raising=False)
    assert program(WINDOWS).code == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--size 'a size'", 2),
        ("--size Standard_Nope", 2),
        ("-l nowhere", 2),
        ("--system --role Nope", 2),
        ("--identity nope", 3),
    ],
)
def test_a_password_is_asked_for_and_a_key_made_when_all_else_is_checked(
    program: Program, words: str, code: int
) -> None:
    program.terminal, program.secrets = TERMINAL, [PASSWORD, PASSWORD]
    windows = program(f"{WINDOWS} {words}")
    linux = program(f"{CREATE} --generate-ssh-keys {words}")
    assert (windows.code, linux.code, program.secrets) == (code, code, [PASSWORD, PASSWORD])
    assert not (program.folder / "home" / ".ssh").exists()
