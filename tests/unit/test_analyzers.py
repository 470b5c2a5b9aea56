"""From words to terms."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from rookery.adapters.analyzers.plain import PlainAnalyzer
from rookery.adapters.analyzers.snowball import SnowballAnalyzer
from rookery.domain.errors import ConfigurationError


def test_forms_of_a_word_are_one_term() -> None:
    terms = SnowballAnalyzer().terms("counted counting counts COUNT")
    assert set(terms) == {"count"}
    assert len(terms) == 4


def test_stop_words_and_question_words_are_dropped() -> None:
    analyzer = SnowballAnalyzer()
    assert analyzer.terms("Who was the keeper of it, and what didn’t he do?") == ["keeper"]
    assert analyzer.term("the") is None


def test_the_month_of_may_is_kept() -> None:
    assert SnowballAnalyzer().term("May") == "may"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Brand's", "Brand’s"),
        ("Brand", "Brand's"),
        ("Zürich", "Zurich"),
        ("Þorvaldsdóttir", "Thorvaldsdottir"),
        ("11,340", "11340"),
        ("U.S.", "US"),
    ],
)
def test_spellings_of_one_word_are_one_term(one: str, other: str) -> None:
    analyzer = SnowballAnalyzer()
    assert analyzer.terms(one) == analyzer.terms(other)
    assert PlainAnalyzer().terms(one) == PlainAnalyzer().terms(other)


def test_a_compound_is_found_by_its_parts() -> None:
    assert SnowballAnalyzer().terms("tide-gauge") == SnowballAnalyzer().terms("tide gauge")


def test_decimals_stay_whole() -> None:
    assert PlainAnalyzer().terms("948.6 hPa") != PlainAnalyzer().terms("9486 hPa")


def test_scripts_without_spaces_are_divided_into_pairs() -> None:
    assert PlainAnalyzer().terms("潮汐观测") == ["潮汐", "汐观", "观测"]


def test_plain_terms_are_the_words_themselves() -> None:
    assert PlainAnalyzer().terms("The gauges were counted") == ["the", "gauges", "were", "counted"]
    assert PlainAnalyzer("english").terms("The gauges were counted") == ["gauges", "counted"]


def test_another_language_is_stemmed_by_its_own_rules() -> None:
    german = SnowballAnalyzer("german")
    assert german.terms("Häuser") == german.terms("Hauses")


def test_a_language_that_snowball_does_not_know_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="english"):
        SnowballAnalyzer("klingon")


def test_threads_share_an_analyzer() -> None:
    analyzer = SnowballAnalyzer()
    words = [f"counting{n} running walked" for n in range(2000)]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(analyzer.terms, words))
    assert together == [SnowballAnalyzer().terms(text) for text in words]
