from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.cloud import COMPUTE, IN_SUBSCRIPTION, VMS, Cloud, code_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def paged(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path, page_size=2)
    made.sandbox.add_group("other")
    made.sandbox.add_vm("other", "zVM", tags={"a": "b"})
    yield made
    made.sandbox.close()


def test_pages_follow_one_another_to_the_end(paged: Cloud) -> None:
    names, url = [], f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines?api-version={COMPUTE}"
    pages = 0
    while url:
        page = paged.send("GET", url).json()
        names += [vm["name"] for vm in page["value"]]
        url = page.get("nextLink", "")
        pages += 1
    assert (pages, names) == (3, ["appVM", "dbVM", "myVM", "webVM", "zVM"])


def test_a_full_last_page_links_no_further(paged: Cloud) -> None:
    second = paged.send("GET", paged.send("GET", f"{VMS}?api-version={COMPUTE}").json()["nextLink"])
    assert [vm["name"] for vm in second.json()["value"]] == ["myVM", "webVM"]
    assert "nextLink" not in second.json()


def test_a_link_holds_as_it_was_given_and_for_its_own_list_alone(paged: Cloud) -> None:
    link = paged.send("GET", f"{VMS}?api-version={COMPUTE}").json()["nextLink"]
    token = link.split("%24skiptoken=")[1]
    elsewhere = (
        f"{IN_SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines?api-version={COMPUTE}&$skiptoken={token}"
    )
    for altered in (link[:-1], link + "A", link.replace(token, token[::-1]), elsewhere):
        assert code_of(paged.send("GET", altered)) == (400, "InvalidSkipToken")
