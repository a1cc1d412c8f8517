"""How this program was installed, and the command that adds the packages of an extra to the same environment.

The command names the packages themselves and never vmident: on a package index, that name may be another project's.
Marks: pipx writes `pipx_metadata.json` and uv `uv-receipt.toml` into the environment of a tool; `direct_url.json` is
PEP 610.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from vmident.core.shell import command_line

_PIPX_MARK = "pipx_metadata.json"
_UV_MARK = "uv-receipt.toml"


@dataclass(frozen=True)
class Installation:
    """The environment that the program runs in.

    `environment` is its folder and `python` its interpreter. `direct_url` is where the program itself was installed
    from, as PEP 610 has it, `None` for a package index.
    """

    environment: Path
    python: str
    direct_url: str | None
    has_pip: bool

    def command_to_add(self, requirements: Sequence[str]) -> str:
        """Return the command that installs packages, such as `trustme>=1.2`, beside the program."""
        if (self.environment / _PIPX_MARK).exists():
            return command_line("pipx", "inject", self.environment.name, *requirements)
        source = _source(self.direct_url) if (self.environment / _UV_MARK).exists() else None
        if source:
            options = [word for one in requirements for word in ("--with", one)]
            return command_line("uv", "tool", "install", *options, *source)
        if self.has_pip:
            return command_line(self.python, "-m", "pip", "install", *requirements)
        return command_line("uv", "pip", "install", "--python", self.python, *requirements)


def this_installation() -> Installation:
    """Look at the environment of this process."""
    import sys
    from importlib import metadata, util

    direct_url = metadata.distribution("vmident").read_text("direct_url.json")
    return Installation(Path(sys.prefix), sys.executable, direct_url, has_pip=util.find_spec("pip") is not None)


def requirements_of(extra: str) -> list[str]:
    """Return the packages of an extra, such as `trustme>=1.2`."""
    from importlib import metadata

    split = (one.partition(";") for one in metadata.requires("vmident") or ())
    return [name.strip() for name, _, marker in split if marker.strip().replace('"', "'") == f"extra == '{extra}'"]


def _source(direct_url: str | None) -> list[str] | None:
    """Return the words that install the program from where it came, `None` where that is not known."""
    try:
        found = json.loads(direct_url or "")
        url, vcs = str(found["url"]), found.get("vcs_info")
        if vcs:
            return [f"{vcs['vcs']}+{url}@{vcs['commit_id']}"]
        where = url2pathname(urlsplit(url).path) if url.startswith("file:") else url
        return ["--editable", where] if found.get("dir_info", {}).get("editable") else [where]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
