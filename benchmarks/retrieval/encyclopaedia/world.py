"""Things that do not exist, and articles about them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

_TRADES = {  # and how many have each
    "novelist": 24,
    "composer": 12,
    "painter": 16,
    "engineer": 20,
    "sailor": 14,
    "merchant": 26,
    "climber": 14,
    "naturalist": 10,
}
_BY_INITIAL = 0.12  # share of mentions of people by initial and surname
_CHATTER = (1, 3)  # sentences of an article that answer nothing


@dataclass
class Article:
    """A thing with an article of its own."""

    kind: str
    title: str
    name: str
    """How a sentence names it."""
    role: str = ""
    woman: bool = False
    told: dict[str, str] = field(default_factory=dict)
    """Facts as articles tell them."""
    asked: dict[str, str] = field(default_factory=dict)
    """The same as questions do."""
    linked: dict[str, "Article"] = field(default_factory=dict)
    """The articles that facts name."""


class World:
    """All articles and how they hang together."""

    def __init__(self, chance: random.Random, names: dict[str, Any], kinds: dict[str, Any]) -> None:
        self._chance = chance
        self._names = names
        self._kinds = kinds
        self._surnames = list(names["surnames"])
        self.articles = [*self._people(), *self._things()]
        self._drawn: dict[str, list[Any]] = {}
        for article in self.articles:
            for slot, source in kinds[article.kind]["slots"].items():
                self._fill(article, slot, source)

    def text(self, article: Article) -> str:
        """Return the article: what it is, its facts in any order, and some chatter among them."""
        kind = self._kinds[article.kind]
        facts = [self._chance.choice(ways) for ways in kind["told"].values()]
        facts += self._chance.sample(kind["chatter"], min(len(kind["chatter"]), self._chance.randint(*_CHATTER)))
        self._chance.shuffle(facts)
        return " ".join(self._sentence(article, one) for one in [self._chance.choice(kind["lead"]), *facts])

    def _sentence(self, article: Article, pattern: str) -> str:
        others = {kind: self._mention(self._other(article, kind)) for kind in ("person", "town", "company", "museum")}
        they, them, their = ("she", "her", "her") if article.woman else ("he", "him", "his")
        pronouns = {"they": they, "them": them, "their": their, "They": they.title(), "Their": their.title()}
        told = dict(article.told) | {slot: self._mention(other) for slot, other in article.linked.items()}
        role = f"{'an' if article.role[:1] in 'aeiou' else 'a'} {article.role}"
        sentence = pattern.format(**others | pronouns | told | {"title": article.name, "role": role})
        return sentence[0].upper() + sentence[1:]

    def _mention(self, article: Article) -> str:
        if article.kind == "person" and self._chance.random() < _BY_INITIAL:
            return f"{article.name[0]}. {article.name.split()[-1]}"
        return article.name

    def _other(self, article: Article, kind: str) -> Article:
        return self._chance.choice([one for one in self.articles if one.kind == kind and one is not article])

    def _fill(self, article: Article, slot: str, source: str) -> None:
        if source[0].isdigit():
            first, last = (int(end) for end in source.split("-"))
            article.told[slot] = article.asked[slot] = str(self._chance.randint(first, last))
        elif source in _TRADES or source in self._kinds:
            fitting = [one for one in self.articles if source in (one.role, one.kind) and one is not article]
            article.linked[slot] = self._chance.choice(fitting)
        else:
            drawn = self._next(f"{source} {article.role}", self._names[source])
            article.told[slot], article.asked[slot] = (drawn, drawn) if isinstance(drawn, str) else drawn

    def _next(self, name: str, values: list[Any]) -> Any:
        """Draw without repetition until all are drawn."""
        if not self._drawn.get(name):
            self._drawn[name] = self._chance.sample(values, len(values))
        return self._drawn[name].pop()

    def _people(self) -> Iterator[Article]:
        pairs = [
            (given, surname, woman)
            for woman, givens in ((True, self._names["women"]), (False, self._names["men"]))
            for given in givens
            for surname in self._surnames
        ]
        trades = [trade for trade, number in _TRADES.items() for _ in range(number)]
        for trade, (given, surname, woman) in zip(trades, self._chance.sample(pairs, len(trades)), strict=True):
            yield Article("person", f"{given} {surname}", f"{given} {surname}", trade, woman)

    def _things(self) -> Iterator[Article]:
        plain: dict[str, Callable[[str], tuple[str, str]]] = {
            "novel": lambda name: (name, name),
            "opera": lambda name: (name, name),
            "painting": lambda name: (name, name),
            "ship": lambda name: (f"{name} (ship)", f"the {name}"),
            "town": lambda name: (name, name),
            "river": lambda name: (f"{name} (river)", f"the {name}"),
            "mountain": lambda name: (name, name),
        }
        for kind, named in plain.items():
            for name in self._names[f"{kind}s"] if kind != "town" else self._names["places"]:
                title, mention = named(name)
                yield Article(kind, title, mention)
        for name in [*self._names["birds"], *self._names["plants"]]:
            yield Article("species", name, name)
        places, surnames = self._names["places"], self._surnames
        made = {
            "company": [f"{name} & Sons" for name in self._chance.sample(surnames, 18)]
            + [f"{name} Manufacturing" for name in self._chance.sample(places, 7)],
            "school": [f"{name} College" for name in self._chance.sample(surnames, 8)]
            + [f"{name} Academy" for name in self._chance.sample(places, 4)],
            "museum": [f"{name} Museum" for name in self._chance.sample(places, 7)]
            + [f"{name} Gallery" for name in self._chance.sample(surnames, 5)],
            "bridge": [f"{name} Bridge" for name in self._chance.sample([*surnames, *places], 24)],
            "club": [f"{name} {self._chance.choice(['Rovers', 'Athletic', 'Wanderers'])}" for name in places[:12]],
        }
        for kind, titles in made.items():
            yield from (Article(kind, title, title) for title in titles)
