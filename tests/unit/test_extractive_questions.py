"""What questions ask for, and how they are divided."""

import pytest

from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.adapters.llms.extractive.plan import plan
from rookery.adapters.llms.extractive.questions import Kind, analyse, name_phrases
from rookery.domain.reasoning import PlanJob

ANALYZER = SnowballAnalyzer()


def sub_questions(question: str, limit: int = 5) -> list[str]:
    return plan(PlanJob(question=question, max_sub_questions=limit)).sub_questions


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who founded the observatory?", Kind.PERSON),
        ("When did the observatory open?", Kind.TIME),
        ("In which year did it open?", Kind.TIME),
        ("Where was Brand born?", Kind.PLACE),
        ("Which city did she study in?", Kind.PLACE),
        ("How many birds were ringed?", Kind.NUMBER),
        ("What percentage of the diet was fish?", Kind.NUMBER),
        ("How much did the generator cost?", Kind.MONEY),
        ("How long did the apprenticeship last? How long was it?", Kind.DURATION),
        ("Why did the chicks die?", Kind.REASON),
        ("Did rats kill the chicks?", Kind.YES_NO),
        ("Which ship ran aground?", Kind.NAME),
        ("What does a census count?", Kind.ANYTHING),
        ("", Kind.ANYTHING),
    ],
)
def test_the_kind_of_answer_is_told_from_the_question(question: str, kind: Kind) -> None:
    assert analyse(question, ANALYZER).kind is kind


def test_names_quotes_and_years_are_recognised() -> None:
    found = name_phrases('What did Sir Percival Strang say of "the straight bit" to Brand in 1932?')
    assert {"Sir Percival Strang", "the straight bit", "Brand", "1932"} == set(found)


def test_a_capital_at_the_beginning_alone_makes_no_name() -> None:
    assert name_phrases("Granite came from Corran Bay. Every block was dressed.") == ["Corran Bay"]


def test_a_simple_question_stays_whole() -> None:
    assert sub_questions("Who founded the observatory?") == ["Who founded the observatory?"]


def test_two_questions_in_one_are_divided_after_the_whole() -> None:
    whole = "Who founded the observatory, and when did it open?"
    assert sub_questions(whole) == [whole, "Who founded the observatory?", "When did it open?"]


def test_questions_in_a_row_are_divided() -> None:
    found = sub_questions("Who founded it? Where is it?")
    assert found[1:] == ["Who founded it?", "Where is it?"]


def test_a_description_is_asked_for_on_its_own() -> None:
    found = sub_questions("Who was the father of the woman who led the census?")
    assert found[1:] == ["Who led the census?"]


def test_both_sides_of_a_comparison_are_asked_for() -> None:
    found = sub_questions("What is the difference between the float gauge and the bubbler?")
    assert found[1:] == ["What is the float gauge?", "What is the bubbler?"]


def test_a_plan_keeps_to_its_limit_and_begins_with_the_question() -> None:
    whole = "Who built it, when did it open, and why did it close?"
    assert sub_questions(whole, limit=2) == [whole, "Who built it, when did it open?"]
    assert sub_questions(whole, limit=1) == [whole]
