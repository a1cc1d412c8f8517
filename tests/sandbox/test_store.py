from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.cloud import COMPUTE, GROUP, IDENTITIES, MINE, VMS, Cloud
from vmident.errors import SandboxUnusable
from vmident.sandbox.sandbox import FILE_NAME, PERSON_NAME, SUBSCRIPTION, TENANT, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEEDED_IDENTITIES = 6
WRITER = """
import sys, uuid
from pathlib import Path
from vmident.sandbox.http_messages import Request
from vmident.sandbox.sandbox import ENDPOINT, SUBSCRIPTION, TOKEN, Sandbox

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
sandbox = Sandbox(folder, now=lambda: 1.6e9, new_uuid=lambda: str(uuid.uuid4()))
group = f"{ENDPOINT}/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers"
for number in range(count):
    url = f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}{number}?api-version=2023-01-31"
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    assert sandbox.answer(Request("PUT", url, headers, b'{"location": "westus"}')).status == 201
sandbox.close()
"""


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[tuple[Cloud, Cloud]]:
    made = Cloud(tmp_path), Cloud(tmp_path)
    yield made
    for cloud in made:
        cloud.sandbox.close()


def test_a_new_sandbox_holds_the_seed(cloud: Cloud) -> None:
    assert [cloud.vm(name).get("identity", {}).get("type") for name in ("myVM", "webVM", "dbVM", "appVM")] == [
        None,
        "SystemAssigned",
        "UserAssigned",
        "SystemAssigned, UserAssigned",
    ]
    assert list(cloud.vm("dbVM")["identity"]["userAssignedIdentities"]) == [MINE]
    assert cloud.sandbox.status() == {
        "folder": str(cloud.sandbox.folder),
        "endpoint": "https://management.sandbox.invalid",
        "subscriptionId": SUBSCRIPTION,
        "subscriptionName": "vmident sandbox",
        "tenantId": TENANT,
        "user": PERSON_NAME,
        "roles": [f"Owner on /subscriptions/{SUBSCRIPTION}"],
        "groups": 1,
        "vms": 4,
        "identities": 2,
        "runningOperations": 0,
        "runningDeployments": 0,
    }


def test_what_one_instance_writes_another_reads(clouds: tuple[Cloud, Cloud]) -> None:
    one, other = clouds
    url = one.identify("myVM", "SystemAssigned").headers["Azure-AsyncOperation"]
    assert other.send("GET", url).json()["status"] == "InProgress"
    other.finish()
    assert other.send("GET", url).json()["status"] == "Succeeded"
    assert one.vm("myVM") == other.vm("myVM")


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path, cloud: Cloud) -> None:
    folder = tmp_path / "shared"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(folder), name, "30"], stderr=subprocess.PIPE)
        for name in ("one", "two")
    ]
    said = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    reader = Cloud(folder)
    assert reader.sandbox.status()["identities"] == SEEDED_IDENTITIES + 60
    reader.sandbox.close()


def test_threads_that_write_at_once_lose_nothing(cloud: Cloud) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: cloud.create_identity_resource(f"{IDENTITIES}/name{number}"), range(40)))
    assert {answer.status for answer in answers} == {201}
    assert cloud.sandbox.status()["identities"] == 2 + 40


def test_a_server_reads_while_another_process_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmident.sandbox.store._BUSY_SECONDS", 0.0)
    cloud = Cloud(tmp_path, shares_buckets=False)
    before = cloud.vm("myVM")
    writer = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM resources")
    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(cloud.vm, ["myVM"] * 20)) == [before] * 20
    writer.execute("COMMIT")
    writer.close()
    assert cloud.send("GET", f"{VMS}/myVM?api-version={COMPUTE}").status == 403  # the role went with the rest
    cloud.sandbox.close()


def test_buckets_in_memory_empty_and_refuse_as_those_in_the_file(tmp_path: Path) -> None:
    answers = []
    for shares_buckets in (True, False):
        cloud = Cloud(tmp_path / str(shares_buckets), shares_buckets=shares_buckets)
        answers.append([_throttled(cloud) for _ in range(40)])
        cloud.sandbox.close()
    assert answers[0] == answers[1]
    assert {status for status, _ in answers[0]} == {200, 429}


def _throttled(cloud: Cloud) -> tuple[int, dict[str, str]]:
    answer = cloud.send("GET", f"{VMS}/myVM?api-version={COMPUTE}")
    return answer.status, {name: text for name, text in answer.headers.items() if "ratelimit" in name}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_nobody_else_can_read_the_file(cloud: Cloud) -> None:
    cloud.vm("myVM")
    folder = cloud.sandbox.folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / FILE_NAME).stat().st_mode) == 0o600


def test_what_is_a_day_old_is_forgotten(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    url = cloud.identify("myVM", "SystemAssigned").headers["Azure-AsyncOperation"]
    cloud.finish()
    assert cloud.send("GET", url).status == 200
    cloud.now += 2 * 86_400
    later = Cloud(tmp_path)
    later.now = cloud.now
    assert later.send("GET", url).status == 404
    for each in (cloud, later):
        each.sandbox.close()


def test_reset_goes_back_to_the_seed(cloud: Cloud) -> None:
    url = cloud.identify("myVM", "SystemAssigned").headers["Azure-AsyncOperation"]
    cloud.sandbox.add_group("more", tags={"a": "b"})
    cloud.sandbox.add_vm("more", "vm", system=True, identities=[MINE, "missing"], location="eastus")
    cloud.sandbox.reset()
    assert "identity" not in cloud.vm("myVM")
    assert cloud.send("GET", url).status == 404
    assert cloud.sandbox.status()["groups"] == 1


def test_reset_reaches_those_who_have_it_open(clouds: tuple[Cloud, Cloud]) -> None:
    one, other = clouds
    other.vm("myVM")
    one.sandbox.add_vm(GROUP, "more")
    one.sandbox.reset()
    assert other.send("GET", f"{VMS}/more?api-version={COMPUTE}").status == 404


def _garbage(file: Path) -> None:
    file.write_bytes(b"this is no database, and longer than a header of one" * 100)


def _another_version(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE resources (id TEXT)")
    connection.execute("PRAGMA user_version=99")
    connection.close()


def _table_gone(file: Path) -> None:
    sandbox = Sandbox(file.parent, now=lambda: 0.0, new_uuid=lambda: str(uuid.uuid4()))
    sandbox.status()
    sandbox.close()
    connection = sqlite3.connect(file)
    connection.execute("DROP TABLE resources")
    connection.close()


@pytest.mark.parametrize("spoil", [_garbage, _another_version, _table_gone])
def test_a_file_that_cannot_be_used_says_how_to_go_on_and_reset_mends_it(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)
    spoil(tmp_path / FILE_NAME)
    cloud = Cloud(tmp_path)
    with pytest.raises(SandboxUnusable) as unusable:
        cloud.send("GET", f"{VMS}/myVM?api-version={COMPUTE}")
    assert FILE_NAME in unusable.value.message
    assert "vmident sandbox reset" in str(unusable.value.hint)

    cloud.sandbox.reset()

    assert cloud.vm("myVM")
    cloud.sandbox.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cloud = Cloud(tmp_path / "file")
    for use in (cloud.sandbox.status, cloud.sandbox.reset):
        with pytest.raises(SandboxUnusable) as unusable:
            use()
        assert "VMIDENT_SANDBOX_DIR" in str(unusable.value.hint)


def test_a_file_that_cannot_be_removed_is_named(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    # A folder in the place of the journal: nothing that unlinking removes.
    _garbage(tmp_path / FILE_NAME)
    (tmp_path / f"{FILE_NAME}-journal").mkdir()
    with pytest.raises(SandboxUnusable) as unusable:
        cloud.sandbox.reset()
    assert "cannot be removed" in unusable.value.message
    cloud.sandbox.close()


def test_a_file_that_another_holds_is_not_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmident.sandbox.store._BUSY_SECONDS", 0.0)
    cloud = Cloud(tmp_path)
    cloud.vm("myVM")
    holder = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    cloud.sandbox.close()
    with pytest.raises(SandboxUnusable) as unusable:
        cloud.sandbox.reset()
    assert "Another process" in str(unusable.value.hint)
    holder.execute("COMMIT")
    holder.close()
    assert cloud.vm("myVM")
    cloud.sandbox.close()
