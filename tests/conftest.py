"""What every test stands on: an environment that says nothing, folders of its own, and steady hypothesis settings."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Absent on most machines: the exchanges with Azure are kept beside the checkout, not in it.
RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "azure-recordings"
RECORDINGS_REQUIRED = bool(os.environ.get("VMIDENT_REQUIRE_RECORDINGS"))

# Coverage of the processes that tests start would take longer than it tells: the same code is run in this process.
_SILENCED_PREFIXES = ("VMIDENT_", "AZURE_", "ARM_", "COVERAGE_PROCESS_")
_SILENCED = {
    "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TERMINAL_WIDTH", "COLUMNS", "LINES",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
}  # fmt: skip

settings.register_profile("quick", max_examples=50, deadline=None)
# The same examples every time, so that a red run is the change's doing; slow machines are no failure.
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "quick")


@pytest.fixture(autouse=True)
def environment_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that the machine, its user or another test has set reaches the test or the processes it starts."""
    # Started in the background, or after a test of how the program ends, Ctrl-C is ignored here and in every process
    # that the test starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in list(os.environ):
        if name.upper() in _SILENCED or name.upper().startswith(_SILENCED_PREFIXES):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("VMIDENT_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded exchanges with Azure; a test that needs it is skipped where there is none."""
    if RECORDINGS.is_dir():
        return RECORDINGS
    reason = f"No recordings of Azure beside the checkout (looked for {RECORDINGS.parent.name}/{RECORDINGS.name})."
    if RECORDINGS_REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)
