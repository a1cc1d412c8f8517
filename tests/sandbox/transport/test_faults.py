"""Which fault happens to a request, what it answers, and what is wrong with a file of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.cloud import IDENTITIES, VMS
from vmident.errors import UsageError
from vmident.sandbox.http_messages import Response, json_answer
from vmident.sandbox.transport.faults import Fault, Faults, read_faults

VM = f"{VMS}/dbVM"


def test_the_first_fault_that_applies_happens_as_often_as_it_may() -> None:
    once, always = Fault(path="*/VirtualMachines/*", method="patch", times=1, status=500), Fault(delay=1.0)
    faults = Faults((once, always))
    assert [faults.next("PATCH", VM) for _ in range(3)] == [once, always, always]
    assert faults.next("GET", VM) == always
    assert faults.next("POST", "/tenant/oauth2/v2.0/token") is None


def test_a_seed_makes_chance_come_out_the_same() -> None:
    def seen(seed: int) -> list[bool]:
        faults = Faults((Fault(chance=0.3, cut=True),), seed)
        return [faults.next("GET", VM) is not None for _ in range(200)]

    assert seen(7) == seen(7) != seen(8)
    assert 30 < sum(seen(7)) < 90


@pytest.mark.parametrize(("chance", "happens"), [(0.0, False), (1.0, True)])
def test_chance_at_its_ends(chance: float, happens: bool) -> None:
    assert (Faults((Fault(chance=chance, cut=True),)).next("GET", VM) is not None) == happens


def test_an_error_is_azures_unless_the_file_says_otherwise() -> None:
    usual, own = Fault(status=429, retryAfter=5).answer(), Fault(status=418, code="Teapot", message="No.").answer()
    assert usual is not None
    assert own is not None
    assert (usual.status, usual.headers["retry-after"], usual.json()["error"]["code"]) == (429, "5", "TooManyRequests")
    assert own.json() == {"error": {"code": "Teapot", "message": "No."}}


def test_empty_identities_are_those_of_a_vm_that_has_some() -> None:
    fault = Fault(emptyIdentities=True)
    attached = json_answer(200, {"identity": {"userAssignedIdentities": {IDENTITIES: {"clientId": "x"}}}})
    assert fault.distorted(attached).json() == {"identity": {"userAssignedIdentities": {IDENTITIES: {}}}}
    for other in (json_answer(200, {"identity": {"type": "SystemAssigned"}}), json_answer(404, {}), Response(204)):
        assert fault.distorted(other) is other


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a", "has no list 'faults'"),
        ("faults: {}", "has no list 'faults'"),
        ("{faults: [], more: 1}", "other than 'faults' and 'seed'"),
        ("{faults: [], seed: x}", "not a whole number"),
        ("faults: [1]", "Fault 1 in"),
        ("faults: [{cut: true}, {status: 429, colour: red}]", "Fault 2 in"),
        ("faults: [{path: '*'}]", "exactly one of"),
        ("faults: [{cut: true, delay: 1}]", "exactly one of"),
        ("faults: [{status: 200}]", "has 200 as 'status'"),
        ("faults: [{cut: true, chance: 2}]", "has 2 as 'chance'"),
        ("faults: [{delay: -1}]", "has -1 as 'delay'"),
        ("faults: [{cut: true, times: 1.5}]", "has 1.5 as 'times'"),
        ("faults: [{cut: yes please}]", "as 'cut'"),
        ("faults: [{cut: true, path: 1}]", "has 1 as 'path'"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as wrong:
        read_faults(file)
    assert message in wrong.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Cannot read '.*no\.yaml'"):
        read_faults(tmp_path / "no.yaml")
