"""What is put into a sandbox from outside, as if it had been there for long: by `reset --vms`, and by tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmident.sandbox.api_versions import DEFAULT_LOCATION
from vmident.sandbox.tenant import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from vmident.sandbox.rows import Rows
from vmident.sandbox.store import Store


class Contents:
    """Additions to a store, at its `time` in epoch seconds; the seed and the roles are imported when one is made."""

    def __init__(self, store: Store, new_uuid: Callable[[], str], time: Callable[[Rows], float]) -> None:
        self._store = store
        self._new_uuid = new_uuid
        self._epoch_seconds = time

    def unregister(self, namespace: str) -> None:
        """Take the subscription's registration for a provider away."""
        from vmident.sandbox.resource_manager import providers

        with self._store.transaction() as rows:
            providers.unregister(rows, namespace)

    def add_role(self, name: str, actions: Iterable[str], not_actions: Iterable[str] = ()) -> str:
        """Add a custom role; returns its GUID."""
        from vmident.sandbox.authorization import role_store
        from vmident.sandbox.authorization.role import Role

        role = Role(
            self._new_uuid(),
            name,
            "",
            tuple(actions),
            tuple(not_actions),
            is_custom=True,
            scopes=(f"/subscriptions/{SUBSCRIPTION}",),
        )
        with self._store.transaction() as rows:
            role_store.write_custom_role(rows, role, made=0.0)
        return role.name

    def add_directory_groups(
        self, groups: Mapping[str, tuple[str, Sequence[str]]], *, hidden: Iterable[str] = ()
    ) -> None:
        """Add groups to the directory: by object ID, each with its name and its direct members, by object ID.

        Members that are new are added as users. The members of `hidden` groups take a permission of their own to read,
        which the person lacks.
        """
        from vmident.sandbox.authorization import directory

        with self._store.transaction() as rows:
            for group, (name, members) in groups.items():
                directory.enter_group(rows, group, name, members, made=0.0, is_hidden=group in hidden)
            for member in {one for _, members in groups.values() for one in members}:
                if rows.find("principal", "", member) is None:
                    account = f"{member}@sandbox.invalid"
                    directory.enter(rows, member, made=0.0, kind=directory.USER, account=account)

    def hide_directory(self) -> None:
        """Take the right to read the directory from the person."""
        from vmident.sandbox.authorization import directory
        from vmident.sandbox.tenant import PERSON_ID

        with self._store.transaction() as rows:
            directory.hide_from(rows, PERSON_ID)

    def add_group(self, name: str, *, location: str = DEFAULT_LOCATION, tags: Mapping[str, str] | None = None) -> None:
        """Add a resource group that looks long established."""
        from vmident.sandbox import established

        with self._store.transaction() as rows:
            established.put_group(rows, name, location, tags)

    def add_identity(
        self, group: str, name: str, *, location: str = DEFAULT_LOCATION, tags: Mapping[str, str] | None = None
    ) -> str:
        """Add a user-assigned identity that looks long established; returns its id."""
        from vmident.sandbox import established

        with self._store.transaction() as rows:
            return str(established.put_identity(rows, group, name, self._new_uuid, location=location, tags=tags))

    def add_vm(
        self,
        group: str,
        name: str,
        *,
        system: bool = False,
        identities: Iterable[str] = (),
        location: str = DEFAULT_LOCATION,
        tags: Mapping[str, str] | None = None,
        updating_seconds: float | None = None,
    ) -> str:
        """Add a VM that looks long established; returns its id.

        `identities` are names in the VM's group, or ids; one that is not there makes a dead attachment. With
        `updating_seconds`, another user's operation runs on it for so long.
        """
        from vmident.sandbox import established

        with self._store.transaction() as rows:
            vm_id: str = established.put_vm(
                rows, group, name, self._new_uuid, system=system, identities=identities, location=location, tags=tags
            )
            if updating_seconds is not None:
                established.put_operation(
                    rows, group, name, self._new_uuid, now=self._epoch_seconds(rows), seconds=updating_seconds
                )
            return vm_id

    def add_vms(self, count: int) -> None:
        """Add VMs `vm-00001` and so on to the seeded group, skipping those that exist."""
        from vmident.sandbox import established, seed

        with self._store.transaction() as rows:
            for number in range(1, count + 1):
                name = f"vm-{number:05}"
                if rows.find("vm", seed.GROUP, name) is None:
                    established.put_vm(rows, seed.GROUP, name, self._new_uuid)

    def add_operation(self, group: str, name: str, *, seconds: float) -> None:
        """Run another user's operation on an existing VM, from now on for so long."""
        from vmident.sandbox import established

        with self._store.transaction() as rows:
            established.put_operation(rows, group, name, self._new_uuid, now=self._epoch_seconds(rows), seconds=seconds)
