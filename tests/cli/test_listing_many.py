"""`list` of thousands of VMs: the same answer, and how old it is. Its memory is measured in bench/test_limits.py."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import requests
import yaml

from tests.program import GROUP, TERMINAL, Program, answering, answering_with
from vmident.render.formats import as_json, as_yaml


def test_what_is_drawn_a_vm_at_a_time_is_what_is_drawn_at_once(program: Program) -> None:
    text = program("list -o json").out
    assert text == as_json(json.loads(text)) + "\n"
    text = program("list -o yaml").out
    assert text == as_yaml(yaml.safe_load(text)) + "\n"
    assert program("list -o jsonc").out == program("list").out
    assert program("list -o none").out == ""


def test_a_list_of_nothing_is_an_empty_array(program: Program) -> None:
    program.sandbox.add_group("empty")
    answers = {output: program(f"list -g empty -o {output}").out for output in ("json", "yaml", "tsv", "table")}
    assert answers == {"json": "[]\n", "yaml": "[]\n", "tsv": "", "table": ""}


@pytest.mark.parametrize("output", ["json", "tsv", "human"])
def test_a_page_that_cannot_be_had_leaves_no_half_of_a_list(program: Program, output: str) -> None:
    program.sandbox.add_vms(600)
    program.when("GET", "skiptoken", answering(403, "AuthorizationFailed"))
    outcome = program(f"list -o {output}")
    assert (outcome.code, outcome.out) == (4, "")


def test_people_read_how_many_there_are(program: Program) -> None:
    assert program(f"list -g {GROUP} -o human").out.splitlines()[-1] == "4 VMs"
    assert program("list --tag lost -o human").err == "No VMs found with tag lost.\n"
    program.sandbox.add_group("other")
    program.sandbox.add_vm("other", "only")
    assert program("list -g other -o human").out.splitlines()[-1] == "1 VM"


def test_people_are_told_how_far_a_long_list_has_come(program: Program) -> None:
    program.sandbox.add_vms(1100)
    assert program("list --verbose -o none").err.splitlines() == ["500 VMs so far", "1000 VMs so far"]
    program.terminal = TERMINAL
    assert "so far" not in program("list --only-show-errors").err


def test_a_list_without_end_ends_after_a_thousand_pages(program: Program) -> None:
    number = iter(range(10_000))

    def endless(request: requests.PreparedRequest, onward: Callable[[], requests.Response]) -> requests.Response:
        link = f"{program.sandbox.endpoint}/subscriptions/more?page={next(number)}"
        return answering_with(200, {"value": [], "nextLink": link})(request, onward)

    program.when("GET", "/subscriptions/", endless, times=9999)

    outcome = program("list")

    assert (outcome.code, len(program.sent)) == (1, 1000)
    assert "more than 1,000 pages" in outcome.err
