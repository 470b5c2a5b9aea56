"""How snapshots become passages."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def body(lines: int, indent: str = "    ") -> str:
    return "".join(f"{indent}level_{number} = measure(the_gauge, at={number})\n" for number in range(lines))


def headings_of(text: str, language: str) -> list[str]:
    return [passage.heading for passage in passages_of(text, f"text/x-{language}")]


def test_a_function_is_a_passage_with_its_comments_and_decorators() -> None:
    first = f"@cached(\n    size=3,\n)\ndef read(\n    gauge,\n):\n{body(8)}"
    second = f"# What follows\n# draws.\nasync def draw(pen):\n{body(8)}"
    text = f"import os\n\n\n{first}\n\n{second}\n\nprint(read(1))\n" + body(12, "")
    passages = passages_of(text, "text/x-python")
    assert [passage.heading for passage in passages] == ["", "draw", ""]
    assert passages[0].text.endswith(first.strip())
    assert passages[1].text == second.strip()


def test_a_method_knows_its_class() -> None:
    methods = "\n".join(f"    def method_{number}(self):\n{body(12, ' ' * 8)}" for number in range(2))
    text = f'class Gauge:\n    """Measures."""\n\n{body(8)}\n{methods}'
    assert headings_of(text, "python") == ["Gauge", "Gauge › method_0", "Gauge › method_1"]


def test_a_long_function_is_divided_and_all_parts_know_its_name() -> None:
    assert headings_of(f"def short():\n{body(8)}\ndef long():\n{body(60)}", "python") == ["short"] + ["long"] * 3


def test_short_functions_are_put_together_inside_what_is_around_them_and_not_across_it() -> None:
    small = "".join(f"    def m{number}(self):\n        return {number}\n\n" for number in range(60))
    passages = passages_of(f"import os\n\n\nclass Gauge:\n{small}\nlast = Gauge()\n", "text/x-python")
    assert {passage.heading for passage in passages[1:-1]} == {"Gauge"}
    assert all(passage.text.startswith(("class", "def")) for passage in passages[1:-1])
    assert (passages[0].text, passages[-1].text) == ("import os", "last = Gauge()")


def test_what_stands_in_strings_and_comments_is_no_definition() -> None:
    fake = f'NOTE = """\ndef fake():\n{body(10)}"""\n# def other():\n'
    assert set(headings_of(f"{fake}\ndef real():\n{body(14)}", "python")) == {"", "real"}


@pytest.mark.parametrize(
    ("language", "first", "last", "name"),
    [
        ("c", "static int\tadd(int a,\n               int b)\n{", "}", "add"),
        ("c++", "int Box::area() const {", "}", "Box::area"),
        ("java", "    @Override\n    public List<String> run(Map<String, Integer> m) throws E {", "    }", "run"),
        ("csharp", "[Fact]\npublic async Task<int> Go(string a)\n{", "}", "Go"),
        ("go", "// Read reads.\nfunc (g *Gauge) Read(x int) (int, error) {", "}", "Read"),
        ("rust", "#[inline]\npub(crate) fn go<T>(x: T) -> Option<()>\nwhere\n    T: Copy,\n{", "}", "go"),
        ("rust", "impl<'a> fmt::Display for Foo<'a> {", "}", "fmt::Display for Foo<'a>"),
        ("javascript", "export default function App({ a }) {", "}", "App"),
        ("typescript", "export const use = async (a: string): Promise<void> => {", "};", "use"),
        ("kotlin", "suspend fun go(x: Int): Int {", "}", "go"),
        ("swift", "public func go(_ x: Int) -> Int {", "}", "go"),
        ("php", "public static function go($x) {", "}", "go"),
        ("ruby", "def self.go?(a)", "end", "self.go?"),
        ("lua", "local function go(a)", "end", "go"),
        ("sh", "go() {", "}", "go"),
        ("r", "go <- function(x) {", "}", "go"),
        ("lisp", "(defun go (x)", "    )", "go"),
        ("sql", "CREATE OR REPLACE VIEW tides.high AS", "    ;", "tides.high"),
        ("yaml", "services:", "    last: 1", "services"),
        ("terraform", 'resource "aws_instance" "web" {', "}", 'resource "aws_instance" "web"'),
        ("make", "build: main.c", "    last", "build"),
    ],
)
def test_definitions_of_many_languages_are_found(language: str, first: str, last: str, name: str) -> None:
    indent = " " * (len(first) - len(first.lstrip()) + 4)
    definition = f"{first}\n{body(10, indent)}{last}\n"
    found = passages_of(f"{definition}\n{body(40, indent[4:])}", f"text/x-{language}")
    assert found[0].text == definition.strip()
    assert [passage.heading for passage in found] == [name] + [""] * (len(found) - 1)


def test_sections_of_settings_are_headings() -> None:
    text = "".join(f"[tool.{name}]\n{body(14, '')}\n" for name in ("one", "two"))
    assert headings_of(text, "toml") == ["tool.one", "tool.two"]


LINES = [
    *(
        "def f(a):",
        "class A:",
        "    def m(self):",
        "        x = 1",
        "    x",
        "x",
        "}",
        "{",
        "end",
        ")",
        "",
        "@d",
        "# c",
    ),
    *("fn go() {", "int add(int a,", "[tool]", "key:", '"""', "'''", "`", "/*", "*/", "// c", "\tx", "e\u0301" * 500),
]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(LINES), max_size=60).map("\n".join) | st.text(max_size=200),
    st.sampled_from(["python", "c", "ruby", "toml", "yaml", "lisp", "sql", "xml", "unknown"]),
)
def test_whatever_the_code_its_passages_are_its_ranges_in_order(text: str, language: str) -> None:
    passages = passages_of(text * 3, f"text/x-{language}")
    assert all(one.end <= other.start for one, other in pairwise(passages))


HOSTILE = ["word ", "x", "\n", "a\n\n", "# h\n", "```\n", "T\n==\n\n", "- ", "a. ", SENTENCE]
HOSTILE_CODE = ["def f():\n", " def f(\n", '"""', '"', "/*", "(", "x(y, ", "int a(b) {", "}\n", "a: ", "@d\n", "a\n\n"]


@pytest.mark.parametrize(
    ("media_type", "piece"),
    [
        *((media_type, piece) for media_type in ("text/plain", "text/markdown") for piece in HOSTILE),
        *((media_type, piece) for media_type in ("text/x-python", "text/x-c") for piece in HOSTILE_CODE),
    ],
)
def test_hostile_texts_take_linear_time(piece: str, media_type: str) -> None:
    started = time.process_time()
    passages_of(piece * (300_000 // len(piece)), media_type)
    assert time.process_time() - started < 4


@pytest.mark.parametrize("piece", ["word ", "x"])
def test_twenty_megabytes_without_a_break_take_seconds(piece: str) -> None:
    started = time.process_time()
    assert len(passages_of(piece * (20_000_000 // len(piece)), "text/plain")) > 20_000
    assert time.process_time() - started < 20
