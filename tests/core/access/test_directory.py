"""What Microsoft Graph's answers prove about principals, and what they leave unknown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.core.access.inventories import OTHER_SUBSCRIPTION, ROOT_GROUP, SUBSCRIPTION, TEAM_GROUP, assignment, group
from vmident.core.access.directory import DirectoryAnswer, principals_by_tenant, with_directory
from vmident.core.access.inventory import (
    ALL_PRINCIPALS,
    DenyAssignment,
    DirectoryObject,
    Inventory,
    Unread,
    UserAssigned,
)

HOME, OTHER = "home-tenant", "other-tenant"
ONE, TWO = (one.rpartition("/")[2] for one in (SUBSCRIPTION, OTHER_SUBSCRIPTION))
FOREIGN = DirectoryObject("ForeignGroup")
ROBOT = DirectoryObject("ServicePrincipal", "robot")
LOST = assignment("a", "Lost", "reader", SUBSCRIPTION, principal_type="ServicePrincipal")
SMALL = Inventory(
    assignments=(LOST,),
    management_groups={ONE: (ROOT_GROUP.lower(), TEAM_GROUP.lower()), TWO: (ROOT_GROUP.lower(),)},
    tenants={ONE: HOME, TWO: OTHER},
)


def answer(asked: str = "lost", found: dict[str, DirectoryObject] | None = None, **more: object) -> DirectoryAnswer:
    principals = {"robot": ROBOT} if found is None else found
    return DirectoryAnswer(frozenset(asked.split()), principals, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answers", "row", "is_gone"),
    [
        ({HOME: answer()}, LOST, True),
        ({HOME: answer(found={"robot": ROBOT, "lost": ROBOT})}, LOST, False),
        ({HOME: answer(asked="")}, LOST, False),
        ({}, LOST, False),
        # Without others of its type, the caller may not be allowed to read that type; the caller itself is no other.
        ({HOME: answer(found={})}, LOST, False),
        ({HOME: answer(found={"ann": DirectoryObject("User")})}, LOST, False),
        ({HOME: answer(caller="robot")}, LOST, False),
        ({HOME: answer(caller="lost")}, LOST, False),
        # Principals of another tenant, and of no known type.
        (
            {HOME: answer(found={"x": DirectoryObject("ForeignGroup")})},
            LOST._replace(principal_type="ForeignGroup"),
            False,
        ),
        ({HOME: answer(found={"x": DirectoryObject("Unknown")})}, LOST._replace(principal_type="Unknown"), False),
        # A subscription of another tenant, such as one delegated through Azure Lighthouse.
        ({HOME: answer()}, LOST._replace(scope=OTHER_SUBSCRIPTION), False),
        ({OTHER: answer()}, LOST._replace(scope=group("x", OTHER_SUBSCRIPTION)), True),
        ({HOME: answer()}, LOST._replace(scope=TEAM_GROUP), True),
        ({HOME: answer()}, LOST._replace(scope=ROOT_GROUP), False),
        ({HOME: answer(), OTHER: answer()}, LOST._replace(scope="/"), True),
        ({HOME: answer(), OTHER: answer(found={"robot": ROBOT, "lost": ROBOT})}, LOST._replace(scope="/"), False),
        ({HOME: answer()}, LOST._replace(scope="/subscriptions/unread"), False),
    ],
)
def test_a_principal_is_gone_only_where_every_tenant_that_it_may_be_in_shows_its_type_and_not_it(
    answers: dict[str, DirectoryAnswer], row: object, is_gone: bool
) -> None:
    inventory = with_directory(replace(SMALL, assignments=(row,)), answers)
    assert (inventory.gone == {"lost"}) is is_gone


def test_each_tenant_is_asked_for_the_principals_of_its_scopes_and_a_few_that_exist() -> None:
    denial = DenyAssignment("d", OTHER_SUBSCRIPTION, (), frozenset({ALL_PRINCIPALS, "crew"}), frozenset({"bob"}))
    rows = (LOST, assignment("b", "everywhere", "reader", ROOT_GROUP))
    identities = (UserAssigned("id", "Existing"), UserAssigned("without"))
    asked = principals_by_tenant(replace(SMALL, assignments=rows, denials=(denial,), identities=identities))
    assert asked == {
        HOME: {"lost", "everywhere", "existing"}, OTHER: {"everywhere", "crew", "bob", "existing"},
    }  # fmt: skip
    assert principals_by_tenant(replace(SMALL, tenants={})) == {}


def test_answers_are_added_up() -> None:
    before, unread = Unread("deny assignments", "refused"), Unread("members of group 'crew'", "hidden")
    first = answer(members={"crew": frozenset({"ann"})}, unread=(unread,))
    inventory = with_directory(
        replace(SMALL, unread=(before,)), {HOME: first, OTHER: answer(found={"ann": DirectoryObject("User", "Ann")})}
    )
    assert inventory.principals == {"robot": ROBOT, "ann": DirectoryObject("User", "Ann")}
    assert inventory.members == {"crew": {"ann"}}
    assert inventory.unread == (before, unread)
