"""An Azure of many VMs in memory and in virtual time: its budgets are the sandbox's, its faults are what a test says.

The runner and its engine run on it whole, with the jobs of `usecases.execute`; only the threads are not there.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace

from tests.core.arm_merge import Held, merged
from vmident.core.identity import IdentityState, SystemIdentity, UserIdentity
from vmident.core.patch import patch_for
from vmident.core.resource_id import ResourceId, user_identity_id
from vmident.core.run_record import Progress
from vmident.core.transition import AddUsers, Change, EnableSystem, transition
from vmident.core.virtual_machine import VirtualMachine
from vmident.core.vm_kind import ONLY_VMS, VmKind, kind_of
from vmident.errors import Conflict, PreconditionFailed, Throttled, VmidentError
from vmident.fleet.request_queues import Response
from vmident.fleet.runner import Runner
from vmident.fleet.scheduler import Dispatch
from vmident.fleet.workers import response_to
from vmident.ports.azure import Operation, OperationStatus, PatchResponse
from vmident.ports.fleet import NO_POLICY, Job, RequestCost, RequestKind, StopPolicy
from vmident.ports.ports import Ports
from vmident.results.changes import ChangeResult
from vmident.sandbox.errors import Refused
from vmident.sandbox.protocol import throttling
from vmident.sandbox.token_bucket import Level, after_draw
from vmident.usecases.change.execute import cost_of_write, execute
from vmident.usecases.change.polling import cost_of
from vmident.usecases.change.prepare import ChangeRequest, Prepared
from vmident.usecases.change.run_cache import RunCache

SUBSCRIPTIONS = [f"00000000-0000-0000-0000-{number:012}" for number in range(1, 9)]
REGIONS = ("westus", "northeurope", "eastasia")
USER = user_identity_id(SUBSCRIPTIONS[0], "group", "shared")
CHANGES: Mapping[str, Change] = {"add-user": AddUsers(frozenset({USER})), "enable-system": EnableSystem()}


class VirtualClock:
    """`vmident.ports.clock.Clock` that only the hands move."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds

    def remaining_seconds(self) -> float | None:
        return None


class Levels(dict[str, Level]):
    """The rows that a meter of the sandbox draws on."""

    def level(self, name: str) -> Level | None:
        return self.get(name)

    def write_level(self, name: str, level: Level) -> None:
        self[name] = level


@dataclass
class Azure:
    """The `VirtualMachines` port, as far as changes of many use it; `faults` may raise before a request is read.

    With `taken`, somebody else takes that share of every budget, its size and its refill, all the time.
    """

    clock: VirtualClock
    operation_seconds: Callable[[], float] = lambda: 5.0
    faults: Callable[[str, ResourceId], None] = lambda _what, _vm: None
    answered: Callable[[], object] = lambda: None
    taken: float = 0.0
    is_throttling: bool = True
    vms: dict[ResourceId, VirtualMachine] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    remaining: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._levels: dict[str, Levels] = {}
        self._operations: dict[str, tuple[ResourceId, float, float, VmidentError | None]] = {}
        self._numbers = itertools.count()
        self._others_at: dict[tuple[str, str], float] = {}

    def read(self, vm: ResourceId) -> VirtualMachine:
        self.requests["read"] += 1
        self.faults("read", vm)
        there = self._settled(vm)
        read = throttling.vm_read if kind_of(vm) is VmKind.VM else throttling.scale_set_read
        self._draw(vm, [*self._arm("reads", vm), *read(there.location, str(vm))])
        return there

    def write_identity(self, vm: ResourceId, body: Any, etag: str | None) -> PatchResponse:
        self.requests["write"] += 1
        self.faults("write", vm)
        there = self._settled(vm)
        is_vm = kind_of(vm) is VmKind.VM
        write = partial(throttling.vm_write, "UpdateVM") if is_vm else throttling.scale_set_write
        self._draw(vm, [*self._arm("writes", vm), *write(there.location, str(vm))])
        if etag != there.etag:
            raise PreconditionFailed("The VM was changed.", code="PreconditionFailed", status=412)
        if not there.is_idle:
            raise Conflict("Another change runs.", code="Conflict", status=409)
        after = _after(there.identity, body)
        made = int(after.system is not None and there.identity.system is None)
        attached = len(after.users.keys() - there.identity.users.keys())
        self._draw(vm, throttling.identities(there.location, made=made, attached=attached))
        if made:
            after = replace(after, system=SystemIdentity(f"principal-{next(self._numbers)}", "tenant"))
        self.vms[vm] = replace(there, identity=after, etag=_next(there), provisioning_state="Updating")
        operation = self._begin(vm)
        self.answered()
        return PatchResponse(self.vms[vm], operation)

    def poll(self, operation: Operation) -> OperationStatus:
        self.requests["look"] += 1
        vm, begins, ends, failure = self._operations[operation.url]
        self.faults("look", vm)
        self._draw(vm, [*self._arm("reads", vm), *throttling.operation_read(self.vms[vm].location, operation.url)])
        if self.clock.now() < ends:
            return OperationStatus(is_over=False)
        self._settled(vm)
        return OperationStatus(is_over=True, failure=failure, took_seconds=ends - begins)

    def seen(self, vm: ResourceId) -> VirtualMachine:
        """What a list would say of a VM; costs nothing."""
        return self._settled(vm)

    def colleague(self, vm: ResourceId, change: Change) -> None:
        """Somebody else changes a VM that is at rest, all at once."""
        there = self._settled(vm)
        if there.is_idle:
            self.vms[vm] = replace(there, identity=_known(transition(there.identity, change).after), etag=_next(there))

    def _begin(self, vm: ResourceId) -> Operation:
        now = self.clock.now()
        # Azure asks for this pause where a scale set is changed, and for none with a VM (recorded).
        pause = None if kind_of(vm) is VmKind.VM else 10.0
        operation = Operation(f"operation-{next(self._numbers)}", pause)
        self._operations[operation.url] = (vm, now, now + self.operation_seconds(), None)
        self._latest = operation
        self.vms[vm] = replace(self.vms[vm], tags={"operation": operation.url})
        return operation

    def _settled(self, vm: ResourceId) -> VirtualMachine:
        there = self.vms[vm]
        running = there.tags.get("operation")
        if running and self.clock.now() >= self._operations[running][2]:
            there = replace(there, identity=_known(there.identity), provisioning_state="Succeeded", tags={})
            self.vms[vm] = there
        return there

    def _arm(self, kind: str, vm: ResourceId) -> list[throttling.Draw]:
        return throttling.arm(kind, vm.subscription)

    def _draw(self, vm: ResourceId, draws: list[throttling.Draw]) -> None:
        """Draw as the sandbox does, after somebody else has taken their share."""
        rows = self._levels.setdefault(vm.subscription, Levels())
        for draw in draws:
            self._others_draw(rows, draw, vm.subscription)
        meter = throttling.Meter(rows, self.clock.now(), vm.subscription, self.is_throttling)
        before = {draw.name: rows.get(draw.name) for draw in draws}
        try:
            meter.draw(draws)
        except Refused as refused:
            for name, level in before.items():
                if level is not None:
                    rows[name] = level
                else:
                    rows.pop(name, None)
            self.requests["throttled"] += 1
            target = next((one["target"] for one in refused.details), None)
            seconds = float(refused.headers["retry-after"])
            raise Throttled(
                refused.message, retry_after_seconds=seconds, target=target, code=refused.code, status=429
            ) from refused
        for header, value in meter.remaining.items():
            if header.endswith("-resource"):
                pairs = (part.partition(";") for part in value.split(","))
                self.remaining.update({title.rpartition("/")[2]: int(number) for title, _, number in pairs})
            else:
                self.remaining[header.removeprefix("x-ms-ratelimit-remaining-")] = int(value)

    def _others_draw(self, rows: Levels, draw: throttling.Draw, subscription: str) -> None:
        if not self.taken:
            return
        now, key = self.clock.now(), (subscription, draw.name)
        since = self._others_at.get(key)
        taken = self.taken * (draw.bucket.size if since is None else (now - since) * draw.bucket.per_second)
        self._others_at[key] = now
        left = after_draw(draw.bucket, rows.get(draw.name), now, 0)
        assert left is not None
        rows[draw.name] = dataclasses.replace(left, tokens=max(0.0, left.tokens - taken))

    def list(self, subscription: str, group: str | None = None, kind: VmKind = VmKind.VM) -> Iterator[VirtualMachine]:
        for vm in self.vms if kind is VmKind.VM else ():
            if vm.subscription == subscription and group in {None, vm.group}:
                self.faults("read", vm)
                yield self._settled(vm)


def _after(state: IdentityState, body: Any) -> IdentityState:
    named = map(ResourceId.parse, body["identity"].get("userAssignedIdentities") or {})
    ids = {str(user).lower(): user for user in (*state.users, *named)}
    held = merged(Held(state.system is not None, frozenset(str(user).lower() for user in state.users)), body)
    system = (state.system or SystemIdentity()) if held.system else None
    return IdentityState(system, {ids[one]: state.users.get(ids[one], UserIdentity()) for one in sorted(held.ids)})


def _next(there: VirtualMachine) -> str | None:
    return None if there.etag is None else str(int(there.etag) + 1)


def _known(state: IdentityState) -> IdentityState:
    users = {user: UserIdentity(f"client-{user.name}", f"principal-{user.name}") for user in state.users}
    return replace(state, users=users)


@dataclass
class VirtualHands:
    """Workers in virtual time: an answer comes `latency` after its request, which is looked at when it leaves."""

    azure: Azure
    number: int = 32
    latency: Callable[[], float] = lambda: 0.2

    def __post_init__(self) -> None:
        self._answers: list[tuple[float, int, Response]] = []

    @property
    def room(self) -> int:
        return self.number - len(self._answers)

    def start(self, dispatch: Dispatch) -> None:
        answer = response_to(dispatch, self._metering)
        heapq.heappush(self._answers, (self.azure.clock.at + self.latency(), dispatch.ticket, answer))

    def wait(self, seconds: float) -> tuple[int, Response] | None:
        clock = self.azure.clock
        until = clock.at + seconds
        if not self._answers or self._answers[0][0] > until:
            clock.at = until
            return None
        at, ticket, answer = heapq.heappop(self._answers)
        clock.at = max(clock.at, at)
        return ticket, answer

    @contextmanager
    def _metering(self) -> Iterator[Mapping[str, int]]:
        self.azure.remaining = {}
        yield self.azure.remaining


class NoRoles:
    """`vmident.ports.azure.Roles` where nobody has any."""

    def assignments_of(self, _principal: str, _scope: object) -> tuple[()]:
        return ()

    def listed_assignments_of(self, _principal: str, _scope: object) -> tuple[()]:
        return ()


def ports_of(**parts: object) -> Ports:
    """Return these ports, in a cloud without role assignments."""
    return cast(Ports, SimpleNamespace(**{"identities": None, "roles": NoRoles(), **parts}))


class Nobody:
    """`vmident.ports.prompt.Prompt` whom nothing is to be asked."""

    def progress(self, message: str, elapsed_seconds: float | None = None) -> None:
        pass


@dataclass
class Rehearsal:
    """Many VMs, and one change of them all."""

    number: int
    command: str = "add-user"
    subscriptions: int = 1
    regions: int = 1
    seed: int = 0
    policy: StopPolicy = NO_POLICY
    has_etags: bool = True
    kinds: tuple[VmKind, ...] = ONLY_VMS
    shown: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.clock = VirtualClock()
        self.azure = Azure(self.clock)
        self.executor = VirtualHands(self.azure)
        for number in range(self.number):
            place = number % (self.subscriptions * self.regions)
            kind = self.kinds[number % len(self.kinds)]
            vm = kind.id_of(SUBSCRIPTIONS[place % self.subscriptions], "group", f"vm-{number:06}")
            self.azure.vms[vm] = VirtualMachine(
                vm, REGIONS[place // self.subscriptions], IdentityState(), "1" if self.has_etags else None
            )

    def run(self) -> list[ChangeResult | None]:
        change = CHANGES[self.command]
        wish = ChangeRequest(lambda _ids: change)
        ports = ports_of(machines=self.azure, clock=self.clock, prompt=Nobody())
        run_cache = RunCache()
        jobs = []
        self.costs: Counter[RequestCost] = Counter()
        for machine in [*self.azure.vms.values()]:
            planned = transition(machine.identity, change)
            prepared = Prepared(machine, change, planned, patch_for(planned), (), (), (), ())
            cost = cost_of_write(prepared)
            self.costs[cost] += 1
            begin = partial(
                execute,
                machine.id.name,
                prepared,
                wish,
                ports,
                no_wait=False,
                run_cache=run_cache,
                was_read_long_ago=True,
            )
            jobs.append(Job(begin, cost if machine.etag else cost_of(RequestKind.READ_VM, machine)))
        self.runner = Runner(self.clock, self.executor, self.shown.append)
        return list(self.runner.run(jobs, self.policy))

    @property
    def reads_a_vm(self) -> float:
        return (self.azure.requests["read"] + self.azure.requests["look"]) / self.number

    @property
    def throttled_share(self) -> float:
        asked = sum(self.azure.requests[kind] for kind in ("read", "look", "write"))
        return self.azure.requests["throttled"] / asked
