"""A sentence may not say more than its quotes."""

import pytest

from rookery.domain.backing import unbacked

QUOTE = "Lucien Méridot built the tide gauge in 1887, at a cost of 1,250 crowns; it’s 3.5 m high."


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("The tide gauge was built by Lucien Meridot in 1887.", []),
        ("Méridot's gauge cost 1,250 crowns.", []),
        ("It is 3.5 m high.", []),
        ("Somebody built it in the nineteenth century.", []),
        ("The tide gauge was built in 1888.", ["1888"]),
        ("The tide gauge was built by Agnes Fell in 1887.", ["Agnes", "Fell"]),
        ("It cost 1250 crowns.", []),
        ("It cost 250 crowns.", ["250"]),
        ("It was built. Then Méridot left for Besançon, and Besançon only.", ["Besançon"]),
        ("", []),
    ],
)
def test_figures_and_names_that_no_quote_has_are_found(text, missing):
    assert unbacked(text, [QUOTE]) == missing


def test_what_the_question_names_needs_no_quote():
    assert (
        unbacked("The gauge at Kittiwake Point is of 1887.", [QUOTE, "Who built the gauge at Kittiwake Point?"]) == []
    )
