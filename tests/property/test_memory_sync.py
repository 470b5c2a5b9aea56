"""Whatever happens to machines that sync, they come to hold the same memories, and none is lost."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rookery.adapters.embedders.hashing import HashingEmbedder
from rookery.adapters.embedders.hashing import Settings as HashingSettings
from rookery.domain.errors import NotFound, StorageError
from rookery.domain.memories import (
    NewMemory,
    Slot,
    default_id,
)
from tests.support.devices import START, Backup, Device, assert_all_agree, is_idle, sync_until_idle
from tests.support.mortal import Crash
from tests.support.shared_store import Fault, SharedStore
from tests.support.stepping import run

SLOTS = [Slot(namespace, key) for namespace in ("agents", "ben") for key in ("rent", "light", "crew")]
TEXTS = ["The light went out.", "The crew left at noon.", "Who paid the rent? Nobody did."]
MOMENTS = [START + timedelta(hours=hours) for hours in (-1, 0, 1)]
MOST_DEVICES = 6

numbers = st.integers(0, 7)
some_slots = st.lists(st.sampled_from(SLOTS), min_size=2, max_size=4)
fault = st.sampled_from(Fault)
faults = st.lists(fault, min_size=1, max_size=10) | fault.map(lambda one: [one] * 10)


class SyncingMachines(RuleBasedStateMachine):
    """Five machines, one store between them, and everything that goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.store = SharedStore()
        self.written: set[str] = set()
        self.kept: set[str] = set()
        self.backups: list[Backup] = []
        self.made = 0
        self.devices: list[Device] = []
        self.touched: list[Device] = []
        for _ in range(5):
            self.devices.append(self._new_device())

    @rule(number=numbers, slot=st.sampled_from(SLOTS), text=st.sampled_from(TEXTS), priority=st.sampled_from([0, 0, 5]))
    def remember(self, number: int, slot: Slot, text: str, priority: int) -> None:
        device = self._device(number)
        [held] = device.remember(NewMemory(namespace=slot.namespace, key=slot.key, content=text, priority=priority))
        assert (held.content, held.priority, held.forgotten) == (text, priority, False)
        assert held.version in device.acknowledged

    @rule(number=numbers, slots=some_slots, moment=st.sampled_from(MOMENTS))
    def remember_what_others_remember_at_the_same_moment(
        self, number: int, slots: list[Slot], moment: datetime
    ) -> None:
        new = [NewMemory(namespace=slot.namespace, key=slot.key, content="?", timestamp=moment) for slot in slots]
        self._device(number).remember(*new)

    @rule(number=numbers, slot=st.sampled_from(SLOTS), calls=st.integers(1, 3), after_effect=st.booleans())
    def die_while_remembering(self, number: int, slot: Slot, calls: int, after_effect: bool) -> None:  # noqa: FBT001
        device = self._device(number)
        self._dying(
            device,
            lambda: device.remember(NewMemory(namespace=slot.namespace, key=slot.key, content="half said")),
            calls,
            after_effect=after_effect,
        )

    @rule(number=numbers, slot=st.sampled_from(SLOTS))
    def forget(self, number: int, slot: Slot) -> None:
        device = self._device(number)
        try:
            device.forget(default_id(slot))
        except NotFound:
            assert not run(device.index.get([slot]))
        assert not run(device.index.get([slot]))

    @rule(number=numbers)
    def sync(self, number: int) -> None:
        report = self._device(number).sync()
        assert report.problems == []

    @rule(number=numbers, faults=faults)
    def sync_with_faults(self, number: int, faults: list[Fault]) -> None:
        device = self._device(number)
        device.line.faults.extend(faults)
        try:
            device.sync()
        except StorageError as error:
            assert error.retryable  # noqa: PT017 - an answer without an error is right too
        device.line.calm()

    @rule(number=numbers, slot=st.sampled_from(SLOTS), calls=st.integers(1, 12))
    def sync_while_another_program_writes(self, number: int, slot: Slot, calls: int) -> None:
        device = self._device(number)
        new = NewMemory(namespace=slot.namespace, key=slot.key, content="Meanwhile.")
        device.line.meanwhile(calls, lambda: device.remember_beside(new))
        device.sync()
        device.line.calm()

    @rule(number=numbers, calls=st.integers(1, 12), after_effect=st.booleans(), faults=faults | st.just([]))
    def die_while_syncing(self, number: int, calls: int, after_effect: bool, faults: list[Fault]) -> None:  # noqa: FBT001
        device = self._device(number)
        device.line.faults.extend(faults)
        self._dying(device, device.sync, calls, after_effect=after_effect)

    @rule(number=numbers, seconds=st.sampled_from([-86_400, -3600, -5, 5, 3600]))
    def turn_the_clock(self, number: int, seconds: int) -> None:
        self._device(number).clock.skew += timedelta(seconds=seconds)

    @rule(number=numbers)
    def back_up(self, number: int) -> None:
        self.backups.append(self._device(number).back_up())

    @precondition(lambda self: self.backups)
    @rule(place=numbers, ledger=st.booleans(), index=st.booleans(), slots=some_slots | st.just([]))
    def put_back_an_older_home_and_write_on(
        self,
        place: int,
        ledger: bool,  # noqa: FBT001 - hypothesis draws it
        index: bool,  # noqa: FBT001
        slots: list[Slot],
    ) -> None:
        backup = self.backups[place % len(self.backups)]
        for device in self.devices:
            if device.name == backup.machine:
                device.put_back(backup, ledger=ledger, index=index)
                self._mourn()
                device.remember(*(NewMemory(namespace=slot.namespace, key=slot.key, content="Anew.") for slot in slots))
                self.touched.append(device)

    @rule(number=numbers, replaced=numbers)
    def copy_a_home(self, number: int, replaced: int) -> None:
        backup = self._device(number).back_up()
        if len(self.devices) < MOST_DEVICES:
            self.devices.append(self._new_device())
            place = len(self.devices) - 1
        else:
            place = replaced % MOST_DEVICES
            self.devices[place] = self._new_device()
        self.devices[place].put_back(backup, ledger=True, index=True)
        self._mourn()

    @invariant()
    def journals_are_sound_and_hold_what_was_acknowledged(self) -> None:
        for device in self.touched:
            assert run(device.journal.check()) == []
            self.kept |= device.acknowledged
            assert device.acknowledged <= {memory.version for memory in device.versions()}
        self.touched.clear()

    def teardown(self) -> None:
        for device in self.devices:
            device.start()
        sync_until_idle(self.devices, rounds=4)
        assert_nothing_is_lost(self.devices, self.kept, self.written)
        assert_all_agree(self.devices)
        assert all(is_idle(device.sync()) for device in self.devices)

    def _new_device(self) -> Device:
        self.made += 1
        embedder = HashingEmbedder(HashingSettings(dimension=4)) if self.made % 2 else None
        return Device(f"machine-{self.made}", self.made % 64, self.store, self.written, embedder=embedder)

    def _device(self, number: int) -> Device:
        device = self.devices[number % len(self.devices)]
        self.touched.append(device)
        return device

    def _dying(self, device: Device, work: Callable[[], object], calls: int, *, after_effect: bool) -> None:
        device.fuse.set(calls, after_effect=after_effect)
        with contextlib.suppress(Crash, StorageError):
            work()
        device.start()

    def _mourn(self) -> None:
        """Give up what stood nowhere but in a journal that is gone."""
        elsewhere = self.store.versions()
        for device in self.devices:
            elsewhere |= {memory.version for memory in device.versions()}
        self.kept &= elsewhere


def assert_nothing_is_lost(devices: Sequence[Device], kept: set[str], written: set[str]) -> None:
    for device in devices:
        held = {memory.version for memory in device.versions()}
        assert kept <= held <= written


TestSyncingMachines = SyncingMachines.TestCase
TestSyncingMachines.settings = settings(
    max_examples=1000,
    stateful_step_count=25,
    derandomize=True,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
