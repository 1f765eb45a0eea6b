"""etcd of a simulated cluster: its members, their leader, and the discovery tree."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from pytest_cna.cluster.discovery import Discovery
from pytest_cna.core.errors import DiscoveryError
from pytest_cna.core.model import DiscoveryEntry
from pytest_cna.machines.ignition import ETCD_CLIENT_PORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_cna.testing.defects import Defect
    from pytest_cna.testing.machine import SimulatedMachine
    from pytest_cna.testing.surroundings import Surroundings


class FakeEtcd:
    """Members are the machines that their spec says are. Entries are on leases: what is not
    renewed is gone ``delays.lease`` seconds later."""

    def __init__(self, around: Surroundings) -> None:
        self.entries: dict[DiscoveryEntry, int] = {}
        """Complete entries, with the revision at which each was announced."""
        self.announced: dict[DiscoveryEntry, float] = {}
        """When each was (monotonic seconds)."""
        self.leader = ""
        """A machine's name; empty during an election and without a quorum."""
        self.on_change: list[Callable[[], None]] = []
        self._around = around
        self._expires: dict[DiscoveryEntry, float] = {}
        self._revisions = count(1)
        self._electing = False
        self._most = False
        self._counted = -1
        """The version of the surroundings at which the reachable members were counted."""
        around.defects.on_begin["no leader"] = [self._without_leader]
        around.defects.on_begin["entry vanishes"] = [self._vanishing]

    @property
    def members(self) -> list[SimulatedMachine]:
        return [machine for machine in self._around.machines.values() if machine.spec.member]

    @property
    def serves(self) -> bool:
        """Whether it answers linearizable reads: a leader, and more than half of the members."""
        return bool(self.leader) and self._quorum

    @property
    def _quorum(self) -> bool:
        if self._counted != self._around.version:
            self._counted = self._around.version
            members = self.members
            self._most = 2 * sum(member.reachable for member in members) > len(members)
        return self._most

    def members_changed(self) -> None:
        """A machine came or went: if it was the leader, another is elected."""
        self._around.changed()
        if self.leader:
            if self._quorum and self._around.machines[self.leader].reachable:
                return
            self.leader = ""
        if not self._electing:
            self._electing = True
            self._around.clock.after(self._around.varied(self._around.delays.election), self._elect)

    def _elect(self) -> None:
        self._electing = False
        if self._quorum and not self._around.defects.on("no leader"):
            self.leader = next(member.name for member in self.members if member.reachable)
            self._around.changed()

    def _without_leader(self, defect: Defect) -> None:
        self.leader = ""
        defect.ends.append(self.members_changed)

    def announce(
        self, service: str, machine: SimulatedMachine, port: int, uuid: str = ""
    ) -> DiscoveryEntry:
        """Write an entry, over one of that ``uuid`` if there is one; by default a new one. Raises
        DiscoveryError without a quorum."""
        self.check()
        revision = next(self._revisions)
        uuid = uuid or f"00000000-0000-4000-8000-{revision:012d}"
        entry = DiscoveryEntry(service, uuid, machine.name, machine.address, port)
        self.entries[entry] = revision
        self.announced[entry] = self._around.clock.monotonic()
        self.renew(entry)
        self._changed()
        return entry

    def renew(self, entry: DiscoveryEntry) -> None:
        longer = self._around.defects.value("long lease", *self._units_of(entry))
        lease = self._around.delays.lease if longer is None else longer
        watched = entry in self._expires
        self._expires[entry] = self._around.clock.monotonic() + lease
        if not watched:
            self._around.clock.after(lease, lambda: self._expire(entry))

    def withdraw(self, entry: DiscoveryEntry) -> None:
        """Idempotent."""
        self._expires.pop(entry, None)
        self.announced.pop(entry, None)
        if self.entries.pop(entry, None) is not None:
            self._changed()

    def withdraw_all(self) -> None:
        for entry in list(self.entries):
            self.withdraw(entry)

    def _expire(self, entry: DiscoveryEntry) -> None:
        if entry not in self._expires:
            return
        left = self._expires[entry] - self._around.clock.monotonic()
        if left <= 0 and self.serves:
            self.withdraw(entry)
        else:  # it was renewed, or there is no leader to end a lease
            wait = left if left > 0 else self._around.delays.election
            self._around.clock.after(wait, lambda: self._expire(entry))

    def _vanishing(self, defect: Defect) -> None:
        def vanish() -> None:
            for entry in list(self.entries):
                if defect.hits(self._units_of(entry)) and self.serves:
                    self.withdraw(entry)

        timer = self._around.clock.every(defect.value, vanish)
        defect.ends.append(timer.cancel)

    def _units_of(self, entry: DiscoveryEntry) -> tuple[str, ...]:
        return tuple(
            unit.name
            for unit in self._around.announced_at(entry.port)
            if unit.service.name == entry.service
        )

    def _changed(self) -> None:
        self._around.changed()
        for callback in list(self.on_change):
            callback()

    def check(self) -> None:
        """Raises DiscoveryError while no member answers."""
        if not self.serves:
            why = "no leader" if self._quorum else "no quorum"
            raise DiscoveryError(f"no member of etcd answered ({why} in the simulated cluster)")


class FakeDiscovery(Discovery):
    """``cluster.discovery.Discovery`` of a simulated cluster."""

    def __init__(self, etcd: FakeEtcd) -> None:
        super().__init__([])
        self._etcd = etcd

    def entries(self, service: str | None = None) -> list[DiscoveryEntry]:
        self._etcd.check()
        return [entry for entry in self._etcd.entries if service in {None, entry.service}]

    def leader(self) -> str:
        self._etcd.check()
        leader = next(each for each in self._etcd.members if each.name == self._etcd.leader)
        return f"{leader.address}:{ETCD_CLIENT_PORT}"

    def has_quorum(self) -> bool:
        return self._etcd.serves
