"""What changes of one run learn from each other's answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from vmident.core.identity import IdentityState, UserIdentity
from vmident.core.polling import OperationTimes
from vmident.core.resource_id import ResourceId


class RunCache(Struct):
    """How long operations take, whether they may be polled, and who the user-assigned identities are."""

    times: OperationTimes = field(default_factory=OperationTimes)
    may_poll: bool = True
    _users: dict[ResourceId, UserIdentity] = field(default_factory=dict)

    def see(self, state: IdentityState) -> None:
        """Take note of the identities of a VM that was read."""
        for user, known in state.users.items():
            if known.client_id and known.principal_id:
                self._users[user] = known

    def completed(self, state: IdentityState) -> IdentityState:
        """Fill in what an answer does not say of identities yet and other VMs' have said: it is the same for all."""
        lacking: Mapping[ResourceId, UserIdentity] = {
            user: self._users[user]
            for user, known in state.users.items()
            if user in self._users and not (known.client_id and known.principal_id)
        }
        return replace(state, users={**state.users, **lacking}) if lacking else state
