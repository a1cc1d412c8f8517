"""What the shells are offered: names that commands saw, from the folder, and no request."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.program import Program
from vmident.cli.completion.name_cache import FILE_NAME, LIMIT, cache_names, cached_names
from vmident.cli.completion.names import NameKind, SeenName, names_in

Complete = Callable[..., list[str]]
SHELLS = ["bash", "zsh", "fish", "pwsh"]


def asking(shell: str, line: str) -> dict[str, str]:
    """Return the variables that the shell's script sets when the key is pressed at the end of `line`."""
    words = line.split(" ")
    return {
        "_VMIDENT_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": words[-1],
    }


@pytest.fixture
def complete(program: Program, monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Press the key at the end of a line; gives the lines that the shell gets."""

    def press(line: str, shell: str = "bash") -> list[str]:
        variables = asking(shell, line)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        before = dict(program.environ)
        program.environ |= variables
        outcome = program("")
        program.environ = before
        for name in variables:
            monkeypatch.delenv(name)
        assert (outcome.code, outcome.err, program.sent) == (0, "", [])
        return outcome.out.split("\n")[:-1]

    return press


@pytest.mark.parametrize(
    ("shell", "offered"),
    [
        ("bash", ["myVM"]),
        ("zsh", ["_arguments '*: :((\"myVM\"))'"]),
        ("fish", ["myVM"]),
        ("pwsh", ["myVM::: "]),
    ],
)
def test_a_vm_that_list_saw_is_offered_in_every_shell(
    program: Program, complete: Complete, shell: str, offered: list[str]
) -> None:
    program("list")
    assert complete("vmident show MYV", shell) == offered


@pytest.mark.parametrize(
    ("seen_by", "line", "offered"),
    [
        ("list", "vmident show -g MYRESOURCEGROUP w", ["webVM"]),
        ("list", "vmident show -g elsewhere w", [""]),
        ("show myVM", "vmident list -g m", ["myResourceGroup"]),
        ("list", "vmident show --cloud AzureCloud w", [""]),
        ("list", "vmident show --cloud x --sandbox w", [""]),
        ("identity list", "vmident add-user myVM --identity o", ["otherIdentity"]),
        ("identity list", "vmident identity show o", ["otherIdentity"]),
        ("identity list", "vmident group show m", ["myResourceGroup"]),
        ("whoami", "vmident list --subscription V", ["vmident\\ sandbox"]),
        ("list", "vmident set myVM --type ", ["both", "none", "system", "user"]),
        ("list", "vmident enable-system myVM --scope ", ["group", "subscription"]),
        ("list", "vmident list --cloud azureb", ["AzureBleuCloud"]),
        ("list", "vmident list --cloud x --sandbox --cloud azureb", ["AzureBleuCloud"]),
        ("list", "vmident list --sandbox --cloud x --subscription s", [""]),
        ("list", "vmident list -o json", ["json", "jsonc"]),
        ("list", "vmident l", ["list", "login", "logout"]),
        ("list", "vmident identity c", ["create"]),
        ("list", "vmident list --q", ["--query"]),
        ("list", "vmident enable-system myVM --role acr", ["AcrPull", "AcrPush"]),
        ("list", "vmident group create x --location westus", ["westus", "westus2", "westus3"]),
        ("list", "vmident identity create x -l westeu", ["westeurope"]),
        ("list", "vmident vm create x -l westeu", ["westeurope"]),
        ("list", "vmident vm create x --image debian", ["Debian11", "Debian12"]),
        ("list", "vmident list -o y", ["yaml"]),
        ("list", "vmident show -n w", ["webVM"]),
        ("list", "vmident runs show ", [""]),
    ],
)
def test_what_a_word_can_be_is_offered(
    program: Program, complete: Complete, seen_by: str, line: str, offered: list[str]
) -> None:
    program(seen_by)
    assert complete(line) == offered


IDS = r"""("--ids":"Read VM resource IDs, or the output of '\''vmident list'\'', from standard input.")"""


@pytest.mark.parametrize(
    ("line", "shell", "offered"),
    [
        ("vmident ru", "fish", ["runs\tView, resume, and undo past runs."]),
        ("vmident ru", "zsh", ['_arguments \'*: :(("runs":"View, resume, and undo past runs."))\'']),
        ("vmident ru", "bash", ["runs"]),
        ("vmident runs und", "fish", ["undo\tUndo a run."]),
        ("vmident list --sandb", "fish", ["--sandbox\tUse the built-in sandbox instead of Azure."]),
        ("vmident enable-system --id", "zsh", [f"_arguments '*: :({IDS})'"]),
        ("vmident sandbox serve --busy p", "bash", ["preempt"]),
        ("vmident vm create x --nsg-rule ", "bash", ["none", "rdp", "ssh"]),
    ],
)
def test_zsh_and_fish_describe_what_they_offer(complete: Complete, line: str, shell: str, offered: list[str]) -> None:
    assert complete(line, shell) == offered


@pytest.mark.parametrize(
    ("shell", "offered"),
    [
        ("bash", ["Virtual\\ Machine\\ Contributor"]),
        ("fish", ["Virtual Machine Contributor"]),
        ("pwsh", ["'Virtual Machine Contributor'::: "]),
    ],
)
def test_a_role_with_spaces_is_one_word(program: Program, complete: Complete, shell: str, offered: list[str]) -> None:
    program("enable-system myVM --role 'Virtual Machine Contributor' --scope group --dry-run")
    assert complete("vmident add-user myVM --role virtual", shell) == offered


@pytest.mark.parametrize(
    ("shell", "word", "offered"),
    [
        ("bash", "it", r"It\'s\ \"\$x\":\ \`y\`"),
        ("bash", "'it", "It'\\''s \"$x\": `y`"),
        ("bash", '"it', r"""It's \"\$x\": \`y\`"""),
        ("zsh", "it", r"""_arguments '*: :(("It'\''s \"\$x\"\\: \`y\`"))'"""),
        ("fish", "it", 'It\'s "$x": `y`'),
    ],
)
def test_a_name_with_quotes_is_written_as_the_shell_reads_it(
    program: Program, complete: Complete, shell: str, word: str, offered: str
) -> None:
    """Each line was tried in bash 5.2, zsh 5.9 and fish 3.6: what they complete is the name."""
    cache_names(program.folder, "sandbox", [SeenName(NameKind.ROLE, "s", "", 'It\'s "$x": `y`')])
    assert complete(f"vmident add-user myVM --role {word}", shell) == [offered]


def test_a_subscription_given_by_name_or_id_narrows_the_names(program: Program, complete: Complete) -> None:
    program("list")
    assert complete("vmident show --subscription other my") == [""]
    assert complete("vmident show --subscription ALL my") == ["myVM"]
    program("whoami")
    assert complete("vmident show --subscription VMIDENT\\ sandbox my", "fish") == ["myVM"]
    assert complete("vmident account set VM", "fish") == ["vmident sandbox"]


@pytest.mark.parametrize("name", ["my\nVM", "m\\$(id)"])
def test_a_name_that_could_run_in_a_shell_is_never_offered(program: Program, complete: Complete, name: str) -> None:
    cache_names(program.folder, "sandbox", [SeenName(NameKind.VM, "s", "g", name)])
    assert complete("vmident show m") == [""]


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"version": 2}', '{"version": 1, "names": [["a"], 3]}', "\0"])
def test_a_file_that_is_none_offers_nothing_and_is_replaced(program: Program, complete: Complete, kept: str) -> None:
    (program.folder / FILE_NAME).write_text(kept)
    assert complete("vmident show m") == [""]
    assert program("list").code == 0
    assert complete("vmident show m") == ["myVM"]


def test_names_that_cannot_be_kept_are_no_failure(program: Program) -> None:
    (program.folder / FILE_NAME).mkdir()
    outcome = program("list")
    assert (outcome.code, outcome.err) == (0, "")
    assert not list(program.folder.glob(f".{FILE_NAME}*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_file_is_its_owners_alone(program: Program) -> None:
    program("list")
    assert stat.S_IMODE((program.folder / FILE_NAME).stat().st_mode) == 0o600


def test_a_command_that_sees_nothing_new_leaves_the_file_alone(program: Program) -> None:
    program("list")
    before = (program.folder / FILE_NAME).stat().st_ino
    program("list")
    assert (program.folder / FILE_NAME).stat().st_ino == before


def test_the_newest_names_stay(tmp_path: Path) -> None:
    for at in range(2):
        cache_names(tmp_path, "here", [SeenName(NameKind.VM, "s", "g", f"vm{at}-{one}") for one in range(LIMIT - 1)])
    kept = cached_names(tmp_path, "here")
    assert len(kept) == LIMIT
    assert (kept[0].name, kept[-1].name) == ("vm1-0", "vm0-0")
    assert cached_names(tmp_path, "elsewhere") == []


def test_two_at_the_same_time_leave_a_whole_file(tmp_path: Path) -> None:
    def keep(at: int) -> None:
        cache_names(tmp_path, "here", [SeenName(NameKind.VM, "s", "g", f"vm{at}")])

    with ThreadPoolExecutor(8) as several:
        list(several.map(keep, range(50)))
    assert cached_names(tmp_path, "here")
    assert not list(tmp_path.glob(f".{FILE_NAME}*"))


def test_an_answer_gives_whole_ids_of_known_kinds_and_nothing_else() -> None:
    group = "/subscriptions/s/resourceGroups/g"
    answer = {
        "ids": [
            f"{group}/providers/microsoft.compute/virtualmachines/vm",
            f"{group}/providers/Microsoft.Network/networkInterfaces/nic",
            f"{group}/providers/Microsoft.Compute/virtualMachines/vm/extensions/e",
        ],
        "value": [{"subscriptionId": "s", "tenantId": "t", "displayName": "Pay as you go"}],
        "properties": {"roleName": "Reader", "adminPassword": "secret"},
    }
    assert set(names_in(json.dumps(answer))) == {
        SeenName(NameKind.GROUP, "s", "", "g"),
        SeenName(NameKind.VM, "s", "g", "vm"),
        SeenName(NameKind.ROLE, "", "", "Reader"),
        SeenName(NameKind.SUBSCRIPTION, "s", "", "Pay as you go"),
    }


def test_the_runs_on_record_are_offered(program: Program, complete: Complete) -> None:
    program("enable-system myVM")
    run = program("runs list").json[0]["run"]
    for command in ("show", "resume", "undo"):
        assert complete(f"vmident runs {command} {run[:3]}") == [run]
    (program.folder / "runs.sqlite3").write_bytes(b"no journal")
    assert complete("vmident runs show ") == [""]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "pwsh"])
def test_the_script_of_every_shell_is_shown(program: Program, shell: str) -> None:
    outcome = program(f"--show-completion {shell}")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"complete_{'bash' if shell == 'bash' else ''}" in outcome.out
    assert "_VMIDENT_COMPLETE" in outcome.out


@pytest.mark.skipif(sys.platform == "win32", reason="these shells' files are in a POSIX home")
@pytest.mark.parametrize(
    ("shell", "file"),
    [
        ("bash", ".bash_completions/vmident.sh"),
        ("zsh", ".zfunc/_vmident"),
        ("fish", ".config/fish/completions/vmident.fish"),
    ],
)
def test_the_script_is_installed_in_the_home_folder(tmp_path: Path, shell: str, file: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "vmident", "--install-completion", shell],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "_VMIDENT_COMPLETE" in (tmp_path / file).read_text()


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_shell_that_starts_the_program_is_detected(tmp_path: Path) -> None:
    ran = subprocess.run(
        ["bash", "-c", f"{shlex.quote(sys.executable)} -m vmident --install-completion; echo $?"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.splitlines()[-1], ran.stderr) == ("0", "")
    assert "_VMIDENT_COMPLETE" in (tmp_path / ".bash_completions/vmident.sh").read_text()


@pytest.mark.skipif(not shutil.which("dash"), reason="needs dash")
def test_a_shell_without_completion_is_an_error_with_the_shells_that_have_it(tmp_path: Path) -> None:
    ran = subprocess.run(
        ["dash", "-c", f"{shlex.quote(sys.executable)} -m vmident --install-completion; echo $?"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "2\n"
    assert "Shell dash is not supported." in ran.stderr
    assert "Specify the shell after --install-completion: bash, zsh, fish, powershell, pwsh." in ran.stderr


def test_names_are_offered_of_the_kind_on_the_line(program: Program, complete: Complete) -> None:
    scale_set = "/subscriptions/s/resourceGroups/g/providers/microsoft.compute/virtualmachinescalesets/webSet"
    vm = scale_set.replace("scalesets/webSet", "s/web01")
    cache_names(program.folder, "sandbox", names_in(f'"{scale_set}" "{vm}"'))

    assert complete("vmident show web") == ["web01"]
    assert complete("vmident show --kind vmss web") == ["webSet"]
    assert complete("vmident show --kind any web") == ["web01", "webSet"]
    assert complete("vmident list --kind vm") == ["vm", "vmss"]
