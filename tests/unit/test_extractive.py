"""Answers without a language model."""

from collections.abc import Sequence

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.embedders.hashing import HashingEmbedder
from rookery.adapters.embedders.hashing import Settings as Hashing
from rookery.adapters.llms.extractive import ExtractiveLLM
from rookery.adapters.llms.extractive.bridges import described
from rookery.adapters.llms.extractive.compose import compose
from rookery.adapters.llms.extractive.evidence import find_evidence
from rookery.adapters.llms.extractive.reflect import reflect
from rookery.domain.errors import LLMError
from rookery.domain.inference import LLMRequest, Message
from rookery.domain.reasoning import ComposeJob, Evidence, FindEvidenceJob, ReflectJob
from rookery.domain.sources import Passage
from tests.support.evidence import a_passage, some_evidence

pytestmark = pytest.mark.anyio

ANALYZER = SnowballAnalyzer()


def passage(text: str, *, title: str = "Observatory", heading: str = "") -> Passage:
    return a_passage(text, title=title).model_copy(update={"heading": heading})


async def quotes(question: str, *passages: Passage, limit: int = 5) -> list[tuple[str, float]]:
    job = FindEvidenceJob(question=question, main_question=question, passages=list(passages), limit=limit)
    findings = await find_evidence(job, ANALYZER, None)
    return [(quote.quote, quote.score) for quote in findings.quotes]


def evidence(question: str, *pieces: tuple[str, float]) -> list[Evidence]:
    """Return evidence for one question, each piece from a document of its own."""
    plain = some_evidence(*(quote for quote, _ in pieces))
    return [
        piece.model_copy(update={"sub_question": question, "score": score})
        for piece, (_, score) in zip(plain, pieces, strict=True)
    ]


HISTORY = passage(
    "Nobody intended to found anything. Ottilie Brand founded the observatory in 1907. "
    "She had a walking stick and nothing to read. The lease ran for ninety-nine years."
)


async def test_the_sentence_that_answers_comes_first() -> None:
    found = await quotes("Who founded the observatory?", HISTORY)
    assert found[0][0] == "Ottilie Brand founded the observatory in 1907."
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


async def test_an_answer_scores_high_and_a_miss_scores_low() -> None:
    [(_, hit), *_] = await quotes("Who founded the observatory in 1907?", HISTORY)
    misses = await quotes("Who wrote the opera Rigoletto?", HISTORY)
    assert hit > 0.5
    assert all(score < 0.2 for _, score in misses)


async def test_the_expected_kind_of_answer_decides_between_equals() -> None:
    text = passage("The lighthouse was lit by the keeper. The lighthouse was lit in 1868.")
    assert (await quotes("When was the lighthouse lit?", text))[0][0] == "The lighthouse was lit in 1868."


async def test_a_question_about_a_count_wants_what_is_counted() -> None:
    text = passage("The tower has 31 windows and a door. The tower has 148 steps and a door.")
    assert (await quotes("How many steps does the tower have?", text))[0][0].startswith("The tower has 148 steps")


async def test_a_pronoun_is_understood_from_the_sentence_before_it() -> None:
    text = passage(
        "Donald Croy was a mason. He died in July. The wind was cold in the bay. Another man went home in August."
    )
    assert "He died in July." in [quote for quote, _ in (await quotes("When did Donald Croy die?", text))[:2]]


async def test_headings_and_questions_are_not_quoted() -> None:
    text = passage(
        "## The founding of the observatory\n\nWho founded the observatory? Nobody knows the observatory's founder.",
        heading="The founding of the observatory",
    )
    found = [quote for quote, _ in await quotes("Who founded the observatory?", text)]
    assert found == ["Nobody knows the observatory's founder."]


async def test_a_row_of_a_table_can_be_quoted() -> None:
    text = passage("| Warden | From |\n|---|---|\n| Ottilie Brand | 1907 |\n| Magnus Isbister | 1933 |\n")
    assert (await quotes("When did Magnus Isbister become warden?", text))[0][0] == "| Magnus Isbister | 1933 |"


async def test_the_same_sentence_in_two_passages_is_quoted_once() -> None:
    one = passage("The bell was cast in 1891. It rang.", title="One")
    two = passage("The bell was cast in 1891. It cracked.", title="Two")
    found = [quote for quote, _ in await quotes("When was the bell cast?", one, two)]
    assert found.count("The bell was cast in 1891.") == 1


async def test_quotes_are_verbatim_across_line_breaks() -> None:
    text = passage("The tide gauge was built by\n  Lucien Méridot in 1910. He left.")
    [(quote, _), *_] = await quotes("Who built the tide gauge?", text)
    assert quote in text.text


@pytest.mark.parametrize("question", ["?", "Who?", "the", "🦉", "a" * 3000, "Why\n\n\x00why?"])
async def test_odd_questions_find_little_and_break_nothing(question: str) -> None:
    assert all(score < 0.9 for _, score in await quotes(question, HISTORY))


async def test_no_passage_gives_no_quote() -> None:
    assert await quotes("Who founded the observatory?") == []
    assert await quotes("Who founded the observatory?", passage(" \n ")) == []


async def test_an_embedder_takes_part_in_the_ranking() -> None:
    job = FindEvidenceJob(
        question="Who founded the observatory?", main_question="", passages=[HISTORY, HISTORY], limit=5
    )
    findings = await find_evidence(job, ANALYZER, HashingEmbedder(Hashing()))
    assert findings.quotes[0].quote == "Ottilie Brand founded the observatory in 1907."


async def test_a_sentence_is_embedded_once_however_often_it_is_asked_about() -> None:
    asked: list[str] = []

    class Attentive(HashingEmbedder):
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            asked.extend(texts)
            return await super().embed(texts)

    llm = ExtractiveLLM(ANALYZER, Attentive(Hashing()))
    for question in ("Who founded the observatory?", "When did the lease end?", "Who founded the observatory?"):
        job = FindEvidenceJob(question=question, main_question=question, passages=[HISTORY], limit=5)
        await llm.complete(LLMRequest(messages=[Message(role="user", content=question)], job=job))
    assert len(asked) == len(set(asked)) > 5


async def test_the_answer_is_the_sentences_best_first_without_line_breaks() -> None:
    question = "Where was Brand born?"
    found = evidence(question, ("Brand lived\non an island.", 0.4), ("Brand was born\n in Dunmarrow.", 0.9))
    draft = await compose(ComposeJob(question=question, evidence=found, max_claims=5), ANALYZER)
    assert [claim.text for claim in draft.claims] == ["Brand was born in Dunmarrow.", "Brand lived on an island."]
    assert [claim.evidence for claim in draft.claims] == [[2], [1]]


async def test_evidence_that_answers_nothing_makes_an_empty_answer() -> None:
    question = "Where was Brand born?"
    found = evidence(question, ("The kettle boiled.", 0.05), ("A door was open.", 0.01))
    assert (await compose(ComposeJob(question=question, evidence=found, max_claims=5), ANALYZER)).claims == []


@pytest.mark.parametrize(
    ("score", "sure"), [(0.9, [True]), (0.31, [True]), (0.29, [False]), (0.16, [False]), (0.14, [])]
)
async def test_what_only_comes_near_is_marked_and_what_does_not_is_left_out(score: float, sure: list[bool]) -> None:
    question = "Who founded the observatory?"
    job = ComposeJob(question=question, evidence=evidence(question, ("Ottilie Brand founded it.", score)), max_claims=5)
    assert [claim.sure for claim in (await compose(job, ANALYZER)).claims] == sure


async def test_words_that_the_passages_do_not_know_lower_the_score() -> None:
    [(_, known), *_] = await quotes("Who founded the observatory?", HISTORY)
    [(_, partly), *_] = await quotes("Who founded the observatory's aquarium with penguins?", HISTORY)
    assert partly < 0.7 * known


async def test_a_thing_that_the_passages_never_mention_lowers_the_score_further() -> None:
    [(_, known), *_] = await quotes("What was Ottilie Brand's stick?", HISTORY)
    [(_, unheard), *_] = await quotes("What was Ottilie Brand's dog?", HISTORY)
    assert unheard < 0.5 * known


async def test_the_head_of_a_table_is_not_quoted() -> None:
    table = passage(
        "| Section | Nests in 1959 |\n|---|---:|\n| The Organ | 3,120 nests |\n| The Stair | 2,030 nests |\n"
    )
    found = [quote for quote, _ in await quotes("How many nests did the Organ section have in 1959?", table)]
    assert "| The Organ | 3,120 nests |" in found
    assert not any("Section" in quote or "---" in quote for quote in found)


async def test_a_sentence_that_repeats_another_is_left_out() -> None:
    question = "Where was Brand born?"
    found = evidence(question, ("Brand was born in Dunmarrow.", 0.9), ("In Dunmarrow Brand was born.", 0.8))
    draft = await compose(ComposeJob(question=question, evidence=found, max_claims=5), ANALYZER)
    assert len(draft.claims) == 1


COUNT = "How many nests were counted in 1959?"
DISAGREEING = [
    ("In 1959 there were 11,340 nests, all counted.", 0.8),
    ("The nests were counted by five people in 1959 in fair weather.", 0.7),
    ("A party in 1959 counted 13,140 nests.", 0.6),
]


async def test_both_sides_of_a_contradiction_lead_the_answer() -> None:
    job = ComposeJob(question=COUNT, evidence=evidence(COUNT, *DISAGREEING), max_claims=2)
    texts = [claim.text for claim in (await compose(job, ANALYZER)).claims]
    assert "11,340" in texts[0]
    assert "13,140" in texts[1]


def test_a_contradiction_names_both_documents_and_both_values() -> None:
    found = evidence(COUNT, *DISAGREEING)
    named = [
        piece.model_copy(update={"passage": piece.passage.model_copy(update={"title": title})})
        for piece, title in zip(found, ("Census", "Weather", "Courier"), strict=True)
    ]
    job = ReflectJob(question=COUNT, sub_questions=[COUNT], evidence=[named[0], named[2]], max_follow_ups=3)
    [sentence] = reflect(job, ANALYZER).contradictions
    assert all(part in sentence for part in ("Census", "Courier", "11,340", "13,140"))


def test_the_same_figure_spelt_otherwise_is_no_contradiction() -> None:
    question = "How many crew were saved?"
    found = evidence(question, ("Eleven of the crew were saved.", 0.8), ("The crew saved were 11.", 0.7))
    job = ReflectJob(question=question, sub_questions=[question], evidence=found, max_follow_ups=3)
    assert reflect(job, ANALYZER).contradictions == []


def test_a_sub_question_without_evidence_is_a_gap() -> None:
    question = "Who founded the observatory?"
    job = ReflectJob(question=question, sub_questions=[question], evidence=[], max_follow_ups=3)
    reflection = reflect(job, ANALYZER)
    assert reflection.gaps == [question]
    assert question in reflection.notes


def test_a_name_for_what_was_described_is_followed() -> None:
    question = "Where did the man who built the tide gauge learn his trade?"
    found = evidence(question, ("The tide gauge was built by Lucien Méridot.", 0.7))
    job = ReflectJob(question=question, sub_questions=[question], evidence=found, max_follow_ups=2)
    [follow_up] = reflect(job, ANALYZER).follow_ups
    assert "Lucien Méridot" in follow_up
    assert "trade" in follow_up
    assert "gauge" not in follow_up


@pytest.mark.parametrize(
    ("question", "described_by"),
    [
        ("Where did the man who built the tide gauge learn his trade?", "Who built the tide gauge?"),
        ("When was the engineer who designed the viaduct born?", "Who designed the viaduct?"),
        ("Where was the barque that sank in 1928 built?", "Which barque sank in 1928?"),
        ("Who is the woman who founded the observatory?", "Who founded the observatory?"),
        ("Who founded the observatory?", None),
    ],
)
def test_what_a_question_describes_is_told_from_what_it_asks(question: str, described_by: str | None) -> None:
    assert described(question) == described_by


def test_a_simple_question_is_not_followed() -> None:
    question = "Who founded the observatory?"
    found = evidence(question, ("Ottilie Brand founded the observatory.", 0.9))
    job = ReflectJob(question=question, sub_questions=[question], evidence=found, max_follow_ups=2)
    assert reflect(job, ANALYZER).follow_ups == []


async def test_a_request_without_a_job_is_told_what_to_do() -> None:
    llm = ExtractiveLLM(ANALYZER)
    with pytest.raises(LLMError, match="language model"):
        await llm.complete(LLMRequest(messages=[Message(role="user", content="Sing!")]))


def test_it_does_not_claim_to_write() -> None:
    capabilities = ExtractiveLLM(ANALYZER).capabilities()
    assert capabilities.name == "extractive"
    assert capabilities.binds_schema
    assert not capabilities.generative
