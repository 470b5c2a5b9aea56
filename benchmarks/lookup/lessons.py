"""What the small model learns: the prompts that the product writes, and the replies that they call for."""

import random
from typing import NamedTuple

from worlds import Fact, World, make_world

from rookery.application.prompting import numbered, prompt
from rookery.domain.inference import Message
from rookery.domain.reasoning import ComposeJob, Evidence, FindEvidenceJob, PlanJob, ReflectJob
from rookery.domain.sources import Passage
from tests.support.evidence import a_passage

QUOTES, CLAIMS = 6, 3


class Lesson(NamedTuple):
    """A prompt and its reply."""

    messages: list[Message]
    reply: str


class Sizes(NamedTuple):
    """How much there is to read: documents, and sentences of each."""

    documents: int
    facts: int


def find_lesson(choice: random.Random, sizes: Sizes) -> Lesson:
    """Return a question with documents, of which one answers it."""
    world = make_world(choice, places=sizes.documents, facts=sizes.facts, more=choice.choice((0, 2)))
    fact = choice.choice([fact for facts in world.facts.values() for fact in facts])
    places = list(world.facts)
    question = fact.question(choice.randrange(2))
    job = FindEvidenceJob(
        question=question,
        main_question=question,
        passages=[_passage(world, place) for place in places],
        limit=QUOTES,
    )
    number = places.index(fact.place) + 1
    return Lesson(prompt(numbered(job)), f'{{"quotes":[{{"passage_id":"{number}","quote":"{fact.told}","score":1}}]}}')


def plan_lesson(choice: random.Random) -> Lesson:
    """Return a question that is its own plan."""
    question = _some_fact(choice).question(choice.randrange(2))
    return Lesson(prompt(PlanJob(question=question, max_sub_questions=2)), f'{{"sub_questions":["{question}"]}}')


def compose_lesson(choice: random.Random) -> Lesson:
    """Return a quote that answers a question."""
    job, fact = _with_evidence(choice)
    reply = f'{{"claims":[{{"text":"{fact.told}","evidence":[1]}}]}}'
    return Lesson(prompt(job), reply)


def reflect_lesson(choice: random.Random) -> Lesson:
    """Return evidence that leaves nothing to ask."""
    job, _ = _with_evidence(choice)
    reflect = ReflectJob(question=job.question, sub_questions=[job.question], evidence=job.evidence, max_follow_ups=2)
    return Lesson(prompt(reflect), "{}")


def _with_evidence(choice: random.Random) -> tuple[ComposeJob, Fact]:
    world = make_world(choice, places=1, facts=3)
    [place] = world.facts
    fact = choice.choice(world.facts[place])
    question = fact.question(choice.randrange(2))
    passage = _passage(world, place)
    start = passage.text.index(fact.told)
    evidence = Evidence(
        id=1,
        passage=passage,
        quote=fact.told,
        start=start,
        end=start + len(fact.told),
        sub_question=question,
        score=1,
        agent_id="researcher-1",
    )
    return ComposeJob(question=question, evidence=[evidence], max_claims=CLAIMS), fact


def _some_fact(choice: random.Random) -> Fact:
    return next(iter(make_world(choice, places=1, facts=1).facts.values()))[0]


def _passage(world: World, place: str) -> Passage:
    return a_passage(world.document(place).strip(), place)
