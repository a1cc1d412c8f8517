from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import IN_SUBSCRIPTION, OTHER, RESOURCES, Cloud, code_of, message_of

if TYPE_CHECKING:
    from pathlib import Path

PROVIDERS = f"{IN_SUBSCRIPTION}/providers"


def provider(cloud: Cloud, namespace: str, method: str = "GET", more: str = "") -> dict[str, Any]:
    answer = cloud.send(method, f"{PROVIDERS}/{namespace}{more}?api-version={RESOURCES}")
    assert answer.status == 200, answer.body
    shown: dict[str, Any] = answer.json()
    return shown


def test_a_provider_says_what_it_has(cloud: Cloud) -> None:
    shown = provider(cloud, "microsoft.compute")
    assert (shown["id"], shown["namespace"]) == (f"{PROVIDERS}/Microsoft.Compute", "Microsoft.Compute")
    assert (shown["registrationState"], shown["registrationPolicy"]) == ("Registered", "RegistrationRequired")
    machines = next(one for one in shown["resourceTypes"] if one["resourceType"] == "virtualMachines")
    assert "westus" in machines["locations"]
    assert machines["apiVersions"] == sorted(machines["apiVersions"], reverse=True)


def test_the_list_holds_every_provider(cloud: Cloud) -> None:
    listed = cloud.send("GET", f"{PROVIDERS}?api-version={RESOURCES}").json()["value"]
    assert {one["namespace"] for one in listed} >= {
        "Microsoft.Authorization",
        "Microsoft.Compute",
        "Microsoft.ManagedIdentity",
        "Microsoft.ResourceGraph",
        "Microsoft.Resources",
    }
    assert {one["registrationState"] for one in listed} == {"Registered"}
    resources = next(one for one in listed if one["namespace"] == "Microsoft.Resources")
    assert {"resourceGroups", "subscriptions"} <= {one["resourceType"] for one in resources["resourceTypes"]}
    assert resources["registrationPolicy"] == "RegistrationFree"


@pytest.mark.parametrize(("method", "more"), [("GET", ""), ("POST", "/register")])
def test_another_provider_is_not_there(cloud: Cloud, method: str, more: str) -> None:
    answer = cloud.send(method, f"{PROVIDERS}/Microsoft.Wrong{more}?api-version={RESOURCES}")
    assert code_of(answer) == (404, "InvalidResourceNamespace")


def test_an_unregistered_provider_is_read_and_not_written(cloud: Cloud) -> None:
    cloud.sandbox.unregister("microsoft.managedIdentity")
    assert provider(cloud, "Microsoft.ManagedIdentity")["registrationState"] == "NotRegistered"
    assert cloud.send("GET", f"{OTHER}?api-version=2023-01-31").status == 200
    answer = cloud.create_identity_resource(OTHER)
    assert code_of(answer) == (409, "MissingSubscriptionRegistration")
    assert message_of(answer) == (
        "The subscription is not registered to use namespace 'Microsoft.ManagedIdentity'. See "
        "https://aka.ms/rps-not-found for how to register subscriptions."
    )
    assert answer.json()["error"]["details"][0]["target"] == "Microsoft.ManagedIdentity"
    assert cloud.identify("myVM", "SystemAssigned").status == 200


def test_registering_takes_a_while_and_lets_write_at_once(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, operation_seconds=5)
    cloud.sandbox.unregister("Microsoft.Compute")
    assert provider(cloud, "microsoft.compute", "POST", "/register")["registrationState"] == "Registering"
    assert cloud.identify("myVM", "SystemAssigned").status == 200
    cloud.now += 5
    assert provider(cloud, "Microsoft.Compute")["registrationState"] == "Registered"
    cloud.sandbox.unregister("Microsoft.Compute")
    assert provider(cloud, "Microsoft.Compute")["registrationState"] == "NotRegistered"
    cloud.sandbox.close()


def test_registering_again_changes_nothing(cloud: Cloud) -> None:
    assert provider(cloud, "Microsoft.Compute", "POST", "/register")["registrationState"] == "Registered"


@pytest.mark.parametrize("namespace", ["Microsoft.Resources", "Microsoft.Wrong"])
def test_not_every_registration_can_be_taken_away(cloud: Cloud, namespace: str) -> None:
    with pytest.raises(ValueError, match=namespace):
        cloud.sandbox.unregister(namespace)
