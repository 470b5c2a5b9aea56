"""How snapshots become passages."""

import time

import pytest

from rookery.application.chunking import LONG, LONGEST_SENTENCE, SHORT, split
from rookery.domain.sources import Passage
from tests.support.evidence import a_snapshot

SENTENCE = "The tide gauge stood in a hut below the cliff and drew its curve on paper. "  # 75 characters


def passages_of(text: str, media_type: str = "text/markdown") -> list[Passage]:
    passages = split(a_snapshot(text, "A", media_type))
    assert all(text[passage.start : passage.end] == passage.text for passage in passages)
    assert "".join("".join(passage.text.split()) for passage in passages) == "".join(text.split())
    return passages


def test_a_passage_knows_its_snapshot_and_its_place_in_it() -> None:
    first, second = passages_of(SENTENCE * 5 + "\n\n" + SENTENCE * 5)
    assert (first.ordinal, second.ordinal) == (0, 1)
    assert second.id == f"{second.sha256[:16]}:1"
    assert (second.url, second.title, second.heading) == ("file:///a.md", "A", "")


def test_white_space_has_no_passage() -> None:
    assert passages_of(" \n\n\t\f ") == []


def test_headings_become_a_breadcrumb_and_begin_the_passage_below_them() -> None:
    text = f"# Point\n\n{SENTENCE}\n\n## The *set* ##\n{SENTENCE}\n### [Wind](w.md)\n{SENTENCE}\n## Sun\n{SENTENCE}"
    assert [(passage.heading, passage.text.split("\n")[0]) for passage in passages_of(text)] == [
        ("Point", "# Point"),
        ("Point › The set", "## The *set* ##"),
        ("Point › The set › Wind", "### [Wind](w.md)"),
        ("Point › Sun", "## Sun"),
    ]


def test_underlined_headings_count_and_rules_do_not() -> None:
    text = f"Point\n=====\n\n{SENTENCE}\n\nSet\n---\n\n{SENTENCE}\n\n---\n\n{SENTENCE}\nlast line\n---\n"
    assert [passage.heading for passage in passages_of(text)] == ["Point", "Point › Set"]


def test_headings_without_text_below_go_with_the_next_one() -> None:
    [passage] = passages_of(f"# One\n\n## Two\n\n### Three\n\n{SENTENCE}")
    assert passage.heading == "One › Two › Three"
    assert passage.text.startswith("# One")
    assert [passage.text for passage in passages_of("text\n\n# Last\n")] == ["text", "# Last"]


def test_what_stands_in_a_fence_or_front_matter_is_no_heading() -> None:
    fence = "~~~~sh\n# not a heading\n~~~\n~~~~"
    text = f"---\ntitle: x\n# comment: y\n---\n\n{SENTENCE}\n\n{fence}\n\n# Heading\n\n{SENTENCE}"
    assert [passage.heading for passage in passages_of(text)] == ["", "Heading"]


def test_short_neighbours_under_one_heading_are_put_together() -> None:
    short = "A short paragraph."
    assert [passage.text for passage in passages_of("\n\n".join([short] * 5))] == ["\n\n".join([short] * 5)]
    assert len(passages_of(f"# A\n\n{short}\n\n# B\n\n{short}")) == 2


def test_paragraphs_of_a_good_length_stay_alone() -> None:
    paragraph = SENTENCE * 5
    assert [passage.text for passage in passages_of(f"{paragraph}\n\n{paragraph}")] == [paragraph.strip()] * 2


def test_long_paragraphs_are_divided_between_sentences_into_like_parts() -> None:
    passages = passages_of(SENTENCE * 40)
    assert all(SHORT <= len(passage.text) <= LONG for passage in passages)
    assert all(passage.text.startswith("The tide") and passage.text.endswith("paper.") for passage in passages)


def test_a_list_or_table_of_moderate_size_is_kept_together() -> None:
    items = "\n".join(f"- item number {n} of the list" for n in range(25))
    rows = "| year | nests |\n|---|---|\n" + "\n".join(f"| {year} | {year * 3} |" for year in range(1959, 1990))
    assert items in [passage.text for passage in passages_of(f"{SENTENCE * 5}\n\n{items}\n\n{SENTENCE * 5}")]
    assert rows in [passage.text for passage in passages_of(f"{SENTENCE * 5}\n\n{rows}\n\n{SENTENCE * 5}")]


def test_a_long_list_is_divided_between_items() -> None:
    passages = passages_of("\n".join(f"- item number {n} of a list that does not end soon" for n in range(100)))
    assert all(passage.text.startswith("- item") and passage.text.endswith("soon") for passage in passages)


def test_a_long_sentence_stays_whole_until_it_is_too_long() -> None:
    whole = "word " * ((LONGEST_SENTENCE - 10) // 5) + "end."
    assert len(passages_of(f"{SENTENCE}{whole} {SENTENCE}")) == 3
    passages = passages_of("word " * 1000 + "end.")
    assert all(len(passage.text) <= LONG and passage.text.startswith(("word", "end")) for passage in passages)


def test_a_cut_in_an_endless_word_does_not_part_an_accent_from_its_letter() -> None:
    for shift in range(2):
        assert not any(passage.text[0] == "\u0301" for passage in passages_of("x" * shift + "e\u0301" * 3000))


def test_code_is_divided_at_blank_lines_and_never_inside_a_line() -> None:
    function = "def gauge(level):\n" + "    # measured. Twice. By hand.\n" * 12 + "    return level\n"
    passages = passages_of("\n\n".join([function] * 4), "text/x-python")
    assert [passage.text for passage in passages] == [function.strip()] * 4
    passages = passages_of("level = measure()  # First. Second. Third.\n" * 100, "text/x-python")
    assert all(passage.text.startswith("level") and passage.text.endswith("Third.") for passage in passages)


def test_prose_next_to_a_fence_is_still_divided_between_sentences() -> None:
    wrapped = (SENTENCE * 11).replace(" hut ", "\nhut ")
    fence = "```\n" + "line = 1\n" * 60 + "```"
    inside = [passage for passage in passages_of(f"{wrapped}\n{fence}") if "line = 1" not in passage.text]
    assert all(passage.text.endswith("paper.") for passage in inside)
    assert inside


def test_titles_of_plain_text_are_recognised() -> None:
    text = f"NAMES OF THE CLIFFS\n\n{SENTENCE * 5}\n\nThe island\n\n{SENTENCE * 5}\n\n{SENTENCE * 5}"
    assert [passage.heading for passage in passages_of(text, "text/plain")] == [
        "NAMES OF THE CLIFFS",
        "The island",
        "The island",
    ]


@pytest.mark.parametrize("line", ["It ended.", "and so on", "- item", "Is it?", "1912", "word " * 20])
def test_other_lines_that_stand_alone_are_no_titles(line: str) -> None:
    assert {passage.heading for passage in passages_of(f"{line}\n\n{SENTENCE * 5}", "text/plain")} == {""}


def test_verse_and_addresses_are_no_titles() -> None:
    assert {passage.heading for passage in passages_of("The Warden\n\nKittiwake Point\n\nRittay", "text/plain")} == {""}


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/x-python"])
@pytest.mark.parametrize("piece", ["word ", "x", "\n", "a\n\n", "# h\n", "```\n", "T\n==\n\n", "- ", "a. ", SENTENCE])
def test_hostile_texts_take_linear_time(piece: str, media_type: str) -> None:
    started = time.process_time()
    passages_of(piece * (500_000 // len(piece)), media_type)
    assert time.process_time() - started < 4


@pytest.mark.parametrize("piece", ["word ", "x"])
def test_twenty_megabytes_without_a_break_take_seconds(piece: str) -> None:
    started = time.process_time()
    assert len(passages_of(piece * (20_000_000 // len(piece)), "text/plain")) > 20_000
    assert time.process_time() - started < 20
