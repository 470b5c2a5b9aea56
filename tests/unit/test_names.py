"""Names in texts."""

import pytest

from rookery.domain.names import name_key, names, phrases, plain_words


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Aule (river)", "aule"),
        ("Méridot’s Bridge", "meridot bridge"),
        ("Marks & Spencer", "marks spencer"),
        ("A House Without Clocks", "house without clocks"),
        ("J. Smith", "j smith"),
        ("1987", ""),
        ("It", ""),
        ("", ""),
    ],
)
def test_the_key_of_a_name_is_the_same_wherever_it_stands(name: str, key: str) -> None:
    assert name_key(name) == key


def test_a_name_is_found_among_the_words_of_a_text_whole_only() -> None:
    text = plain_words("She crossed the AULE, then Méridot's bridge.")
    assert f" {name_key('Aule (river)')} " in text
    assert f" {name_key('Méridot’s Bridge')} " in text
    assert f" {name_key('Méridot’s Bridges')} " not in text


def test_names_begin_with_capital_letters_and_go_on_over_small_words() -> None:
    text = "He met Guy de Maupassant near the Bank of England and J. Smith of Port Averil."
    assert names(text)[:3] == ["guy de maupassant", "maupassant", "bank of england"]
    assert "port averil" in names(text)


def test_a_single_word_at_the_beginning_of_a_sentence_is_no_name_but_may_go_before_one() -> None:
    assert names("Visitors came. Yesterday Lucien Méridot left. In Ornans nobody saw him again.") == [
        "yesterday lucien meridot",
        "lucien meridot",
        "in ornans",
        "ornans",
    ]


def test_a_name_ends_with_its_sentence() -> None:
    assert names("It was at Dunmore College. Vale Royal is near.") == ["dunmore college", "vale royal", "royal"]


def test_a_phrase_neither_begins_nor_ends_with_a_small_word() -> None:
    found = phrases("the riemann integral is of use in the bank of england")
    assert {"riemann integral", "bank of england", "use in the bank of england"} <= found
    assert not any(
        phrase.startswith(("of ", "in ", "is ")) or phrase.endswith((" of", " the", " is")) for phrase in found
    )


def test_a_long_text_has_phrases_in_proportion_to_its_length() -> None:
    words = [f"word{number}" for number in range(2000)]
    assert len(phrases(" ".join(words))) < 8 * len(words)
