"""The options of `vmident vm create`, as records."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import Struct

from vmident.cli.completion.candidates import images, regions, values_of
from vmident.cli.inputs.choices import choice_of
from vmident.cli.options.shared import TagWords
from vmident.core.vm_creation.admin import DEFAULT_ADMIN
from vmident.core.vm_creation.images import OsType
from vmident.core.vm_creation.request import DEFAULT_SIZE, OpenPort

NewVm = Annotated[str, typer.Argument(metavar="NAME", help="Name of the VM.", show_default=False)]
ImageWord = Annotated[
    str,
    typer.Option(
        "--image",
        metavar="IMAGE",
        help="Image: an alias such as Ubuntu2204, a URN, or a resource ID.",
        show_default=False,
        autocompletion=images,
    ),
]


class VmSizeOptions(Struct, frozen=True):
    """What machine it is, and where."""

    size: Annotated[str, typer.Option("--size", metavar="SIZE", help="VM size.")] = DEFAULT_SIZE
    location: Annotated[
        str | None,
        typer.Option(
            "--location",
            "-l",
            metavar="REGION",
            help="Region. Defaults to the resource group's.",
            show_default=False,
            autocompletion=regions,
        ),
    ] = None
    os_type: Annotated[
        OsType | None,
        typer.Option(
            "--os-type",
            metavar="linux|windows",
            parser=choice_of(OsType),
            help="Operating system. Required if it cannot be determined from the image name.",
            show_default=False,
            autocompletion=values_of(OsType),
        ),
    ] = None
    tags: TagWords = None


class AdminOptions(Struct, frozen=True):
    """Who may sign in to it."""

    admin_username: Annotated[
        str, typer.Option("--admin-username", metavar="NAME", help="Name of the administrator account.")
    ] = DEFAULT_ADMIN
    ssh_key: Annotated[
        str | None,
        typer.Option(
            "--ssh-key",
            metavar="FILE",
            help="Public key file. Defaults to ~/.ssh/id_rsa.pub or id_ed25519.pub.",
            show_default=False,
        ),
    ] = None
    generate_ssh_keys: Annotated[
        bool,
        typer.Option("--generate-ssh-keys", help="Use ~/.ssh/id_rsa, generating the key pair if it does not exist."),
    ] = False
    admin_password_stdin: Annotated[
        bool,
        typer.Option("--admin-password-stdin", help="Read the administrator password from standard input."),
    ] = False


class NetworkOptions(Struct, frozen=True):
    """How it is reached."""

    vnet: Annotated[
        str | None,
        typer.Option(
            "--vnet",
            metavar="VNET",
            help="Virtual network, by name or resource ID. Defaults to one in the resource group, or a new one.",
            show_default=False,
        ),
    ] = None
    subnet: Annotated[
        str | None,
        typer.Option("--subnet", metavar="SUBNET", help="Subnet, by name or resource ID.", show_default=False),
    ] = None
    public_ip: Annotated[bool, typer.Option("--public-ip/--no-public-ip", help="Create a public IP address.")] = True
    nsg_rule: Annotated[
        OpenPort,
        typer.Option(
            "--nsg-rule",
            metavar="none|ssh|rdp",
            parser=choice_of(OpenPort),
            help="Port to open to the internet.",
            autocompletion=values_of(OpenPort),
        ),
    ] = OpenPort.NONE
