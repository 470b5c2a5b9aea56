"""What the form of a text tells about it: who speaks, whether it asks, whether it tells a time.

English rules; in other languages they find nothing, and a search goes by words and meaning alone.
"""

import re
from collections.abc import Collection, Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import NamedTuple

_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_MONTHS = _MONTH.split("|")
_SEASONS = "spring|summer|autumn|fall|winter"
_SPEAKER = re.compile(r"\s*([^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}):\s+(?=\S)")
_SPEAKER_TAG = "speaker:"
_TELLS_TIME = re.compile(
    rf"\b(?:yesterday|today|tonight|tomorrow|ago|recently|weekend|just|{_MONTH}|(?:19|20)\d\d"
    rf"|(?:last|next|this) (?:night|morning|afternoon|evening|week|month|year|few|{_SEASONS}|{_DAYS})"
    rf"|on (?:{_DAYS})|(?:two|three|four|five|six|a few|couple of|\d+) (?:days|weeks|months|years))\b",
    re.IGNORECASE,
)
_ASKS_FOR_TIME = re.compile(
    r"\s*(?:when|how long|(?:in |on |at )?(?:what|which) (?:date|day|month|year|time|week|season)|what was the date)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_SHORT_QUESTION = 12  # words
_QUESTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "what when where which who whom whose why how did does do is are was were has have had will would can could"
        " should many much long often kind type",
    )
)
_WORD = re.compile(r"[\w'’-]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_DATE = re.compile(
    rf"\b(?:(?P<before>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?)?(?P<month>{_MONTH})\b"
    r"(?:\s+(?P<after>\d{1,2})(?:st|nd|rd|th)?\b)?(?:,?\s+(?P<year>(?:1\d|20)\d\d))?",
    re.IGNORECASE,
)
_MAY = re.compile(r"\b(?:in|on|during|of|since|until|by|last|this|next) may\b", re.IGNORECASE)

_DAY = timedelta(days=1)


class Cues(NamedTuple):
    """What a memory's form tells."""

    speaker: str = ""
    """Case folded; empty when nobody is named before a colon or by a tag `speaker:NAME`."""
    asks: bool = False
    """It ends with a question."""
    only_asks: bool = False
    """It is a question and nothing else, or a short one."""
    tells_time: bool = False


class Period(NamedTuple):
    """A time that a query names: `[start, end)` with full weight, and half of it for what is told soon after."""

    month: int
    year: int | None
    day: int | None

    def nearness(self, moment: datetime) -> float:
        """Return how well a memory of this moment fits, in [0, 1]: people tell of things shortly after them."""
        years = [self.year] if self.year is not None else [moment.year, moment.year - 1]
        within = (year for year in years if MINYEAR < year < MAXYEAR)  # days around the calendar's ends are not there
        return max((self._nearness(moment, year) for year in within), default=0.0)

    def _nearness(self, moment: datetime, year: int) -> float:
        if self.day is None:
            start, after = datetime(year, self.month, 1, tzinfo=UTC), 10 * _DAY
            end = datetime(year + self.month // 12, self.month % 12 + 1, 1, tzinfo=UTC)
            return 1.0 if start <= moment < end else 0.5 if end <= moment < end + after else 0.0
        try:
            day = datetime(year, self.month, self.day, tzinfo=UTC)
        except ValueError:
            return 0.0
        if day - _DAY <= moment < day + 9 * _DAY:
            return 1.0
        return 0.4 if day - 10 * _DAY <= moment < day + 32 * _DAY else 0.0


class Asked(NamedTuple):
    """What the form of a query tells."""

    bare: str
    """The query without question words and without the names of those who speak; its meaning is what is embedded."""
    content: str
    """The query without those names; its words are what is looked up."""
    speaker: str
    """The one speaker whom it names, or empty."""
    periods: list[Period]
    for_time: bool
    """It asks when."""


def cues_of(content: str, tags: Collection[str] = ()) -> Cues:
    """Return what the form of a memory tells."""
    said = content.strip()
    ends = said.endswith("?")
    return Cues(
        speaker=_speaker(content, tags),
        asks=ends,
        only_asks=ends and _only_asks(said),
        tells_time=_TELLS_TIME.search(said) is not None,
    )


def asked(query: str, speakers: Collection[str]) -> Asked:
    """Return what the form of a query tells, where `speakers` are known to speak."""
    words = [(match.group(), _POSSESSIVE.sub("", match.group()).casefold()) for match in _WORD.finditer(query)]
    capital = {folded for word, folded in words if word[0].isupper()}
    named = {speaker for speaker in speakers if capital & {speaker, speaker.split()[0]}}
    names = capital & {part for speaker in named for part in (speaker, *speaker.split())}
    content = " ".join(word for word, folded in words if folded not in names)
    bare = " ".join(word for word, folded in words if folded not in names | _QUESTION_WORDS)
    return Asked(
        bare=bare or query,
        content=content or query,
        speaker=named.pop() if len(named) == 1 else "",
        periods=list(_periods(query)),
        for_time=_ASKS_FOR_TIME.match(query) is not None,
    )


def _speaker(content: str, tags: Collection[str]) -> str:
    tagged = next((tag for tag in tags if tag.startswith(_SPEAKER_TAG)), None)
    if tagged is not None:
        return tagged.removeprefix(_SPEAKER_TAG).strip().casefold()
    match = _SPEAKER.match(content)
    return match[1].casefold() if match else ""


def _only_asks(said: str) -> bool:
    return len(said.split()) < _SHORT_QUESTION or all(part.endswith("?") for part in _SENTENCE_END.split(said))


def _periods(query: str) -> Iterator[Period]:
    for match in _DATE.finditer(query):
        day, year = match["before"] or match["after"], match["year"]
        if match["month"].lower() == "may" and not (day or year or _MAY.search(query)):
            continue
        yield Period(
            month=_MONTHS.index(match["month"].lower()) + 1,
            year=int(year) if year else None,
            day=int(day) if day else None,
        )
