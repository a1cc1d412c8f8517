"""Faults that `sandbox serve --faults FILE` injects, by path and chance: pure but for the file that is read.

    seed: 7
    faults:
      - {path: "*/virtualMachines/*", method: PATCH, chance: 0.1, status: 429, retryAfter: 5}
      - {path: "*/operations/*", times: 2, status: 403}
      - {path: "*/virtualMachines/*", method: PATCH, cut: true}
      - {path: "*", chance: 0.2, delay: 2.5}
      - {path: "*/virtualMachines/*", method: GET, times: 3, emptyIdentities: true}

The first fault that applies to a request happens to it. `status` answers with an error: before the request is carried
out, or after it with `afterwards: true`, which leaves the client in doubt. `cut` carries it out and ends the connection
in the middle of the answer. `delay` answers after so many seconds. `emptyIdentities` shows the attached identities of
a VM as `{}`, as Azure did once after the operation had succeeded. With `seed`, the same requests in the same order meet
the same faults each time.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from vmident.errors import UsageError
from vmident.sandbox.errors import Refused
from vmident.sandbox.http_messages import Response, json_answer

if TYPE_CHECKING:
    from pathlib import Path

# Azure's own codes for the statuses that lessons are about; any other status is named for itself.
_CODES = {
    403: ("AuthorizationFailed", "The client does not have authorization to perform the action."),
    409: ("Conflict", "The request failed due to conflict with a concurrent request."),
    429: ("TooManyRequests", "Too many requests. Try again later."),
    500: ("InternalServerError", "An internal error occurred."),
    502: ("BadGateway", "The gateway received no answer from the service."),
    503: ("ServiceUnavailable", "The service is unavailable. Try again later."),
    504: ("GatewayTimeout", "The gateway did not receive a response within the specified time period."),
}
_EFFECTS = ("status", "cut", "delay", "emptyIdentities")
_LONGEST_DELAY_SECONDS = 3600.0


@dataclass(frozen=True)
class Fault:
    """One entry of the file; names and meanings are the file's."""

    path: str = "/subscriptions/*"
    method: str = "*"
    chance: float = 1.0
    times: int | None = None
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retryAfter: int | None = None  # noqa: N815 - the file's name
    afterwards: bool = False
    cut: bool = False
    delay: float = 0.0
    emptyIdentities: bool = False  # noqa: N815 - the file's name

    def applies_to(self, method: str, path: str) -> bool:
        """Return whether it can happen to a request; case means nothing, `*` stands for any text."""
        return fnmatchcase(path.lower(), self.path.lower()) and self.method.upper() in ("*", method)

    def answer(self) -> Response | None:
        """Return the error that it answers with; None for a fault of another kind."""
        if self.status is None:
            return None
        code, message = _CODES.get(self.status, ("InjectedFault", f"An injected fault with status {self.status}."))
        headers = {} if self.retryAfter is None else {"retry-after": str(self.retryAfter)}
        return Refused(self.status, self.code or code, self.message or message, headers=headers).answer()

    def distorted(self, response: Response) -> Response:
        """Return an answer as the client is to see it."""
        if not self.emptyIdentities or response.status != 200:
            return response
        content = response.json()
        identity = content.get("identity") if isinstance(content, dict) else None
        if not identity or not identity.get("userAssignedIdentities"):
            return response
        identity["userAssignedIdentities"] = {one: {} for one in identity["userAssignedIdentities"]}
        return json_answer(response.status, content, response.headers)


class Faults:
    """The faults of one server, and how often each has happened."""

    def __init__(self, faults: tuple[Fault, ...] = (), seed: int | None = None) -> None:
        self._left: list[tuple[Fault, int | None]] = [(fault, fault.times) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - chance, no secret

    def next(self, method: str, path: str) -> Fault | None:
        """Return what happens to a request; None for nothing."""
        for at, (fault, left) in enumerate(self._left):
            if left == 0 or not fault.applies_to(method, path) or self._random.random() >= fault.chance:
                continue
            if left is not None:
                self._left[at] = (fault, left - 1)
            return fault
        return None


def read_faults(file: Path) -> Faults:
    """Read a file of faults, in YAML or JSON; raises `UsageError`, naming what is wrong."""
    import yaml

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as failed:
        raise UsageError(f"Cannot read '{file}': {failed.strerror}.") from failed
    except (yaml.YAMLError, UnicodeDecodeError) as failed:
        raise UsageError(f"'{file}' is not YAML: {' '.join(str(failed).split())}.") from failed
    if (
        not isinstance(content, dict)
        or not isinstance(content.get("faults"), list)
        or content.keys() - {"faults", "seed"}
    ):
        raise UsageError(f"'{file}' has no list 'faults', or keys other than 'faults' and 'seed'.")
    seed = content.get("seed")
    if seed is not None and not isinstance(seed, int):
        raise UsageError(f"The seed in '{file}' is not a whole number.")
    return Faults(
        tuple(_fault(entry, f"Fault {at} in '{file}'") for at, entry in enumerate(content["faults"], 1)), seed
    )


def _fault(entry: Any, where: str) -> Fault:
    if not isinstance(entry, dict):
        raise UsageError(f"{where} is not a mapping.")
    known = {field.name for field in fields(Fault)}
    for name, value in entry.items():
        if name not in known:
            raise UsageError(f"{where} has the unknown key '{name}'.", hint=f"Keys: {', '.join(sorted(known))}")
        _check(name, value, where)
    if sum(1 for effect in _EFFECTS if entry.get(effect)) != 1:
        raise UsageError(f"{where} needs exactly one of {', '.join(_EFFECTS)}.")
    return Fault(**entry)


def _check(name: str, value: Any, where: str) -> None:
    """Raise `UsageError` for a value that the member cannot have."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = {
        "chance": is_number and 0 <= value <= 1,
        "delay": is_number and 0 < value <= _LONGEST_DELAY_SECONDS,
        "status": is_number and value in range(400, 600),
        "times": is_number and isinstance(value, int) and value >= 0,
        "retryAfter": is_number and isinstance(value, int) and value >= 0,
        **{flag: isinstance(value, bool) for flag in ("cut", "afterwards", "emptyIdentities")},
    }.get(name, isinstance(value, str))
    if not fits:
        raise UsageError(
            f"{where} has {json.dumps(value, default=str)} as '{name}'.", hint=_RANGES.get(name, "Use a string.")
        )


_RANGES = {
    "chance": "Use a number from 0 to 1.",
    "delay": f"Use a number of seconds, more than 0 and at most {_LONGEST_DELAY_SECONDS:.0f}.",
    "status": "Use an HTTP status from 400 to 599.",
    "times": "Use a whole number, 0 or more.",
    "retryAfter": "Use a whole number of seconds, 0 or more.",
    **dict.fromkeys(("cut", "afterwards", "emptyIdentities"), "Use true or false."),
}
