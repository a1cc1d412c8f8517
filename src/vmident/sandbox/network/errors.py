"""What Azure's network provider says when it refuses; wordings as seen in public reports unless marked 'assumed'."""

from __future__ import annotations

from vmident.sandbox.errors import Refused


def reference_invalid(referred: str, referring: str) -> Refused:
    """A resource that refers to one that is not there, or that is elsewhere."""
    message = (
        f"Resource {referred} referenced by resource {referring} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region."
    )
    return Refused(400, "InvalidResourceReference", message)


def format_invalid(what: str) -> Refused:
    """A body that is not as the type has it; wording assumed."""
    return Refused(400, "InvalidRequestFormat", f"Cannot parse the request: {what}.")


def prefix_invalid(prefix: str, resource_id: str) -> Refused:
    """An address prefix that is none."""
    message = (
        f"Address prefix string {prefix} for resource {resource_id} is not formatted correctly. It should follow CIDR "
        "notation, for example 10.0.0.0/24."
    )
    return Refused(400, "InvalidAddressPrefixFormat", message)


def subnet_outside(subnet: str, vnet: str) -> Refused:
    """A subnet outside its network."""
    message = (
        f"Subnet '{subnet}' is not valid because its IP address range is outside the IP address range of virtual "
        f"network '{vnet}'."
    )
    return Refused(400, "NetcfgSubnetRangeOutsideVnet", message)


def subnets_overlap(subnet: str, vnet: str) -> Refused:
    """Two subnets that share addresses."""
    message = (
        f"Subnet '{subnet}' is not valid because its IP address range overlaps with that of an existing subnet in "
        f"virtual network '{vnet}'."
    )
    return Refused(400, "NetcfgSubnetRangesOverlap", message)


def subnet_full(subnet_id: str) -> Refused:
    """No address left."""
    return Refused(400, "SubnetIsFull", f"Subnet {subnet_id} does not have enough capacity for 1 IP addresses.")


def standard_must_be_static(resource_id: str) -> Refused:
    """A standard public address requested as dynamic; code assumed."""
    message = f"Standard sku publicIp {resource_id} must have AllocationMethod set to Static."
    return Refused(400, "StandardSkuPublicIPAddressMustBeStatic", message)


def public_address_taken(ip_id: str, holder: str) -> Refused:
    """A public address that another interface has."""
    message = f"Resource {ip_id} is already associated with resource {holder}."
    return Refused(400, "PublicIPAddressInUse", message)


def in_use(code: str, resource_id: str, holder: str) -> Refused:
    """A resource that cannot be deleted while another uses it; wording assumed."""
    return Refused(400, code, f"{resource_id} cannot be deleted since it is still in use by {holder}.")
