"""`vmident vm create`."""

from __future__ import annotations

from typing import Annotated

import typer

from vmident.cli.inputs.vm_admin import credentials_of, system_of
from vmident.cli.options.shared import ChangeOptions, IdentityWords, RoleOptions
from vmident.cli.options.vm_create import AdminOptions, ImageWord, NetworkOptions, NewVm, VmSizeOptions
from vmident.cli.run import Run
from vmident.core.shell import command_line
from vmident.core.tags import tags_in
from vmident.core.vm_creation.admin import Admin, checked_admin_name
from vmident.core.vm_creation.images import image_named
from vmident.core.vm_creation.request import VmSettings
from vmident.errors import ExitCode
from vmident.render.creation import creation_document, creation_lines, creation_row
from vmident.render.human import warnings_about
from vmident.usecases.change.change_vms import ExecutionOptions
from vmident.usecases.resolve.network import checked_network_names
from vmident.usecases.resolve.roles import checked_role_names
from vmident.usecases.vm.create import create_vm
from vmident.usecases.vm.prepare import VmSpec, checked_request

HasSystem = Annotated[bool, typer.Option("--system", help="Enable the system-assigned identity.")]


def create(
    run: Run,
    *,
    name: NewVm,
    image: ImageWord,
    system: HasSystem = False,
    identity: IdentityWords = None,
    role_options: RoleOptions,
    machine: VmSizeOptions,
    admin: AdminOptions,
    network: NetworkOptions,
    execution: ChangeOptions,
) -> ExitCode:
    """Create a VM with identities and role assignments.

    One deployment creates the network, security group, public IP address, network interface, VM, and the role
    assignments in the VM's resource group. Role assignments at other scopes are created afterwards. Roles are granted
    to the system-assigned identity if there is one, and otherwise to each user-assigned identity. No port is open to
    the internet unless --nsg-rule opens it. An existing VM with the same name is not changed. Passwords are read from a
    prompt or standard input and never stored.

    Examples:

      vmident vm create myVM -g myGroup --image Ubuntu2204 --system

    \b
      vmident vm create myVM -g myGroup --image Debian12 --identity myId \\
        --dry-run

    \b
      vmident vm create myVM -g myGroup --image Ubuntu2404 --system \\
        --role Reader --scope group
    """
    kind = image_named(image)
    os = system_of(kind, machine.os_type, admin)
    example = command_line("vmident", "vm", "create", name, "--image", image, "--system")
    request = checked_request(
        VmSpec(
            name,
            VmSettings(
                kind,
                os,
                Admin(checked_admin_name(admin.admin_username, os)),
                size=machine.size,
                has_public_ip=network.public_ip,
                open_port=network.nsg_rule,
                tags=tags_in(machine.tags or ()),
            ),
            location=machine.location,
            system=system,
            identities=tuple(identity or ()),
            roles=checked_role_names(role_options.role, role_options.scope, command=example),
            network=checked_network_names(network.vnet, network.subnet),
        )
    )
    session = run.open(yes=execution.yes)
    complete = credentials_of(request.settings.admin, os, admin, run, keep_keys=not execution.dry_run)
    seed = run.runtime.new_uuid()
    how = ExecutionOptions(execution.dry_run, execution.no_wait)
    result = create_vm(request, session.where, session.ports, how, seed, complete=complete)
    run.answer(creation_document(result), rows=[creation_row(result)], lines=lambda: creation_lines(result))
    run.console.warn(warnings_about(result.vm.name, result.warnings))
    if result.error is None:
        return ExitCode.DONE
    run.explain(result.error, about=result.vm.name)
    return result.error.exit_code
