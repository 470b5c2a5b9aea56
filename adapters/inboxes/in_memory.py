"""An inbox for as long as the process lives."""

from datetime import timedelta

from rookery.domain.letters import Letter
from rookery.domain.ports.inbox import InboxPort

_KEPT = timedelta(days=7)


class InMemoryInbox(InboxPort):
    """A dictionary of letters."""

    def __init__(self) -> None:
        self._letters: dict[str, Letter] = {}
        self._settled: set[str] = set()

    async def receive(self, letter: Letter) -> bool:
        old = [key for key in self._settled if self._letters[key].received_at < letter.received_at - _KEPT]
        for key in old:
            self._settled.remove(key)
            del self._letters[key]
        return self._letters.setdefault(letter.key, letter) is letter

    async def assign(self, key: str, run_id: str) -> None:
        self._letters[key] = self._letters[key].model_copy(update={"run_id": run_id})

    async def settle(self, key: str) -> None:
        self._settled.add(key)

    async def unsettled(self, door: str) -> list[Letter]:
        left = [letter for key, letter in self._letters.items() if key not in self._settled and letter.door == door]
        return sorted(left, key=lambda letter: letter.received_at)
