"""What people correct, and what agents can learn of it."""

from pytest_bdd import parsers, then, when

from rookery.domain.tuning import Example
from tests.support.desk import Desk


def _examples(desk: Desk) -> list[Example]:
    found = desk.wait(desk.container.collect_examples()("writer"))
    return [example for example in found if example.run_id == desk.runs[-1].id]


@when(parsers.parse('I say that the first claim should have been "{text}"'))
def correct(desk: Desk, text: str) -> None:
    desk.wait(desk.container.correct_claim()(desk.runs[-1], 1, text))


@then("the writer can learn the answer")
def learns_answer(desk: Desk) -> None:
    [example] = _examples(desk)
    assert example.grounds == "verified"
    assert desk.result.claims[0].text in example.reply


@then(parsers.parse('the writer can learn "{text}"'))
def learns(desk: Desk, text: str) -> None:
    [example] = _examples(desk)
    assert example.grounds == "corrected"
    assert text in example.reply
    assert desk.result.claims[0].text not in example.reply


@then("the writer can learn nothing of it")
def learns_nothing(desk: Desk) -> None:
    assert _examples(desk) == []


@then("the answer is what it was")
def unchanged(desk: Desk) -> None:
    kept = desk.wait(desk.container.run_store().get(desk.runs[-1].id))
    assert kept.result == desk.result


@then("the key is not in what was noted")
def not_kept(desk: Desk) -> None:
    noted = desk.wait(desk.container.corrections().of_run(desk.runs[-1].id))
    assert [correction.text for correction in noted] != []
    assert all("sk-ant" not in correction.text for correction in noted)
