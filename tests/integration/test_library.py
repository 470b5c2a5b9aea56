"""Rookery as a library."""

import pytest

from rookery import Rookery
from rookery.domain.errors import InvalidRequest
from rookery.domain.results import TaskStatus

pytestmark = pytest.mark.anyio


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.md"
    path.write_text("# Rooks\n\nRooks nest in tall elms.\n")
    return path


async def test_a_question_is_answered_in_a_few_lines(tmp_path, note):
    async with Rookery(home=tmp_path / "home") as rookery:
        result = await rookery.research("Where do rooks nest?", sources=[note])
        again = await rookery.research("Where do rooks nest?")
    assert result.status is TaskStatus.SUCCEEDED
    assert result.claims[0].text == "Rooks nest in tall elms."
    [citation] = result.citations
    assert note.read_text()[citation.start : citation.end] == citation.quote
    assert again.claims == result.claims


async def test_what_is_left_open_by_one_colony_is_there_for_the_next(tmp_path, note):
    for _ in range(2):
        async with Rookery(home=tmp_path / "home") as rookery:
            result = await rookery.research("Where do rooks nest?", sources=[note])
            assert result.claims


async def test_a_question_that_says_nothing_is_refused(tmp_path):
    async with Rookery(home=tmp_path / "home") as rookery:
        with pytest.raises((InvalidRequest, ValueError), match="no letter and no digit"):
            await rookery.research("?!")


def test_the_package_has_no_other_surprises():
    import rookery

    with pytest.raises(AttributeError, match="nonsense"):
        _ = rookery.nonsense
