"""What is run to check, build and regenerate the project: `nox -s <session>`, or `nox` for all that must be green."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "layers", "tests", "package"]
nox.options.default_venv_backend = "virtualenv"  # pip and nothing else: what it is configured with holds here too
nox.options.error_on_missing_interpreters = False  # also under CI: a Python that is not there is not tested
nox.options.download_python = "never"

PROJECT = nox.project.load_toml("pyproject.toml")
SUPPORTED = ["3.10", "3.11", "3.12", "3.13"]
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
# The Python that runs nox is always there, so one session always runs, also on a Python that is newer than the list.
PYTHONS = SUPPORTED if RUNNING in SUPPORTED else [*SUPPORTED, RUNNING]
PYTEST = ["pytest", "-q", "-n", "auto", "--dist", "worksteal"]
WITHOUT_ONCE = ["-m", "not once"]
# Bytecode halves what each worker spends on collecting the tests, also where the machine's own setting forbids it.
WITH_BYTECODE = {"PYTHONDONTWRITEBYTECODE": None}
# Only the workers are measured. The process that hands out the tests runs nothing of vmident, and would be slowed down.
COVERED_PYTEST = """
import os, sys, pytest
os.environ["COVERAGE_PROCESS_START"] = os.path.abspath("pyproject.toml")
sys.exit(pytest.main(sys.argv[1:]))
"""
KILLS = ["tests/fleet/test_kills.py", "tests/fleet/test_kills_of_a_fleet.py"]
# What differs from one Python to the next: syntax, typing, dataclasses, Typer's reading of signatures, encodings, SSL.
SMOKE = [
    "tests/core",
    "tests/files",
    "tests/render",
    "tests/arm/wire",
    "tests/guards/test_help.py",
    "tests/cli/changes/test_changes.py",
    "tests/cli/test_output.py",
]


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format; changes nothing."""
    session.install("-q", *group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly, in the program, its tests and this file."""
    session.install("-q", ".", *group("types"), *group("test"))
    session.run("mypy", *session.posargs)


@nox.session
def layers(session: nox.Session) -> None:
    """Check who imports whom."""
    session.install("-q", ".", *group("layers"))
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": str(Path("src").resolve())})


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests with branch coverage on the Python that runs nox, and a smoke subset on the others.

    With arguments, as in `nox -s tests -- tests/core -k patch`, run those tests on the Python that runs nox, without
    coverage. The exhaustive ones, marked `once`, are left out unless `-m` selects them: `-- -m once tests/fleet`.
    `nox -R` installs nothing anew, and tests the checkout.
    """
    if session.posargs and session.python != RUNNING:
        session.skip("Tests with arguments run on the Python that runs nox.")
    smoke = session.python != RUNNING
    if smoke:  # the tests compile the part that they import
        session.install("-q", "--no-compile", ".", *group("smoke"))
    else:
        session.install("-q", ".", *group("test"))
    if session.posargs:
        selected = [] if "-m" in session.posargs else WITHOUT_ONCE
        env = {"PYTHONPATH": str(Path("src").resolve()), **WITH_BYTECODE}
        session.run(*PYTEST, *selected, *session.posargs, env=env)
    elif smoke:
        session.run(*PYTEST, *WITHOUT_ONCE, *SMOKE, env=WITH_BYTECODE)
    else:
        covered(session)


@nox.session(python=RUNNING)
def minimums(session: nox.Session) -> None:
    """Run all tests with the lowest version of every dependency that pyproject.toml allows."""
    constraints = Path(session.create_tmp()) / "minimums.txt"
    constraints.write_text("".join(f"{line}\n" for line in lowest(PROJECT["project"]["dependencies"])))
    session.install("-q", ".", *group("test"), "--constraint", str(constraints))
    # Typer words the same help a little differently from version to version; the goldens are the newest one's.
    goldens_test = "tests/guards/test_help.py::test_the_help_is_the_golden"
    session.run(*PYTEST, "--deselect", goldens_test, *session.posargs)


@nox.session
def goldens(session: nox.Session) -> None:
    """Rewrite the help of every command in tests/goldens/help; the diff is the change that users see."""
    session.install("-q", ".", *group("test"))
    session.run("python", "-m", "tests.guards.help_texts")


@nox.session
def docs(session: nox.Session) -> None:
    """Rewrite the reference tables and the output shown in README.md and docs/, from the program itself."""
    session.install("-q", ".", *group("test"))
    session.run("python", "-m", "tests.guards.help_texts")
    session.run("python", "-m", "docs.generate")
    shown = "tests/guards/test_docs.py::test_what_a_page_shows_is_what_the_program_prints"
    folders = "tests/cli/export/test_golden_folders.py"
    session.run("pytest", "-q", "-n", "auto", shown, folders, env={"REWRITE_DOCS": "1"})


@nox.session
def picture(session: nox.Session) -> None:
    """Draw the docs' pictures and captures on a fresh sandbox; needs pseudo-terminals and Debian's Chromium."""
    session.install("-q", ".[serve]", "pyte", "selenium", "pillow")
    session.run("python", "-m", "docs.picture")
    session.run("python", "-m", "docs.captures")
    session.run("python", "-m", "docs.report_picture")


@nox.session
def package(session: nox.Session) -> None:
    """Build what is published, and start the program from the wheel alone."""
    session.install("-q", *group("package"))
    folder = Path(session.create_tmp()).resolve()
    built, bare = folder / "dist", folder / "bare"
    shutil.rmtree(built, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(built), silent=True)
    (wheel,) = built.glob("*.whl")
    (_source,) = built.glob("*.tar.gz")
    strangers = [
        name for name in zipfile.ZipFile(wheel).namelist() if not re.match(r"vmident(/|-.*\.dist-info/)", name)
    ]
    if strangers or not {"vmident/py.typed", "vmident/render/report/page/page.js"} <= set(
        zipfile.ZipFile(wheel).namelist()
    ):
        session.error(f"The wheel lacks a data file, or holds what it should not: {strangers}")
    session.run("python", "-m", "venv", "--clear", str(bare))
    programs = bare / ("Scripts" if os.name == "nt" else "bin")
    session.run(str(programs / "python"), "-m", "pip", "install", "-q", str(wheel), external=True)
    session.chdir(folder)  # away from the checkout, so that nothing but the wheel can be imported
    session.run(str(programs / "vmident"), "--help", external=True)
    session.run(str(programs / "vmident"), "--version", external=True)
    session.run(str(programs / "python"), "-m", "vmident", "--version", external=True)


@nox.session(python=RUNNING)
def fuzz(session: nox.Session) -> None:
    """Mutate the answers of 2,000 whole runs (15,000 with `-- --long`), and kill runs at every step."""
    session.install("-q", ".", *group("test"))
    examples = "15000" if "--long" in session.posargs else "2000"
    paths = [one for one in session.posargs if one != "--long"] or ["tests/fuzz", *KILLS]
    env = {"VMIDENT_FUZZ_EXAMPLES": examples, "VMIDENT_KILL_SEEDS": "10", "VMIDENT_KILL_STRIDE": "1"}
    session.run("pytest", "-q", "-s", *paths, env=env)


@nox.session(python=RUNNING)
def bench(session: nox.Session) -> None:
    """Measure vmident beside the real Azure CLI, and print the tables of docs/reference/performance.md.

    Takes a quarter of an hour: the Azure CLI is installed, and then waits half a minute for each change.
    """
    # What is measured is what users have: a wheel that pip installs compiles its modules.
    session.install("-q", ".[serve]")
    az = azure_cli(session).with_name("az")
    session.run("python", "bench/against_azure_cli.py", str(az), *session.posargs)
    session.run("python", "bench/start_up.py")
    session.run("python", "bench/serving.py")
    session.run("python", "bench/access.py")
    session.run("python", "bench/exports.py")
    session.run("python", "bench/fleet.py", str(az))
    session.install("-q", *group("test"))
    session.run("pytest", "-q", "-n", "0", "bench/test_limits.py", "bench/test_exports.py")


@nox.session(python=RUNNING)
def interop(session: nox.Session) -> None:
    """Run the Azure CLI, Azure's Python and JavaScript SDKs and Ansible against `sandbox serve`; installs them first.

    A client that cannot be installed here is skipped, and pytest reports it. Takes a quarter of an hour, and 1.5 GB of
    disk; `nox -r -s interop` keeps what is installed, and `-- interop --record` writes interop/results.json anew. What
    waits for the directory waits for the Azure CLI's second poll, after 30 seconds, so the chapters wait side by side.
    """
    session.install("-q", ".[serve]", *group("test"))
    env = {
        "INTEROP_AZURE_CLI_PYTHON": str(azure_cli(session)),
        "INTEROP_SDK_PYTHON": str(python_sdks(session)),
        "INTEROP_NODE_FOLDER": javascript_sdks(session),
        "INTEROP_ANSIBLE_PYTHON": ansible(session),
    }
    session.run("pytest", "-q", "-rs", "-n", "4", *(session.posargs or ["interop"]), env=env)


@nox.session
def news(session: nox.Session) -> None:
    """Show what the next release would say."""
    session.install("-q", *group("news"))
    session.run("towncrier", "build", "--draft", "--version", session.posargs[0] if session.posargs else "next")


def azure_cli(session: nox.Session) -> Path:
    """Install the Azure CLI apart from everything else, as it pins what it needs; returns its Python."""
    python = client_environment(session, "azure-cli", "azure-cli")
    session.run(str(python), "-m", "azure.cli", "version", "--output", "table", external=True)
    return python


def python_sdks(session: nox.Session) -> Path:
    """Install Azure's Python SDKs; returns their Python."""
    services = ("compute", "msi", "resource", "resource-deployments", "authorization", "network", "resourcegraph")
    return client_environment(session, "python-sdks", "azure-identity", *(f"azure-mgmt-{name}" for name in services))


def javascript_sdks(session: nox.Session) -> str:
    """Install Azure's JavaScript SDKs; returns the folder they are in, nothing where there is no npm."""
    if shutil.which("npm") is None:
        session.warn("The JavaScript SDKs are skipped: npm is not installed.")
        return ""
    folder = Path(session.create_tmp()).resolve() / "javascript-sdks"
    folder.mkdir(exist_ok=True)
    packages = [
        f"@azure/{name}" for name in ("identity", "arm-compute", "arm-msi", "arm-authorization", "arm-resources")
    ]
    session.run(
        "npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), *packages, external=True
    )
    return str(folder)


def ansible(session: nox.Session) -> str:
    """Install Ansible and what its collection for Azure needs; returns its Python, nothing where it does not run."""
    if os.name == "nt":
        session.warn("Ansible is skipped: it does not run on Windows.")
        return ""
    # Older versions of Ansible's collection for Azure find no other cloud than Azure's own.
    if newest_python()[0] in ("3.10", "3.11"):
        session.warn("Ansible is skipped: versions that can use the sandbox need Python 3.12.")
        return ""
    python = client_environment(session, "ansible", "ansible")
    needs = next(
        python.parents[1].glob("lib/python*/site-packages/ansible_collections/azure/azcollection/requirements*.txt")
    )
    session.run(str(python), "-m", "pip", "install", "-q", "-r", str(needs), external=True)
    return str(python)


def client_environment(session: nox.Session, name: str, *packages: str) -> Path:
    """Install packages into an environment of their own; returns its Python."""
    folder = Path(session.create_tmp()).resolve() / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    session.run(newest_python()[1], "-m", "venv", str(folder), external=True)
    session.run(str(python), "-m", "pip", "install", "-q", *packages, external=True)
    return python


def newest_python() -> tuple[str, str]:
    """Return the version and the path of the newest supported Python on this machine."""
    for version in reversed(SUPPORTED):
        found = shutil.which(f"python{version}")
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return version, found
    return RUNNING, sys.executable


def covered(session: nox.Session) -> None:
    """Run pytest under coverage; every branch of the core counts, and nine in ten of the whole.

    The tests marked `once` or `uncovered` cover nothing more, and are run afterwards.
    """
    data = Path(session.create_tmp()).resolve() / "coverage"
    env = {"COVERAGE_FILE": str(data), **WITH_BYTECODE}
    session.run("coverage", "erase", env=env)
    session.run("python", "-c", COVERED_PYTEST, *PYTEST[1:], "-m", "not once and not uncovered", env=env)
    session.run("coverage", "combine", "-q", env=env)
    session.run("coverage", "report", "--fail-under=90", env=env)
    session.run("coverage", "report", "--fail-under=100", "--include=src/vmident/core/*", env=env)
    marked = re.compile(r"mark\.(once|uncovered)\b")
    files = [str(one) for one in sorted(Path("tests").rglob("test_*.py")) if marked.search(one.read_text("utf-8"))]
    session.run(*PYTEST, "-m", "once or uncovered", *files, env=WITH_BYTECODE)


def lowest(requirements: list[str]) -> list[str]:
    """Pin each `name>=version` to that version; raises where a requirement has no lower bound."""
    bounds = [re.match(r"(?P<name>[\w.-]+)>=(?P<version>[\w.]+)", requirement) for requirement in requirements]
    if None in bounds:
        raise ValueError(f"A dependency in pyproject.toml has no lower bound: {requirements[bounds.index(None)]}")
    return [f"{bound['name']}=={bound['version']}" for bound in bounds if bound]
