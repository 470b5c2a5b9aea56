"""What the form of a memory and of a query tells."""

from datetime import UTC, datetime

import pytest

from rookery.domain.cues import Asked, Cues, Period, asked, cues_of

SPEAKERS = {"ada", "grace hopper", "zoë"}


@pytest.mark.parametrize(
    ("content", "speaker"),
    [
        ("Ada: I went to the lake.", "ada"),
        ("  Grace Hopper:  I found a moth.", "grace hopper"),
        ("Zoë: hello", "zoë"),
        ("Dr. O’Brien: well, yes", "dr. o’brien"),
        ("ADA: I shout", "ada"),
        ("Rooks nest in elms.", ""),
        ("At 10:30 we met", ""),
        ("https://example.org/a: the page", ""),
        ("Note:no space", ""),
        ("one two three four: too many words for a name", ""),
        ("Ada:", ""),
        ("Ada:   ", ""),
        ("", ""),
        (": nobody", ""),
    ],
)
def test_who_is_named_before_a_colon_speaks(content: str, speaker: str) -> None:
    assert cues_of(content).speaker == speaker


def test_a_tag_names_the_speaker_and_goes_before_what_the_text_says() -> None:
    assert cues_of("Ada: I went.", ["mood:glad", "speaker: Grace Hopper "]).speaker == "grace hopper"
    assert cues_of("I went.", ["speaker:ADA", "speaker:Zoë"]).speaker == "ada"
    assert cues_of("Ada: I went.", ["speaker:"]).speaker == ""


@pytest.mark.parametrize(
    ("content", "cues"),
    [
        ("Did you see it?", Cues(asks=True, only_asks=True)),
        ("I saw a heron by the old mill this dry and windless afternoon of ours, near dusk. Did you?", Cues(asks=True)),
        ("Did you see the heron by the old mill? Was it the grey one? Or the white?", Cues(asks=True, only_asks=True)),
        ("Is it? I think so.", Cues()),
        ("I saw it.", Cues()),
        ("", Cues()),
        ("?", Cues(asks=True, only_asks=True)),
    ],
)
def test_a_question_is_told_from_what_says_something(content: str, cues: Cues) -> None:
    assert cues_of(content)._replace(tells_time=False) == cues


@pytest.mark.parametrize(
    "content",
    [
        "I went there yesterday.",
        "We met LAST WEEK",
        "two years ago",
        "It was on Monday.",
        "in 1998",
        "since May",
        "I just moved.",
        "It took 3 days.",
    ],
)
def test_a_text_that_tells_a_time_is_known(content: str) -> None:
    assert cues_of(content).tells_time


@pytest.mark.parametrize("content", ["Rooks nest in elms.", "a justified weekday", "room 3021", "mayhem", ""])
def test_a_text_that_tells_no_time_is_known_too(content: str) -> None:
    assert not cues_of(content).tells_time


@pytest.mark.parametrize(
    ("query", "speaker"),
    [
        ("What did Ada's sister paint?", "ada"),
        ("Where does Grace live?", "grace hopper"),
        ("Where does Grace Hopper live?", "grace hopper"),
        ("What did ADA say?", "ada"),
        ("what did ada say?", ""),  # names have a capital
        ("What did Ada tell Zoë?", ""),  # two are named
        ("What does Hopper do?", ""),
        ("What did anybody say?", ""),
        ("Did Zoë’s cat come back?", "zoë"),
    ],
)
def test_the_one_speaker_that_a_query_names_is_known(query: str, speaker: str) -> None:
    assert asked(query, SPEAKERS).speaker == speaker


def test_names_and_question_words_are_left_out_of_what_is_looked_up() -> None:
    form = asked("What did Ada's sister paint in the old mill?", SPEAKERS)
    assert form.bare == "sister paint in the old mill"
    assert form.content == "What did sister paint in the old mill"
    assert asked("Where did Grace Hopper go?", SPEAKERS).bare == "go"


@pytest.mark.parametrize("query", ["Ada", "What?", "Ada's?", "?!", "   ", "¿"])
def test_a_query_of_nothing_else_is_looked_up_as_it_is(query: str) -> None:
    form = asked(query, SPEAKERS)
    assert form.bare == query
    assert form.content


def test_a_query_is_known_to_ask_for_a_time() -> None:
    for query in ("When did she go?", " how long did it take", "In which year was it?", "What was the date of that?"):
        assert asked(query, []).for_time
    for query in ("Where was it when he came?", "What day-trip did she like best, and why?", "whenever", "Who?"):
        assert asked(query, []).for_time == (query.startswith("What day"))


@pytest.mark.parametrize(
    ("query", "periods"),
    [
        ("in May 2023", [Period(5, 2023, None)]),
        ("on 7 May 2023", [Period(5, 2023, 7)]),
        ("on the 22nd of november", [Period(11, None, 22)]),
        ("June 3rd, 1999", [Period(6, 1999, 3)]),
        ("in May", [Period(5, None, None)]),
        ("May I come in?", []),
        ("it may rain", []),
        ("in march and in August 2021", [Period(3, None, None), Period(8, 2021, None)]),
        ("a marching band", []),
        ("in 2023", []),
    ],
)
def test_the_times_that_a_query_names_are_known(query: str, periods: list[Period]) -> None:
    assert asked(query, []).periods == periods


@pytest.mark.parametrize(
    ("period", "moment", "nearness"),
    [
        (Period(5, 2023, None), "2023-05-01", 1.0),
        (Period(5, 2023, None), "2023-05-31", 1.0),
        (Period(5, 2023, None), "2023-06-09", 0.5),
        (Period(5, 2023, None), "2023-06-12", 0.0),
        (Period(5, 2023, None), "2023-04-30", 0.0),
        (Period(12, 2023, None), "2023-12-31", 1.0),
        (Period(12, 2023, None), "2024-01-05", 0.5),
        (Period(5, None, None), "1987-05-05", 1.0),
        (Period(12, None, None), "1988-01-05", 0.5),  # of the December before
        (Period(5, 2023, 7), "2023-05-06", 1.0),
        (Period(5, 2023, 7), "2023-05-15", 1.0),
        (Period(5, 2023, 7), "2023-05-30", 0.4),
        (Period(5, 2023, 7), "2023-04-28", 0.4),
        (Period(5, 2023, 7), "2023-07-01", 0.0),
        (Period(2, 2023, 30), "2023-02-28", 0.0),  # no such day
    ],
)
def test_what_is_told_in_a_period_or_soon_after_fits_it(period: Period, moment: str, nearness: float) -> None:
    assert period.nearness(datetime.fromisoformat(moment).replace(tzinfo=UTC)) == nearness


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize(
    "query", ["in January", "on 1 January", "in December", "on 31 December", "on 31 December 1000"]
)
def test_the_first_and_the_last_year_of_the_calendar_break_nothing(year: int, query: str) -> None:
    for moment in (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, 23, 59, tzinfo=UTC)):
        for period in asked(query, []).periods:
            assert 0.0 <= period.nearness(moment) <= 1.0


def test_in_another_language_a_query_is_looked_up_by_words_alone() -> None:
    assert asked("Wann war das Fest?", []) == Asked("Wann war das Fest", "Wann war das Fest", "", [], for_time=False)
