"""Words, sentences and places."""

import time

import pytest

from rookery.domain.text import Span, locate, paragraphs, sentences, trim, words


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("It rose by 3.5 m. Then it fell.", ["It rose by 3.5 m. Then it fell."]),
        ("It rose by 3.5 metres. Then it fell.", ["It rose by 3.5 metres.", "Then it fell."]),
        ("Mr. J. R. Smith met Dr. Brand. They left.", ["Mr. J. R. Smith met Dr. Brand.", "They left."]),
        ("The U.S. Army came, e.g. in 1944. It left.", ["The U.S. Army came, e.g. in 1944.", "It left."]),
        ("See No. 5 and pp. 12. He said no. She went.", ["See No. 5 and pp. 12.", "He said no.", "She went."]),
        ('"Why?" she asked. "I know."', ['"Why?" she asked.', '"I know."']),
        ("It is known.[1][12] So is this.", ["It is known.[1][12]", "So is this."]),
        ("**Bold words.** Plain words.", ["**Bold words.**", "Plain words."]),
        ("日本語です。次の文！終わり", ["日本語です。", "次の文！", "終わり"]),
        ("هل هذا صحيح؟ نعم. حقا", ["هل هذا صحيح؟", "نعم.", "حقا"]),
        ("A line\nthat goes on. End", ["A line\nthat goes on.", "End"]),
        ("A paragraph\n \r\nanother", ["A paragraph", "another"]),
        ("A page\fanother", ["A page", "another"]),
        ("# Title\nText here.\n## Sub\nMore.", ["Title", "Text here.", "Sub", "More."]),
        ("Items:\n- one\n* two\n  3. three\n– four", ["Items:", "one", "two", "three", "four"]),
        ("| a | b |\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("III. The rescue\n\n1. The gauge", ["III. The rescue", "The gauge"]),
        ("  \n\t", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_words_keep_their_hyphens_apostrophes_and_dots() -> None:
    found = [match.group() for match in words("The look-out's U.S. flag, 7.314 m; l’île_x")]
    assert found == ["The", "look-out's", "U.S", "flag", "7.314", "m", "l’île", "x"]


def test_paragraphs_are_parted_by_blank_lines() -> None:
    text = " one\ntwo \n\n\n three\f\n"
    assert [text[start:end] for start, end in paragraphs(text, 0, len(text))] == ["one\ntwo", "three"]


def test_trim_leaves_an_empty_range_of_white_space() -> None:
    assert trim(" \n a b \n", 0, 8) == Span(3, 6)
    assert trim("   ", 1, 3) == Span(3, 3)


class TestLocate:
    def test_the_exact_place_is_preferred(self) -> None:
        assert locate("a  b, a b", "a b") == Span(6, 9)

    def test_runs_of_white_space_count_as_equal(self) -> None:
        text = "the light\r\n\u00a0was  out"
        span = locate(text, " the light was out\n")
        assert span is not None
        assert text[span.start : span.end] == text

    def test_the_first_of_several_places_is_taken(self) -> None:
        assert locate("aa aa aa", "aa") == Span(0, 2)

    @pytest.mark.parametrize("quote", ["", " ", "\n\t", "was in", "The light", "lightwas", ".*", "the [l]ight"])
    def test_what_is_not_there_has_no_place(self, quote: str) -> None:
        assert locate("the light was out", quote) is None


@pytest.mark.parametrize(
    "piece", ["word ", "x", ". ", ".", "a. ", "\n ", "\n- ", "- ", "!?", "[1]", "\n#", "Mr. ", ".\n\n"]
)
def test_sentences_take_linear_time(piece: str) -> None:
    started = time.process_time()
    sentences(piece * (300_000 // len(piece)))
    assert time.process_time() - started < 5


def test_a_long_quote_is_looked_for_in_linear_time() -> None:
    started = time.process_time()
    assert locate("a " * 100_000 + " " * 500_000, "a " * 100 + "b") is None
    assert time.process_time() - started < 5
