"""What an agent has read, and where it came from: taint, kept outside of any model.

A model that has read a text may do what the text says. So whatever an agent wants to change after it has read something
that nobody vouches for counts as derived from it, also when it looks like its own idea.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import JsonValue

from rookery.domain.links import addresses, strangers
from rookery.domain.ports.tool import Outcome
from rookery.domain.provenance import Origin, OriginKind, distinct, origin_of

_WORD = re.compile(r"\w+")
_RUN = 4  # words in a row that a text and arguments share, when the one echoes the other
_LONG = 12  # letters of a single word, such as an address or a number, that does the same


class Readings:
    """What one agent has read.

    Args:
        inherited: what had been read by those who gave it its task.
        given: texts whose addresses it may ask for: what a person said, and nobody else had a part in.
    """

    def __init__(self, inherited: Sequence[Origin] = (), given: Sequence[str] = ()) -> None:
        self._read: list[tuple[Origin, str]] = [(origin, "") for origin in inherited]
        self._given = list(given)

    @property
    def origins(self) -> list[Origin]:
        """Where it came from, each place once."""
        return distinct(origin for origin, _ in self._read)

    def take(self, tool: str, outcome: Outcome) -> None:
        """Note what a tool gave."""
        if not outcome.untrusted:
            return
        self._read += [(origin_of(passage), passage.text) for passage in outcome.passages]
        if outcome.text:
            origins = outcome.origins or [Origin(kind=OriginKind.TOOL, place=tool)]
            self._read += [(origin, outcome.text) for origin in origins]

    def take_over(self, origins: Iterable[Origin]) -> None:
        """Note what others have read whose findings it is given."""
        self._read += [(origin, "") for origin in origins]

    def composed(self, arguments: Mapping[str, JsonValue]) -> list[str]:
        """Return the addresses in the arguments that stand in nothing that was read or given.

        Such an address may carry away what was read. As long as nothing was read there is nothing to carry.
        """
        if not self._read:
            return []
        known = [*self._given, *(text for _, text in self._read), *(origin.place for origin, _ in self._read)]
        return strangers(" ".join(_strings(arguments)), known)

    def known(self, text: str) -> list[str]:
        """Return the addresses of a text that may be asked for."""
        unknown = self.composed({"text": text})
        return [address for address in addresses(text) if address not in unknown]

    def echoed(self, arguments: Mapping[str, JsonValue]) -> list[str]:
        """Return the places whose words stand in the arguments: four in a row, or a long one."""
        wanted = set(_traces(" ".join(_strings(arguments))))
        places = [origin.place for origin, text in self._read if text and not wanted.isdisjoint(_traces(text))]
        return list(dict.fromkeys(places))


def _traces(text: str) -> Iterator[str]:
    words = _WORD.findall(text.casefold())
    for place in range(len(words) - _RUN + 1):
        yield " ".join(words[place : place + _RUN])
    yield from (word for word in words if len(word) >= _LONG)


def _strings(value: JsonValue | Mapping[str, JsonValue]) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _strings(inner)
        case list():
            for inner in value:
                yield from _strings(inner)
        case _:
            yield str(value)
