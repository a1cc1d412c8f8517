"""What Azure says of a deployment that it refuses, or that fails; as `refusals`, for templates.

Wordings are Azure's, as seen in public reports of them; a template is taken to be one line, as the SDKs send it, so
that a place in it is 'line 1, column 1': where in the line is not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vmident.sandbox.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PLACE = "at line '1' and column '1'"


def template_invalid(reason: str) -> Refused:
    """A template that cannot be deployed; `reason` is a sentence without its usual ending."""
    return Refused(400, "InvalidTemplate", f"Deployment template validation failed: '{reason}'.")


def resource_invalid(name: str, reason: str) -> Refused:
    """A resource of a template that cannot be read."""
    ending = "Please see https://aka.ms/arm-template-expressions for usage details."
    return template_invalid(f"The template resource '{name}' {PLACE} is not valid: {reason}. {ending}")


def expressions_unprocessable(resource_id: str, reason: str) -> Refused:
    """An expression of a resource that turns out to have no value while the deployment runs."""
    return Refused(
        400,
        "InvalidTemplate",
        f"Unable to process template language expressions for resource '{resource_id}' {PLACE}. '{reason}'",
    )


def output_unprocessable(reason: str) -> Refused:
    """An output that turns out to have no value."""
    message = (
        f"Unable to evaluate template outputs: '{reason}'. Please see https://aka.ms/arm-common-errors for details."
    )
    return Refused(400, "DeploymentOutputEvaluationFailed", message)


def segments_wrong(name: str, kind: str) -> Refused:
    """A type of so many levels and a name of more or fewer."""
    return template_invalid(
        f"The template resource '{name}' for type '{kind}' {PLACE} has incorrect segment lengths. A nested resource "
        "type must have identical number of segments as its resource name. A root resource type must have segment "
        "length one greater than its resource name. Please see https://aka.ms/arm-syntax-resources for usage details."
    )


def resource_doubled(kind: str, name: str) -> Refused:
    """Two resources of the same id."""
    return template_invalid(
        f"The resource '{kind}/{name}' {PLACE} is defined multiple times in a template. Please see "
        "https://aka.ms/arm-syntax-resources for usage details."
    )


def dependency_undefined(named: str) -> Refused:
    """A dependency on what the template does not make."""
    return template_invalid(
        f"The resource '{named}' is not defined in the template. Please see https://aka.ms/arm-syntax for usage "
        "details."
    )


def dependency_circular(resource_id: str) -> Refused:
    """Resources that wait for each other."""
    return template_invalid(
        f"Circular dependency detected on resource: '{resource_id}'. Please see https://aka.ms/arm-syntax-resources "
        "for usage details."
    )


def parameter_missing(name: str) -> Refused:
    """A parameter without a value and without a default."""
    return template_invalid(
        f"The value for the template parameter '{name}' {PLACE} is not provided. Please see "
        "https://aka.ms/arm-create-parameter-file for usage details."
    )


def parameters_unknown(names: Iterable[str], known: Iterable[str]) -> Refused:
    """Values for parameters that the template does not have."""
    return template_invalid(
        f"The template parameters '{', '.join(names)}' in the parameters file are not valid; they are not present in "
        "the original template and can therefore not be provided at deployment time. The only supported parameters "
        f"for this template are '{', '.join(known)}'. Please see https://aka.ms/arm-pass-parameter-values for usage "
        "details."
    )


def parameter_type_wrong(name: str, expected: str, actual: str) -> Refused:
    """A value of another type than the parameter's."""
    return template_invalid(
        f"Template parameter JToken type is not valid. Expected '{expected}'. Actual '{actual}'. Please see "
        f"https://aka.ms/arm-create-parameter-file for usage details. Parameter name: {name}"
    )


def parameter_not_allowed(name: str, value: object, allowed: Iterable[object]) -> Refused:
    """A value that is none of those allowed."""
    return template_invalid(
        f"The provided value for the template parameter '{name}' is not valid. The value '{value}' is not part of the "
        f"allowed value(s): '{','.join(map(str, allowed))}'."
    )


def limit_exceeded(member: str, limit: int, actual: int) -> Refused:
    """A template with too many resources, in Azure's words; of other members the words are assumed."""
    return template_invalid(
        f"The number of template {member} limit exceeded. Limit: '{limit}' and actual: '{actual}'. Please see "
        f"https://aka.ms/arm-template/#{member} for usage details."
    )


def content_too_large() -> Refused:
    """A request with a template of more than 4 MB."""
    return Refused(413, "RequestContentTooLarge", "The request content size exceeds the maximum size of 4 MB.")


def schema_wrong(schema: object, scope: str) -> Refused:
    """A template whose `$schema` is that of another scope; wording assumed."""
    return template_invalid(f"The template schema '{schema}' is not supported for a deployment at the scope '{scope}'")


def location_missing(name: str) -> Refused:
    """A deployment to a subscription or a management group that does not say in which region it is kept."""
    message = (
        f"The 'location' property must be specified for '{name}'. Please see "
        "https://aka.ms/deploy-to-subscription for usage details."
    )
    return Refused(400, "InvalidDeployment", message)


def location_not_expected(name: str) -> Refused:
    """A deployment to a resource group that has a location."""
    message = (
        f"The 'location' property is not allowed for '{name}' at resource group scope. Please see "
        "https://aka.ms/deploy-to-subscription for usage details."
    )
    return Refused(400, "InvalidDeployment", message)


def location_changed(name: str, location: str, held: str) -> Refused:
    """A deployment of a name that is kept in another region; Azure's words, as its documentation has them."""
    message = f"Invalid deployment location '{location}'. The deployment '{name}' already exists in location '{held}'."
    return Refused(409, "InvalidDeploymentLocation", message)


def content_wrong(reason: str) -> Refused:
    """A request that is not a deployment."""
    message = f"The request content was invalid and could not be deserialized: '{reason}'."
    return Refused(400, "InvalidRequestContent", message)


def name_wrong(name: str) -> Refused:
    """A name that no deployment can have."""
    message = (
        f"The provided deployment name '{name}' is not valid. The name can only include alphanumeric characters, "
        "periods, underscores, hyphens and parenthesis, and has at most 64 of them."
    )
    return Refused(400, "InvalidDeploymentName", message)


def preflight_failed(name: str, tracking_id: str, errors: Iterable[Mapping[str, Any]]) -> Refused:
    """Resources that their providers refuse before anything is made."""
    message = (
        f"The template deployment '{name}' is not valid according to the validation procedure. The tracking id is "
        f"'{tracking_id}'. See inner errors for details."
    )
    return Refused(400, "InvalidTemplateDeployment", message, details=errors)


def deployment_active(name: str, started: str, expires: str) -> Refused:
    """Another deployment of the same name that still runs."""
    message = (
        f"Unable to edit or replace deployment '{name}': previous deployment from '{started}' is still active "
        f"(expiration time is '{expires}'). Please see https://aka.ms/arm-deploy for usage details."
    )
    return Refused(409, "DeploymentActive", message)


def deployment_not_found(name: str) -> Refused:
    """No deployment of that name."""
    return Refused(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")


def deployment_operation_not_found(name: str) -> Refused:
    """No operation of that id in the deployment; wording assumed."""
    return Refused(404, "DeploymentOperationNotFound", f"The deployment operation '{name}' could not be found.")


def deployment_failed(errors: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the `error` of a deployment that ended in failure."""
    message = (
        "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
        "https://aka.ms/arm-deployment-operations for usage details."
    )
    return Refused(409, "DeploymentFailed", message, details=errors).error()
