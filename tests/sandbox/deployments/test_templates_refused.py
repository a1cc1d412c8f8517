from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cloud import code_of, message_of
from tests.sandbox.deployments.templates import (
    DEPLOYMENTS,
    RESOURCES,
    VNET_BODY,
    VNET_TYPE,
    deploy,
    ip,
    resource,
    sent,
    template,
)

if TYPE_CHECKING:
    from tests.sandbox.cloud import Cloud

VNET = resource(VNET_TYPE, "vnet", VNET_BODY)
P = {"p": {"type": "string"}}


@pytest.mark.parametrize(
    ("content", "parameters", "said"),
    [
        (template([VNET], parameters=P), {}, "The value for the template parameter 'p' at line '1'"),
        (template([VNET], parameters=P), {"p": "x", "q": 1}, "The template parameters 'q' in the parameters file"),
        (template([VNET], parameters=P), {"p": 1}, "Expected 'String'. Actual 'Integer'"),
        (
            template([VNET], parameters={"p": {"type": "int", "allowedValues": [1]}}),
            {"p": 2},
            "The value '2' is not part of the allowed value(s): '1'",
        ),
        (
            template([VNET], parameters={"p": {"type": "securestring", "allowedValues": ["a"]}}),
            {"p": "b"},
            "The value '*******' is not part",
        ),
        (
            template([VNET], parameters={"p": {"type": "string", "defaultValue": "[parameters('later')]"}}),
            {},
            "The template resource 'p'",
        ),
        (template([VNET], parameters=[1]), {}, "The 'parameters' of the template"),
        (template([VNET], outputs={"o": 1}), {}, "The template output 'o' has no type"),
        (template([ip("[parameters('p')]")]), {}, "The template parameter 'p' is not found"),
        (template([ip("[variables('v')]")], variables={"v": "[variables('v')]"}), {}, "The template variable 'v'"),
        (template([ip("[reference('x')]")]), {}, "'reference' is not expected at this location"),
        (template([ip("ip", tags={"a": "[listKeys('x')]"})]), {}, "The template function 'listKeys' is not valid"),
        (template([ip("ip", tags={"a": "[concat(]"})]), {}, "expected token 'Identifier'"),
        (template([ip("ip", tags={"a": "[parameters('p')]"})]), {}, "The template parameter 'p' is not found"),
        (template([ip("")]), {}, "The name property cannot be null or empty"),
        (template([{**VNET, "apiVersion": None}]), {}, "The apiVersion property cannot be null"),
        (template([{**VNET, "location": 1}]), {}, "The location property is not a string"),
        (
            template([ip("a/b")]),
            {},
            "'a/b' for type 'Microsoft.Network/publicIPAddresses' at line '1' and column '1' has",
        ),
        (template([ip("a"), ip("A")]), {}, "publicIPAddresses/A' at line '1' and column '1' is defined multiple times"),
        (template([ip("a", "b")]), {}, "The resource 'b' is not defined in the template"),
        (template([ip("a", tags={"a": "[reference('b').x]"})]), {}, "The resource 'b' is not defined"),
        (template([ip("a", tags={"a": "[reference(missing()).x]"})]), {}, "The template function 'missing'"),
        (template([ip("a", tags={"a": "[reference(toLower(1)).x]"})]), {}, "language function 'toLower'"),
        (template([ip("a", dependsOn="b")]), {}, "The dependsOn property is not an array"),
        (template([ip("a", condition="yes")]), {}, "The condition property is not a boolean"),
        (template([ip("a", "b"), ip("b", "a")]), {}, "Circular dependency detected on resource: '"),
        (template([ip("a", tags={"a": "[reference('a').x]"})]), {}, "Circular dependency"),
        (template([ip("a", tags={"a": f"[{'concat(' * 2000}'x'{')' * 2000}]"})]), {}, "nested too deeply"),
    ],
)
def test_a_template_that_cannot_be_deployed_is_refused(cloud: Cloud, content: Any, parameters: Any, said: str) -> None:
    answer = deploy(cloud, content, parameters)
    assert code_of(answer) == (400, "InvalidTemplate")
    assert message_of(answer).startswith("Deployment template validation failed: '")
    assert said in message_of(answer)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (template([resource("Microsoft.Wrong/things", "x", {})]), "InvalidResourceNamespace"),
        (template([resource("Microsoft.Network/things", "x", {})]), "InvalidResourceType"),
        (template([ip("x", apiVersion="2000-01-01")]), "NoRegisteredProviderFound"),
        (template([resource("Microsoft.Storage/storageAccounts", "x", {})]), "NotSupportedBySandbox"),
        (template([ip("x", copy={"name": "c", "count": 2})]), "NotSupportedBySandbox"),
        (template({"x": ip("x")}), "NotSupportedBySandbox"),
        (template([VNET], functions=[]), "NotSupportedBySandbox"),
        (template([VNET], parameters={"p": {"type": "secureObject"}}), "NotSupportedBySandbox"),
    ],
)
def test_what_the_cloud_or_the_sandbox_does_not_have_is_refused(cloud: Cloud, content: Any, code: str) -> None:
    assert code_of(deploy(cloud, content)) == (400, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidRequestContent"),
        ({"properties": {"mode": "Incremental"}}, "InvalidRequestContent"),
        ({"properties": {"mode": "Incremental", "templateLink": {"uri": "x"}}}, "NotSupportedBySandbox"),
        (sent(template([VNET]), onErrorDeployment={"type": "x"}), "NotSupportedBySandbox"),
        ({"properties": {**sent(template([VNET]))["properties"], "mode": "Complete"}}, "NotSupportedBySandbox"),
        ({"properties": {**sent(template([VNET]))["properties"], "parameters": 1}}, "InvalidRequestContent"),
        (
            {
                "properties": {
                    **sent(template([VNET], parameters=P))["properties"],
                    "parameters": {"p": {"reference": 1}},
                }
            },
            "NotSupportedBySandbox",
        ),
    ],
)
def test_a_request_that_is_no_deployment_is_refused(cloud: Cloud, body: Any, code: str) -> None:
    answer = cloud.send("PUT", f"{DEPLOYMENTS}/d?api-version={RESOURCES}", body)
    assert code_of(answer) == (400, code)


def test_a_secret_decides_nothing_but_itself(cloud: Cloud) -> None:
    content = template([ip("[parameters('adminPassword')]")], parameters={"adminPassword": {"type": "securestring"}})
    assert code_of(deploy(cloud, content, {"adminPassword": "name"})) == (400, "NotSupportedBySandbox")


def test_a_name_that_no_deployment_can_have_is_refused(cloud: Cloud) -> None:
    assert code_of(deploy(cloud, template([VNET]), name="a%20b")) == (400, "InvalidDeploymentName")
