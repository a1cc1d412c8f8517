"""Which system a new VM runs, and the keys or the password that open it: from options, files, the terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vmident.cli.inputs.ssh_keys import kept_or_new_key, key_named, usual_key
from vmident.cli.options.vm_create import AdminOptions
from vmident.cli.run import Run
from vmident.core.vm_creation.admin import Admin, checked_password, password_rules
from vmident.core.vm_creation.images import Image, OsType
from vmident.errors import UsageError
from vmident.render.line import Line


def system_of(image: Image, said: OsType | None, options: AdminOptions) -> OsType:
    """Return which system the image holds: what its name tells, what was said, or what SSH keys tell.

    Raises `UsageError` where nothing tells, and where what was said is not so.
    """
    if image.os and said and image.os is not said:
        raise UsageError(
            f"The image's operating system is {image.os.value}, not {said.value}.", hint="Remove --os-type."
        )
    known = image.os or said or (OsType.LINUX if options.ssh_key or options.generate_ssh_keys else None)
    if known is None:
        raise UsageError(
            "The operating system cannot be determined from the image name.",
            hint="Use --os-type linux or --os-type windows.",
        )
    return known


def credentials_of(
    admin: Admin, os: OsType, options: AdminOptions, run: Run, *, keep_keys: bool
) -> Callable[[], Admin]:
    """Return what completes the account with its keys or password, to call once all else is checked.

    Only then is a password asked for, or a new pair of keys made, and written to the user's folder where it is kept.
    What the options, standard input and files hold is read and checked at once. Linux takes SSH keys, a password from
    standard input, or both; Windows takes a password, from standard input or asked for.
    """
    has_keys = options.ssh_key is not None or options.generate_ssh_keys
    if options.ssh_key and options.generate_ssh_keys:
        raise UsageError("--ssh-key and --generate-ssh-keys cannot be used together.", hint="Remove one of them.")
    if os is OsType.WINDOWS and has_keys:
        raise UsageError("SSH keys cannot be used with Windows.", hint="Remove the SSH options.")
    password = checked_password(_password_from(run), os) if options.admin_password_stdin else None
    if os is OsType.WINDOWS and password is None:
        if not run.runtime.terminal.can_ask:
            raise UsageError(
                "Windows requires an administrator password.",
                hint="Use --admin-password-stdin to read it from standard input.",
            )
        return lambda: replace(admin, password=_asked_password(run))
    if options.generate_ssh_keys:
        return lambda: replace(admin, keys=(_new_key(run, save=keep_keys),), password=password)
    if options.ssh_key:
        admin = replace(admin, keys=(key_named(options.ssh_key),))
    elif password is None:
        admin = replace(admin, keys=(usual_key(run.runtime.home),))
    return lambda: replace(admin, password=password)


def _new_key(run: Run, *, save: bool) -> str:
    key, is_written = kept_or_new_key(run.runtime.home, save=save)
    if is_written:
        run.console.warn([Line("Generated an SSH key pair: ~/.ssh/id_rsa and ~/.ssh/id_rsa.pub.")])
    return key


def _asked_password(run: Run) -> str:
    run.console.note([Line(f"The administrator password must have {password_rules(OsType.WINDOWS)}")])
    password = checked_password(run.ask_secret("Password for the new VM: "), OsType.WINDOWS)
    if run.ask_secret("Repeat the password: ") != password:
        raise UsageError("The passwords do not match.", hint="Run the command again.")
    return password


def _password_from(run: Run) -> str:
    """Read it from standard input, where a line break at its end belongs to the way it came."""
    return run.read_input().removesuffix("\n").removesuffix("\r")
