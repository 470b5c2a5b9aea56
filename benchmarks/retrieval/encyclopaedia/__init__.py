"""An invented encyclopaedia and questions over several of its articles, made from a seed.

Nobody wrote the articles: people, towns, books, ships and so on are drawn, facts are drawn for them, and sentences tell
these in one of several ways, among sentences that name other articles and answer nothing. Many share surnames, towns
and trades. A question goes from an article to one that it names and to what that one tells (or one step further), asks
for one article, or compares two; it has other words than the articles wherever there are others. The articles on its
way are its evidence by construction. `names.toml` and `kinds.toml` hold all words.
"""

import random
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from encyclopaedia.world import Article, World

FOLDER = Path(__file__).parent
COMPARED, LONG = 0.2, 0.2  # shares of comparisons, and of questions that go one step further
NAMED_BY_FACT = 0.4  # share of questions that do not name the first article where a fact can


class Posed(NamedTuple):
    """A question and the titles of the articles that it needs."""

    text: str
    kind: str
    titles: list[str]


class Encyclopaedia(NamedTuple):
    """Articles by title, and questions."""

    articles: dict[str, str]
    questions: list[Posed]


def encyclopaedia(seed: int, *, several: int = 320, single: int = 80) -> Encyclopaedia:
    """Return an encyclopaedia; the same for the same seed."""
    chance = random.Random(seed)
    names, kinds = (tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")) for name in ("names", "kinds"))
    world = World(chance, names, kinds)
    articles = {article.title: world.text(article) for article in world.articles}
    questions = _Questions(chance, kinds, world)
    asked = [*questions.some(several, questions.of_several), *questions.some(single, questions.of_one)]
    return Encyclopaedia(articles, asked)


class _Questions:
    def __init__(self, chance: random.Random, kinds: dict[str, Any], world: World) -> None:
        self._chance = chance
        self._kinds = kinds
        self._articles = world.articles
        facts = ((one.kind, one.role, slot, one.asked[slot]) for one in world.articles for slot in one.asked)
        self._told = Counter(facts)

    def some(self, number: int, make: Callable[[], Posed | None]) -> Iterator[Posed]:
        """Yield different questions."""
        seen: set[str] = set()
        while len(seen) < number:
            posed = make()
            if posed is not None and posed.text not in seen:
                seen.add(posed.text)
                yield posed

    def of_several(self) -> Posed | None:
        """Compare two articles, or go from one to another."""
        if self._chance.random() < COMPARED:
            return self._comparison()
        first = self._article()
        name, titles, at = self._named(first), [first.title], first
        for _ in range(2 if self._chance.random() < LONG else 1):
            steps = [slot for slot in self._kinds[at.kind].get("step", {}) if slot in at.linked]
            if not steps:
                return None
            slot = self._chance.choice(steps)
            name = self._chance.choice(self._kinds[at.kind]["step"][slot]).format(x=name)
            at = at.linked[slot]
            titles.append(at.title)
        if len(set(titles)) < len(titles):
            return None
        return Posed(self._asked(at, name), f"{len(titles)} steps", titles)

    def of_one(self) -> Posed:
        """Ask for something that an article tells."""
        article = self._article()
        return Posed(self._asked(article, article.name), "single", [article.title])

    def _comparison(self) -> Posed | None:
        first = self._article()
        texts = self._kinds[first.kind].get("compared")
        others = [one for one in self._articles if one.kind == first.kind and one is not first]
        if not texts:
            return None
        second = self._chance.choice(others)
        text = self._chance.choice(texts).format(a=first.name, b=second.name)
        return Posed(text, "comparison", [first.title, second.title])

    def _article(self) -> Article:
        kind = self._chance.choice(sorted(self._kinds))
        return self._chance.choice([one for one in self._articles if one.kind == kind])

    def _named(self, article: Article) -> str:
        ways = self._kinds[article.kind].get("described", {})
        unique = [slot for slot in ways if self._told[(article.kind, article.role, slot, article.asked[slot])] == 1]
        if not unique or self._chance.random() > NAMED_BY_FACT:
            return article.name
        slot = self._chance.choice(unique)
        return str(self._chance.choice(ways[slot]).format(**article.asked, trade=article.role))

    def _asked(self, article: Article, name: str) -> str:
        ways = self._kinds[article.kind]["asked"]
        return str(self._chance.choice(ways[self._chance.choice(sorted(ways))]).format(x=name))
