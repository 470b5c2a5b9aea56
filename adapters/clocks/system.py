"""The machine's clock."""

import asyncio
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID

from rookery.domain.ports.clock import ClockPort


class SystemClock(ClockPort):
    """Time from the operating system, identifiers by RFC 9562, section 5.7 (UUID version 7)."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def new_id(self) -> str:
        milliseconds = time.time_ns() // 1_000_000
        random = secrets.randbits(74)
        value = milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & (1 << 62) - 1
        return str(UUID(int=value))
