"""The options of `vmident vm create`, as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from vmident.cli.options.shared import TagWords
from vmident.core.vm_creation.admin import DEFAULT_ADMIN
from vmident.core.vm_creation.images import OsType
from vmident.core.vm_creation.request import DEFAULT_SIZE, OpenPort

NewVm = Annotated[str, typer.Argument(metavar="NAME", help="What the VM is to be called.", show_default=False)]
ImageWord = Annotated[
    str,
    typer.Option(
        "--image",
        metavar="IMAGE",
        help="An alias such as Ubuntu2204, a URN, or the full id of an image.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class VmSizeOptions:
    """What machine it is, and where."""

    size: Annotated[str, typer.Option("--size", metavar="SIZE", help="The VM's size.")] = DEFAULT_SIZE
    location: Annotated[
        str | None,
        typer.Option("--location", "-l", metavar="LOCATION", help="Where; the group's by default.", show_default=False),
    ] = None
    os_type: Annotated[
        OsType | None,
        typer.Option(
            "--os-type", case_sensitive=False, help="For an image whose name does not tell.", show_default=False
        ),
    ] = None
    tags: TagWords = None


@dataclass(frozen=True)
class AdminOptions:
    """Who may sign in to it."""

    admin_username: Annotated[
        str, typer.Option("--admin-username", metavar="NAME", help="The account to sign in with.")
    ] = DEFAULT_ADMIN
    ssh_key: Annotated[
        str | None,
        typer.Option(
            "--ssh-key",
            metavar="FILE",
            help="A file with a public key; by default ~/.ssh/id_rsa.pub or id_ed25519.pub.",
            show_default=False,
        ),
    ] = None
    generate_ssh_keys: Annotated[
        bool,
        typer.Option("--generate-ssh-keys", help="Use ~/.ssh/id_rsa, and make the pair where there is none."),
    ] = False
    admin_password_stdin: Annotated[
        bool,
        typer.Option("--admin-password-stdin", help="Read a password from standard input; Windows asks for one."),
    ] = False


@dataclass(frozen=True)
class NetworkOptions:
    """How it is reached."""

    vnet: Annotated[
        str | None,
        typer.Option(
            "--vnet",
            metavar="VNET",
            help="A network, by name or full id; by default one of the group's that is there, else a new one.",
            show_default=False,
        ),
    ] = None
    subnet: Annotated[
        str | None,
        typer.Option("--subnet", metavar="SUBNET", help="Its subnet, by name or full id.", show_default=False),
    ] = None
    public_ip: Annotated[
        bool, typer.Option("--public-ip/--no-public-ip", help="Give it an address that the internet reaches.")
    ] = True
    nsg_rule: Annotated[OpenPort, typer.Option("--nsg-rule", help="The port to open to the whole internet.")] = (
        OpenPort.NONE
    )
