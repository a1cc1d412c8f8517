"""What README.md and docs/ say is so: generated parts are fresh, what is shown was printed, what is named is there."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import random
import re
import shlex
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.generate import PROJECT, pages, renewed
from tests.deployments import deploy
from tests.guards.help_texts import command_words, help_of
from tests.guards.page_ids import PageIds
from tests.program import NO_TERMINAL, TERMINAL, Program
from vmident import errors
from vmident.cli.main import main
from vmident.core.access.findings import RULES
from vmident.sandbox.tenant import SUBSCRIPTION

pytestmark = pytest.mark.uncovered

PAGES = pages()
# The words that stand before a verb, such as `sandbox`.
GROUPS = {words[:1] for words in command_words() if len(words) > 1}
DOCS = PROJECT / "docs"
# Pages whose reader is a script: its streams are no terminal.
OFF_A_TERMINAL = {
    "docs/how-to/use-vmident-in-a-pipeline.md",
    "docs/how-to/detect-drift-in-a-pipeline.md",
    "docs/how-to/review-access-in-a-pipeline.md",
}
# `nox -s docs` sets it: the blocks then get what the program prints now, for review.
REWRITE = "REWRITE_DOCS" in os.environ
# What pages say of other programs' variables.
OF_OTHER_TOOLS = {"ARM_CLOUD_METADATA_URL"}
GENERATED = {
    "docs/reference/commands.md": {"commands"},
    "docs/reference/exit-codes.md": {"exit-codes"},
    "docs/reference/errors.md": {"error-codes", "warning-codes"},
    "docs/reference/sandbox.md": {"clients"},
    "docs/reference/limits.md": {"limits"},
    "README.md": {"exit-codes"},
}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"# file: (\S+)\n")
_INLINE = re.compile(r"`(vmident [^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FOLDER = re.compile(r'^(\s*"?folder"?:?\s+"?)[^"\n]+', re.MULTILINE)
_ANSWER = re.compile(r"(?:\[y/N\]|Type \d+ to confirm): (.*)")
_OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
_SECTION = re.compile(r"^## vmident ?(.*)\n\n(?s:(.*?))(?=^## |\Z)", re.MULTILINE)
_VARIABLE = re.compile(r"\b(?:VMIDENT|AZURE|ARM)_[A-Z_]+[A-Z]\b")


def name_of(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def text_of(page: Path | str) -> str:
    return (PROJECT / page).read_text(encoding="utf-8")


class Keyboard(io.StringIO):
    """A person's answers, which a terminal echoes."""

    def readline(self, *_size: object) -> str:  # type: ignore[override]
        line = super().readline()
        sys.stdout.write(line)
        return line


class Shell:
    """Runs the lines of one page on one fresh sandbox; knows `vmident`, `|`, `head`, `export` and `echo $?`.

    Of `az`, it knows `az deployment sub create`, without output.
    """

    def __init__(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        self._program = program
        self._monkeypatch = monkeypatch
        self._terminal = program.terminal
        self._code = 0

    def __call__(self, line: str, answers: list[str]) -> str:
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self._program.environ[name] = value
            return ""
        if line == "echo $?":
            return f"{self._code}\n"
        if words[:2] == ["head", "-n"]:
            lines = (self._program.folder / words[3]).read_text(encoding="utf-8").splitlines(keepends=True)
            return "".join(lines[: int(words[2])])
        if words[0] == "az":
            assert words[1:4] == ["deployment", "sub", "create"], line
            template = Path(words[words.index("--template-file") + 1])
            ended = deploy(self._program, f"/subscriptions/{SUBSCRIPTION}", template)
            assert ended["provisioningState"] == "Succeeded", ended
            return ""
        screen = io.StringIO()
        self._monkeypatch.setattr(sys, "stdin", Keyboard("".join(f"{answer}\n" for answer in answers)))
        stages = self._stages(words)
        for stage in stages[:-1]:
            pipe = io.StringIO()
            self._program.terminal = NO_TERMINAL
            self._run(stage, pipe, screen)
            self._program.standard_input = pipe.getvalue()
        self._program.terminal = self._terminal
        self._run(stages[-1], screen, screen)
        return screen.getvalue()

    def _run(self, words: list[str], out: io.StringIO, err: io.StringIO) -> None:
        assert words[0] == "vmident", words
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            self._code = int(main(words[1:], self._program.runtime()))

    @staticmethod
    def _stages(words: list[str]) -> list[list[str]]:
        stages: list[list[str]] = [[]]
        for word in words:
            if word == "|":
                stages.append([])
            else:
                stages[-1].append(word)
        return stages


def shell_blocks(text: str) -> Iterator[str]:
    yield from (body for kind, body in _FENCE.findall(text) if kind == "console")


def steps_of(block: str) -> Iterator[tuple[str, str]]:
    """Return each line after `$` with the output shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown


def tidy(text: str) -> str:
    """Return the text as a block has it: no white space at the end of lines, no empty lines around."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def ran(text: str, program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str, str]]:
    """Run a page's blocks in order; give each line, what is shown below it, and what it printed.

    A block of YAML that begins with `# file: NAME` is a file of that name, in the folder that the lines run in.
    """
    shell = Shell(program, monkeypatch)
    monkeypatch.chdir(program.folder)
    for kind, block in _FENCE.findall(text):
        named = _FILE.match(block)
        if kind == "yaml" and named:
            (program.folder / named[1]).write_text(block, encoding="utf-8")
        if kind != "console":
            continue
        for line, shown in steps_of(block):
            yield line, shown, shell(line, _ANSWER.findall(shown))


WITH_SHELL_BLOCKS = [page for page in PAGES if any(shell_blocks(text_of(page)))]


@pytest.fixture
def fresh(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Program]:
    """A program on a fresh sandbox: it draws the same IDs until the page changes, and none that the page shows."""
    draws = random.Random(text_of(page))

    def new_uuid() -> str:
        return str(uuid.UUID(int=draws.getrandbits(128), version=4))

    program = Program(tmp_path, capsys, environ={}, with_examples=True, new_uuid=new_uuid)
    yield program
    program.sandbox.close()


@pytest.mark.parametrize("page", WITH_SHELL_BLOCKS, ids=name_of)
def test_what_a_page_shows_is_what_the_program_prints(
    page: Path, fresh: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(page)
    fresh.terminal = NO_TERMINAL if name_of(page) in OFF_A_TERMINAL else TERMINAL
    ids = PageIds()
    start = 0
    for line, shown, printed in ran(text, fresh, monkeypatch):
        old = tidy(shown)
        new = ids.replaced(_FOLDER.sub(r"\1/home/me/.local/state/vmident/sandbox", tidy(printed)), old)
        if not REWRITE:
            assert new == old, line
        elif new != old:
            start = text.index(f"$ {line}\n{shown}", start) + len(f"$ {line}\n")
            text = f"{text[:start]}{new and new + chr(10)}{text[start + len(shown) :]}"
    if REWRITE:
        page.write_text(text, encoding="utf-8")


def test_the_readme_the_tutorial_and_the_guides_show_runs() -> None:
    shown = {name_of(page) for page in WITH_SHELL_BLOCKS}
    guides = {name_of(page) for page in PAGES if page.parent.name in ("tutorial", "how-to")}
    assert shown >= {"README.md", *guides}
    assert shown >= OFF_A_TERMINAL


def test_each_guide_that_uses_the_sandbox_begins_by_resetting_it() -> None:
    guides = [text_of(page) for page in WITH_SHELL_BLOCKS if page.parent.name in ("tutorial", "how-to")]
    first = [next(iter(shell_blocks(text))) for text in guides if "VMIDENT_SANDBOX=1" in text]
    assert first
    assert [one for one in first if "vmident sandbox reset" not in one] == []


def test_what_is_generated_is_fresh() -> None:
    texts = {name_of(page): text_of(page) for page in PAGES}
    marked = {name: set(re.findall(r"<!-- generated: (\S+) -->", text)) for name, text in texts.items()}
    assert {name: parts for name, parts in marked.items() if parts} == GENERATED
    stale = [name for name, text in texts.items() if renewed(text) != text]
    assert stale == [], "run `nox -s docs` and review the difference"


def test_every_command_and_option_is_in_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    sections = dict(
        re.findall(r"^## vmident ?(.*)\n\n(?s:(.*?))(?=^## |\Z)", text_of("docs/reference/commands.md"), re.MULTILINE)
    )
    assert sections.keys() == helps().keys()
    for name, text in helps().items():
        options = set(_OPTION.findall(text))
        assert {option for option in options if option not in sections[name]} == set(), name


def test_every_rule_of_access_is_described_as_in_the_files_that_report_saves() -> None:
    page = text_of("docs/reference/access.md")
    rows = {one.id: f"| `{one.id}` | {one.meaning.removesuffix('.')}" for one in RULES}
    assert {rule: row for rule, row in rows.items() if row not in page} == {}


def test_every_command_stands_in_the_readme() -> None:
    readme = text_of("README.md")
    leaves = [words for words in command_words() if words and words not in GROUPS]
    assert [words for words in leaves if f"vmident {' '.join(words)}" not in readme] == []


@functools.cache
def helps() -> dict[str, str]:
    """The help of every command; the caller has set COLUMNS to 80."""
    return {" ".join(words): help_of(words) for words in command_words()}


def commands_in(text: str) -> Iterator[str]:
    yield from _INLINE.findall(text)
    for _, body in _FENCE.findall(text):
        yield from re.findall(r"^(?:\$ )?(?:.*\| )?(vmident [^|\n]+)", body, re.MULTILINE)


def test_every_command_and_option_that_is_named_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for page in PAGES:
        if name_of(page) != "docs/reference/commands.md":
            for command in commands_in(text_of(page)):
                assert unknown_in(command) == set(), f"{name_of(page)}: {command}"


def unknown_in(command: str) -> set[str]:
    """Return the name and the options in a line that no command has."""
    words = command.split()[1:]
    name = " ".join(words[:2]) if (words[0],) in GROUPS else words[0]
    name = "" if name.startswith("-") else name
    if name not in helps():
        return {name}
    return {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word) and word not in helps()[name]}


def test_every_variable_is_in_the_settings_page_and_no_other() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "src").rglob("*.py")))
    settings = set(_VARIABLE.findall(text_of("docs/reference/settings.md")))
    ours = {name for name in _VARIABLE.findall(source) if name.startswith("VMIDENT_")}
    read_by_us = set(_VARIABLE.findall(text_of("src/vmident/cli/config/settings.py")))
    assert ours | read_by_us <= settings
    everywhere = {name for page in PAGES for name in _VARIABLE.findall(text_of(page))}
    assert {name for name in everywhere if name.startswith("VMIDENT_")} <= ours
    assert everywhere - OF_OTHER_TOOLS <= settings


@pytest.mark.parametrize("page", ["docs/reference/exit-codes.md", "README.md"])
def test_every_exit_code_is_listed(page: str) -> None:
    listed = re.findall(r"^\| (\d+) \|", text_of(page), re.MULTILINE)
    assert listed == [str(int(code)) for code in errors.ExitCode]


def test_every_error_code_of_our_own_is_listed_with_its_exit_code() -> None:
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text_of("docs/reference/errors.md"), re.MULTILINE))
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.VmidentError)]
    assert {one.default_code: str(int(one.exit_code)) for one in classes}.items() <= listed.items()


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere() -> None:
    assert {name_of(page): dead for page in PAGES if (dead := [*dead_links(page)])} == {}


def dead_links(page: Path) -> Iterator[str]:
    """Yield the links to pages and headings that are not there."""
    for link in _LINK.findall(_FENCE.sub("", text_of(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            yield link


def test_every_page_is_linked_from_the_index() -> None:
    linked = {(DOCS / link).resolve() for link in _LINK.findall(text_of("docs/index.md"))}
    assert {page for page in DOCS.rglob("*.md") if page.name != "index.md"} <= linked


def test_the_readme_has_one_line_for_the_tests_as_ci_takes_it() -> None:
    assert len(re.findall(r"nox -s tests$", text_of("README.md"), re.MULTILINE)) == 1
