"""Pins for as long as the process lives."""

from collections.abc import Collection, Sequence

from rookery.domain.pins import Pin
from rookery.domain.ports.tool_pins import ToolPinStorePort


class InMemoryToolPinStore(ToolPinStorePort):
    """A dictionary of pins."""

    def __init__(self) -> None:
        self._pins: dict[tuple[str, str], Pin] = {}

    async def pins(self, server: str) -> list[Pin]:
        return [self._pins[key] for key in sorted(self._pins) if key[0] == server]

    async def accept(self, pins: Sequence[Pin]) -> None:
        self._pins |= {(pin.server, pin.tool.name): pin for pin in pins}

    async def drop(self, server: str, tools: Collection[str] | None = None) -> None:
        kept = self._pins.items()
        self._pins = {key: pin for key, pin in kept if key[0] != server or (tools is not None and key[1] not in tools)}
