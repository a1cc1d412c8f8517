"""What Azure's compute provider says of a VM that cannot be made; wordings as seen in public reports and in
Microsoft's documentation unless marked 'assumed'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.errors import Refused, parameter_invalid

if TYPE_CHECKING:
    from collections.abc import Iterable


def required(path: str) -> Refused:
    """A member that has to be there."""
    return parameter_invalid(f"Required parameter '{path}' is missing (null).", path)


def size_invalid(size: str, sizes: Iterable[str]) -> Refused:
    """A size that is none of Azure's."""
    message = (
        f"The value {size} provided for the VM size is not valid. The valid sizes in the current region are: "
        f"{','.join(sizes)}. Find out more on the valid VM sizes in each region at https://aka.ms/azure-regions."
    )
    return parameter_invalid(message, "vmSize")


def size_not_available(size: str, location: str) -> Refused:
    """A size that this region does not offer now."""
    message = (
        f"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: {size}' is "
        f"currently not available in location '{location}'. Please try another size or deploy to a different location "
        "or different zone. See https://aka.ms/azureskunotavailable for details."
    )
    return Refused(409, "SkuNotAvailable", message)


def allocation_failed() -> Refused:
    """A size without capacity, which is found out while the VM is created."""
    message = (
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more "
        "about improving likelihood of allocation success at https://aka.ms/allocation-guidance"
    )
    return Refused(409, "AllocationFailed", message)


def image_not_found(urn: str) -> Refused:
    """An image that is not there."""
    message = (
        f"The platform image '{urn}' is not available. Verify that all fields in the storage profile are correct. For "
        "more details about storage profile information, please refer to https://aka.ms/storageprofile"
    )
    return Refused(404, "PlatformImageNotFound", message, target="imageReference")


def admin_name_not_allowed() -> Refused:
    """A name that Azure keeps from being an administrator's."""
    return parameter_invalid("The Admin Username specified is not allowed.", "adminUsername")


def admin_name_wrong(longest: int) -> Refused:
    """A name that cannot be a user's; wording assumed."""
    message = f"The Admin Username specified has more than {longest} characters, or ends with a period."
    return parameter_invalid(message, "adminUsername")


def password_wrong(shortest: int, longest: int) -> Refused:
    """A password too short, too long or too simple."""
    message = (
        f"The supplied password must be between {shortest}-{longest} characters long and must satisfy at least 3 of "
        "password complexity requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a "
        "lowercase character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control "
        "characters are not allowed"
    )
    return parameter_invalid(message, "adminPassword")


def password_not_allowed() -> Refused:
    """A password that everybody uses; wording assumed."""
    return parameter_invalid("The supplied password is not allowed.", "adminPassword")


def no_way_in() -> Refused:
    """A Linux VM without password and without key."""
    message = "Authentication using either SSH or by user name and password must be enabled in Linux profile."
    return parameter_invalid(message, "linuxConfiguration")


def windows_name_wrong() -> Refused:
    """A computer name that Windows does not have."""
    message = (
        "Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the following "
        "characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . ' \" , < > / ?."
    )
    return parameter_invalid(message, "computerName")


def linux_name_wrong() -> Refused:
    """A host name that Linux does not have."""
    message = (
        "Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ % ^ & "
        "* ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?."
    )
    return parameter_invalid(message, "computerName")


def change_not_allowed(what: str) -> Refused:
    """A change of what is fixed when a VM is made."""
    return Refused(409, "PropertyChangeNotAllowed", f"Changing property '{what}' is not allowed.", target=what)


def interface_not_found(nic_id: str) -> Refused:
    """A network interface that is not there; code assumed."""
    return Refused(400, "NotFound", f"Resource {nic_id} not found.")


def interface_taken(nic_id: str, holder: str) -> Refused:
    """A network interface that another VM has; code assumed."""
    return Refused(400, "NicInUse", f"Network Interface {nic_id} is used by existing resource {holder}.")


def system_not_allowed(identity_type: str) -> Refused:
    """A system-assigned identity for a Flexible scale set; reported (wire facts)."""
    message = (
        f"The value '{identity_type}' of parameter 'identity' is not allowed. Allowed values are: UserAssigned, None."
    )
    return parameter_invalid(message, "identity")


def marked_for_deletion(action: str, vm: str) -> Refused:
    """A write to a VM that is being deleted; verbatim from the wire facts."""
    message = f"Operation '{action}' is not allowed on VM '{vm}' since the VM is marked for deletion."
    return Refused(409, "OperationNotAllowed", message)


def is_generalized(action: str, vm: str) -> Refused:
    """A VM that has been made into an image; seen in public reports."""
    message = f"Operation '{action}' is not allowed on VM '{vm}' since the VM is generalized."
    return Refused(409, "OperationNotAllowed", message)


def not_running(action: str, vm: str) -> Refused:
    """A restart of a stopped VM; wording assumed."""
    message = f"Operation '{action}' is not allowed on VM '{vm}' since the VM is not running."
    return Refused(409, "OperationNotAllowed", message)


def not_stopped() -> Refused:
    """Generalizing a running VM; seen in public reports."""
    message = "Please power off the virtual machine before setting its state to Generalized."
    return Refused(409, "OperationNotAllowed", message)


def must_run() -> Refused:
    """A script for a VM that is stopped; verbatim from the wire facts."""
    message = "The operation requires the VM to be running (or set to run)."
    return Refused(409, "OperationNotAllowed", message)


def extensions_need_a_running_vm() -> Refused:
    """An extension of a VM that is stopped; seen in public reports."""
    return Refused(409, "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running.")


def agent_silent(vm: str) -> Refused:
    """A script or an extension for a VM whose agent does not report; seen in public reports, as a failed operation."""
    message = (
        f"VM '{vm}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the VM "
        "has a running VM agent, and that it can establish outbound connections to Azure storage."
    )
    return Refused(409, "VMAgentStatusCommunicationError", message)


def script_running() -> Refused:
    """A script while another one runs; verbatim from the wire facts."""
    message = (
        "Run command extension execution is in progress. Please wait for completion before invoking a run command."
    )
    return Refused(409, "Conflict", message)


def disk_attached(disk: str, vm_id: str) -> Refused:
    """A disk that a VM uses; seen in public reports."""
    message = f"Disk {disk} is attached to VM {vm_id}."
    return Refused(409, "OperationNotAllowed", message)
