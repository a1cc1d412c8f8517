"""The folders of running servers beside the sandbox's file, with a certificate and the Azure CLI's sign-in each.

A server takes its port before it makes its folder and deletes the folder before it gives the port back, and the port is
in the folder's name. So a folder whose port has no listener was left by a server that could not clean up, as after
SIGKILL. One whose port another program has taken since stays until that one ends.
"""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
from pathlib import Path

HOST = "127.0.0.1"
_NAME = re.compile(r"serve-(\d{1,5})-\w+")


def make_folder(folder: Path, port: int) -> Path:
    """Make the folder of the server on a port, readable by its owner alone; delete those of servers that are gone."""
    remove_abandoned(folder)
    return Path(tempfile.mkdtemp(prefix=f"serve-{port}-", dir=folder))  # with mode 0700


def remove_abandoned(folder: Path) -> None:
    """Delete the folders of servers that are gone."""
    for one in folder.glob("serve-*"):
        named = _NAME.fullmatch(one.name)
        if named and not _is_served(int(named[1])):
            shutil.rmtree(one, ignore_errors=True)


def _is_served(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
        asking.settimeout(1)
        return asking.connect_ex((HOST, port)) == 0
