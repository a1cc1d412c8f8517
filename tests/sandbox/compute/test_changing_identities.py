from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import BOTH, COMPUTE, GROUP, MINE, OTHER, VMS, code_of, ids_of, message_of

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud
    from vmident.sandbox.http_messages import Response


def operation_of(answer: Response) -> str:
    return answer.headers["Azure-AsyncOperation"]


def test_a_patch_answers_updating_at_once_and_says_no_retry_after(cloud: Cloud) -> None:
    answer = cloud.identify("myVM", "SystemAssigned")

    assert answer.status == 200
    assert answer.json()["properties"]["provisioningState"] == "Updating"
    assert set(answer.json()["identity"]) == {"type", "principalId", "tenantId"}
    assert "retry-after" not in {name.lower() for name in answer.headers}


def test_a_new_attachment_is_empty_until_its_operation_ends(cloud: Cloud) -> None:
    answer = cloud.identify("webVM", BOTH, named={OTHER: {}})
    assert answer.json()["identity"]["userAssignedIdentities"] == {OTHER: {}}
    assert cloud.vm("webVM")["identity"]["userAssignedIdentities"] == {OTHER: {}}

    cloud.finish()

    held = cloud.vm("webVM")["identity"]["userAssignedIdentities"][OTHER]
    assert set(held) == {"clientId", "principalId"}
    assert cloud.vm("webVM")["properties"]["provisioningState"] == "Succeeded"


def test_what_a_patch_does_not_name_stays(cloud: Cloud) -> None:
    principal = cloud.vm("appVM")["identity"]["principalId"]

    cloud.identify("appVM", BOTH, named={OTHER: {}})
    cloud.finish()

    assert ids_of(cloud.vm("appVM")) == [MINE, OTHER]
    assert cloud.vm("appVM")["identity"]["principalId"] == principal


def test_null_detaches_one_in_any_case(cloud: Cloud) -> None:
    cloud.identify("appVM", BOTH, named={OTHER: {}})
    cloud.finish()

    cloud.identify("appVM", BOTH, named={MINE.lower(): None})

    assert ids_of(cloud.vm("appVM")) == [OTHER]


def test_detaching_what_is_not_attached_changes_nothing(cloud: Cloud) -> None:
    assert cloud.identify("dbVM", "UserAssigned", named={OTHER: None}).status == 200
    assert ids_of(cloud.vm("dbVM")) == [MINE]


def test_an_identity_attached_already_keeps_its_first_spelling(cloud: Cloud) -> None:
    answer = cloud.identify("dbVM", "UserAssigned", named={MINE.upper(): {"clientId": "x", "principalId": "y"}})

    assert ids_of(answer.json()) == [MINE]
    assert answer.json()["identity"]["userAssignedIdentities"][MINE]


def test_a_new_key_keeps_the_spelling_that_was_sent(cloud: Cloud) -> None:
    sent = OTHER.lower().replace("otheridentity", "OTHERidentity")

    answer = cloud.identify("myVM", "userassigned", named={sent: {}})

    assert ids_of(answer.json()) == [sent]
    cloud.finish()
    assert cloud.vm("myVM")["identity"]["userAssignedIdentities"][sent].keys() == {"clientId", "principalId"}


def test_system_assigned_alone_drops_every_other(cloud: Cloud) -> None:
    cloud.identify("appVM", "SystemAssigned")
    assert cloud.vm("appVM")["identity"]["type"] == "SystemAssigned"
    assert ids_of(cloud.vm("appVM")) == []


def test_none_leaves_no_identity_member(cloud: Cloud) -> None:
    answer = cloud.identify("appVM", "none")
    assert "identity" not in answer.json()
    assert "identity" not in cloud.vm("appVM")


def test_enabling_again_makes_another_principal(cloud: Cloud) -> None:
    before = cloud.vm("appVM")["identity"]["principalId"]
    cloud.identify("appVM", "UserAssigned", named={MINE: {}})
    assert "principalId" not in cloud.vm("appVM")["identity"]
    cloud.finish()

    cloud.identify("appVM", BOTH)

    assert cloud.vm("appVM")["identity"]["principalId"] != before


@pytest.mark.parametrize("spelled", ["SystemAssigned,UserAssigned", "systemassigned, userassigned", BOTH.upper()])
def test_the_type_is_answered_as_azure_spells_it(cloud: Cloud, spelled: str) -> None:
    assert cloud.identify("appVM", spelled).json()["identity"]["type"] == BOTH


def test_a_patch_that_changes_nothing_is_over_at_once(cloud: Cloud) -> None:
    answer = cloud.identify("webVM", "SystemAssigned")
    assert answer.json()["etag"] == '"2"'
    cloud.now += 0.1
    assert cloud.send("GET", operation_of(answer)).json()["status"] == "Succeeded"


def test_what_was_read_and_members_in_another_case_are_taken(cloud: Cloud) -> None:
    held = cloud.vm("webVM")["identity"]
    sent = {"Type": BOTH, "principalId": held["principalId"], "tenantId": held["tenantId"]}

    answer = cloud.patch("webVM", {"Identity": {**sent, "UserAssignedIdentities": {OTHER: {}}}})

    assert answer.json()["identity"]["principalId"] == held["principalId"]
    assert ids_of(answer.json()) == [OTHER]


def test_an_operation_says_that_it_can_be_polled(cloud: Cloud) -> None:
    answer = cloud.identify("myVM", "SystemAssigned")
    assert answer.headers["azure-asyncnotification"] == "Enabled"
    assert "Retry-After" not in answer.headers


def test_a_put_draws_on_budgets_of_its_own(cloud: Cloud) -> None:
    vm = cloud.vm("myVM")
    answer = cloud.send("PUT", f"{VMS}/myVM?api-version={COMPUTE}", vm)
    assert "Microsoft.Compute/PutVMResource;11" in answer.headers["x-ms-ratelimit-remaining-resource"]
    assert "UpdateVM" not in answer.headers["x-ms-ratelimit-remaining-resource"]


def test_a_put_can_ask_that_there_be_no_vm(cloud: Cloud) -> None:
    answer = cloud.send("PUT", f"{VMS}/myVM?api-version={COMPUTE}", cloud.vm("myVM"), if_none_match="*")
    assert code_of(answer) == (412, "PreconditionFailed")


@pytest.mark.parametrize(
    ("vm", "identity", "code"),
    [
        ("appVM", {"type": "SystemAssigned", "userAssignedIdentities": {OTHER: {}}}, "InvalidParameter"),
        ("appVM", {"type": "SystemAssigned", "userAssignedIdentities": {MINE: None}}, "InvalidParameter"),
        ("appVM", {"type": "None", "userAssignedIdentities": {OTHER: {}}}, "InvalidParameter"),
        ("appVM", {"type": "SystemAssigned", "userAssignedIdentities": {}}, "InvalidParameter"),
        ("appVM", {"type": "None", "userAssignedIdentities": {}}, "InvalidParameter"),
        ("myVM", {"type": "UserAssigned"}, "MissingIdentityIds"),
        ("dbVM", {"type": "UserAssigned", "userAssignedIdentities": {MINE: None}}, "MissingIdentityIds"),
        ("webVM", {"type": "UserAssigned", "userAssignedIdentities": None}, "MissingIdentityIds"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {OTHER: {}, OTHER.upper(): {}}}, "InvalidParameter"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {OTHER: {}, OTHER.upper(): None}}, "InvalidParameter"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {f"{VMS}/myVM": {}}}, "InvalidParameter"),
        ("appVM", {"userAssignedIdentities": {OTHER: {}}}, "InvalidParameter"),
        ("appVM", {}, "InvalidParameter"),
        ("appVM", None, "InvalidRequestContent"),
        ("appVM", {"type": 3}, "InvalidRequestContent"),
        ("appVM", {"type": "SystemAssigned", "name": "x"}, "InvalidRequestContent"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": [OTHER]}, "InvalidRequestContent"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {OTHER: "x"}}, "InvalidRequestContent"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {OTHER: {"name": "x"}}}, "InvalidRequestContent"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {"otherIdentity": {}}}, "LinkedInvalidPropertyId"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {f" {OTHER}": {}}}, "LinkedInvalidPropertyId"),
        ("appVM", {"type": BOTH, "userAssignedIdentities": {f"{OTHER}x": {}}}, "FailedIdentityOperation"),
    ],
)
def test_what_azure_would_not_take_is_refused_and_changes_nothing(
    cloud: Cloud, vm: str, identity: Any, code: str
) -> None:
    before = cloud.vm(vm)
    assert code_of(cloud.patch(vm, {"identity": identity})) == (400, code)
    assert cloud.vm(vm) == before


def test_refusals_say_what_azure_says(cloud: Cloud) -> None:
    named: dict[str, Any] = {OTHER: {}}
    assert message_of(cloud.identify("appVM", "SystemAssigned", named=named)) == (
        'ResourceIdentity identityIds should not be provided if the type is "SystemAssigned".'
    )
    assert message_of(cloud.identify("appVM", BOTH, named={OTHER: {}, OTHER.lower(): {}})) == (
        f"ResourceIdentity identityId '{OTHER.lower()}' cannot be duplicated in the provided identityIds list."
    )
    assert message_of(cloud.identify("appVM", BOTH, named={f"{OTHER}x": {}})) == (
        f"Identity operation for resource '{VMS}/appVM' failed with error 'Failed to perform resource identity "
        "operation. Status: 'BadRequest'. Response: "
        f"""'{{"error":{{"code":"BadRequest","message":"Resource '{OTHER}x' was not found."}}}}'.'."""
    )
    assert message_of(cloud.identify("appVM", BOTH, named={"x": {}})) == (
        "Property id 'x' at path 'identity.userAssignedIdentities' is invalid. Expect fully qualified resource Id that "
        "start with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'."
    )


def test_an_identity_of_another_subscription_is_none_that_the_person_may_assign(cloud: Cloud) -> None:
    foreign = OTHER.replace(OTHER.split("/")[2], "11111111-1111-1111-1111-111111111111")
    assert code_of(cloud.identify("appVM", BOTH, named={foreign: {}})) == (403, "LinkedAuthorizationFailed")


class TestADeadAttachment:
    @pytest.fixture(autouse=True)
    def _dead(self, cloud: Cloud) -> None:
        assert cloud.delete_identity(MINE).status == 200

    def test_it_is_still_shown(self, cloud: Cloud) -> None:
        assert ids_of(cloud.vm("appVM")) == [MINE]

    def test_a_patch_that_leaves_it_fails(self, cloud: Cloud) -> None:
        answer = cloud.identify("appVM", BOTH, named={OTHER: {}})
        assert code_of(answer) == (400, "FailedIdentityOperation")
        assert MINE in message_of(answer)

    def test_a_patch_of_tags_alone_does_not_look_for_it(self, cloud: Cloud) -> None:
        assert cloud.patch("appVM", {"tags": {"a": "b"}}).status == 200

    @pytest.mark.parametrize(
        ("identity_type", "named"), [(BOTH, {MINE: None, OTHER: {}}), ("SystemAssigned", None), ("None", None)]
    )
    def test_it_can_be_removed(self, cloud: Cloud, identity_type: str, named: Any) -> None:
        assert cloud.identify("appVM", identity_type, named=named).status == 200
        assert MINE not in ids_of(cloud.vm("appVM"))

    def test_made_again_it_is_held_with_its_old_client_id(self, cloud: Cloud) -> None:
        before = cloud.vm("dbVM")["identity"]
        cloud.create_identity_resource(MINE)
        assert cloud.identify("dbVM", "UserAssigned").json()["identity"] == before


class TestOperations:
    def test_one_is_in_progress_until_its_end_and_then_succeeded(self, cloud: Cloud) -> None:
        url = operation_of(cloud.identify("myVM", "SystemAssigned"))
        running = cloud.send("GET", url).json()
        assert running == {
            "startTime": "2020-09-13T12:26:40.0000000+00:00",
            "status": "InProgress",
            "name": running["name"],
        }

        cloud.now += 1.5

        ended = cloud.send("GET", url)
        assert ended.json() == running | {"status": "Succeeded", "endTime": "2020-09-13T12:26:41.5000000+00:00"}
        assert "retry-after" not in ended.headers

    def test_its_url_must_come_back_exactly_as_given(self, cloud: Cloud) -> None:
        url = operation_of(cloud.identify("myVM", "SystemAssigned"))
        assert len(url) > 1000
        parts = url.split("&")
        for altered in (
            url + "x",
            "&".join([parts[0], *parts[2:], parts[1]]),
            url.replace(COMPUTE, "2024-03-01"),
            url.replace("westus", "eastus"),
            url.split("?", maxsplit=1)[0] + f"?api-version={COMPUTE}",
        ):
            assert cloud.send("GET", altered).status == 404
        assert cloud.send("GET", url).status == 200

    def test_a_patch_that_meets_one_is_refused(self, cloud: Cloud) -> None:
        cloud.identify("myVM", "SystemAssigned")
        answer = cloud.identify("myVM", "None")
        assert code_of(answer) == (409, "ConflictingConcurrentWriteNotAllowed")
        assert message_of(answer) == (
            "The operation was interrupted by a conflicting concurrent write on the same entity. Please retry later."
        )
        cloud.finish()
        assert cloud.identify("myVM", "None").status == 200

    def test_one_whose_identity_is_deleted_meanwhile_fails(self, cloud: Cloud) -> None:
        url = operation_of(cloud.identify("myVM", "UserAssigned", named={OTHER: {}}))
        cloud.delete_identity(OTHER)
        cloud.finish()

        ended = cloud.send("GET", url).json()

        assert (ended["status"], ended["error"]["code"]) == ("Failed", "FailedIdentityOperation")
        assert cloud.vm("myVM")["properties"]["provisioningState"] == "Failed"

    def test_one_that_failed_can_be_done_again_when_the_identity_is_back(self, cloud: Cloud) -> None:
        cloud.identify("myVM", "UserAssigned", named={OTHER: {}})
        cloud.delete_identity(OTHER)
        cloud.create_identity_resource(OTHER)
        cloud.finish()
        assert cloud.vm("myVM")["properties"]["provisioningState"] == "Failed"

        cloud.identify("myVM", "UserAssigned", named={OTHER: {}})
        cloud.finish()

        assert cloud.vm("myVM")["identity"]["userAssignedIdentities"][OTHER]
        assert cloud.vm("myVM")["properties"]["provisioningState"] == "Succeeded"

    def test_an_identity_deleted_after_the_end_fails_nothing(self, cloud: Cloud) -> None:
        url = operation_of(cloud.identify("myVM", "UserAssigned", named={OTHER: {}}))
        cloud.finish()
        cloud.delete_identity(OTHER)
        assert cloud.send("GET", url).json()["status"] == "Succeeded"

    def test_somebody_elses_is_seen_and_ends(self, cloud: Cloud) -> None:
        cloud.sandbox.add_operation(GROUP, "myVM", seconds=5)
        cloud.sandbox.add_vm(GROUP, "busy", updating_seconds=5)
        assert code_of(cloud.identify("myVM", "None")) == (409, "ConflictingConcurrentWriteNotAllowed")
        assert cloud.vm("busy")["properties"]["provisioningState"] == "Updating"
        assert cloud.sandbox.status()["runningOperations"] == 2
        cloud.now += 5
        assert cloud.identify("myVM", "None").status == 200

    def test_none_runs_on_a_vm_that_is_not_there(self, cloud: Cloud) -> None:
        with pytest.raises(KeyError):
            cloud.sandbox.add_operation(GROUP, "noVM", seconds=5)


class TestEtags:
    def test_one_rises_with_the_patch_and_not_at_the_end(self, cloud: Cloud) -> None:
        assert cloud.vm("myVM")["etag"] == '"1"'
        answer = cloud.identify("myVM", "SystemAssigned")
        assert (answer.json()["etag"], answer.headers["ETag"]) == ('"2"', '"2"')
        cloud.finish()
        assert cloud.vm("myVM")["etag"] == '"2"'

    @pytest.mark.parametrize(("version", "has_one"), [("2023-09-01", False), ("2024-03-01", True)])
    def test_there_is_none_before_2024_03_01(self, cloud: Cloud, version: str, has_one: bool) -> None:
        answer = cloud.send("GET", f"{VMS}/myVM?api-version={version}")
        assert ("etag" in answer.json(), "ETag" in answer.headers) == (has_one, has_one)

    @pytest.mark.parametrize("condition", ['"1"', "*", '"7", "1"'])
    def test_one_that_holds_lets_the_patch_through(self, cloud: Cloud, condition: str) -> None:
        assert cloud.patch("myVM", {"tags": {}}, if_match=condition).status == 200

    @pytest.mark.parametrize("condition", ['"2"', "1", 'W/"1"', "", '"11"'])
    def test_one_that_does_not_hold_refuses_it(self, cloud: Cloud, condition: str) -> None:
        answer = cloud.patch("myVM", {"tags": {"a": "b"}}, if_match=condition)
        assert code_of(answer) == (412, "PreconditionFailed")
        assert message_of(answer) == (
            f'Etag provided in if-match header {condition} does not match etag "1" of resource.'
        )
        assert cloud.vm("myVM")["tags"] == {}

    def test_an_older_version_ignores_it(self, cloud: Cloud) -> None:
        assert cloud.patch("myVM", {"tags": {"a": "b"}}, "2023-09-01", if_match='"7"').status == 200

    def test_the_instance_view_comes_without_the_header(self, cloud: Cloud) -> None:
        answer = cloud.send("GET", f"{VMS}/myVM?$expand=instanceView&api-version={COMPUTE}")
        assert (answer.json()["etag"], "ETag" in answer.headers) == ('"1"', False)

    def test_a_dead_identity_is_said_before_the_etag_and_before_a_running_operation(self, cloud: Cloud) -> None:
        cloud.sandbox.add_operation(GROUP, "dbVM", seconds=5)
        cloud.delete_identity(MINE)
        answer = cloud.patch("dbVM", {"identity": {"type": BOTH}}, if_match='"7"')
        assert code_of(answer) == (400, "FailedIdentityOperation")
        assert answer.headers["x-ms-failure-cause"] == "gateway"


class TestTags:
    def test_they_merge_and_null_takes_one_away(self, cloud: Cloud) -> None:
        cloud.patch("myVM", {"tags": {"A": "1", "b": "2"}})
        cloud.finish()
        cloud.patch("myVM", {"tags": {"a": "3", "B": None, "c": None}})
        assert cloud.vm("myVM")["tags"] == {"A": "3"}

    @pytest.mark.parametrize("tags", [None, ["a"], {"a": 1}])
    def test_what_are_no_tags_is_refused(self, cloud: Cloud, tags: Any) -> None:
        assert code_of(cloud.patch("myVM", {"tags": tags})) == (400, "InvalidRequestContent")

    @pytest.mark.parametrize("tags", [{str(n): "" for n in range(51)}, {"a": "x" * 257}, {"x" * 513: ""}])
    def test_too_many_or_too_long_are_refused(self, cloud: Cloud, tags: dict[str, str]) -> None:
        assert code_of(cloud.patch("myVM", {"tags": tags})) == (400, "InvalidTags")


def test_the_sandbox_says_so_where_azure_would_take_a_change_and_it_does_not(cloud: Cloud) -> None:
    answer = cloud.patch("myVM", {"properties": {"userData": "eA=="}})
    assert code_of(answer) == (400, "NotSupportedBySandbox")


def test_an_unknown_member_is_named(cloud: Cloud) -> None:
    answer = cloud.patch("myVM", {"identiy": {}})
    assert code_of(answer) == (400, "InvalidRequestContent")
    assert "Could not find member 'identiy' on object of type 'ResourceDefinition'" in message_of(answer)
