"""Markdown in each service's own form: nothing is lost, and no limit is exceeded."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rookery.adapters.integrations.jira.adf import adf_of
from rookery.adapters.integrations.jira.adf_reading import markdown_of
from rookery.adapters.integrations.jira.wiki import wiki_of
from rookery.adapters.integrations.notion.blocks import parts_of
from rookery.adapters.integrations.slack.mrkdwn import messages_of, readable
from rookery.adapters.support.markdown import cut, divide, pack

REPORT = """\
# Who built it?

**Ansgar Lunde** built the _tide gauge_ in ~~1901~~ `1902` [1](https://kittiwake.test/a?b=1&c=2).

1. First
   - nested *here*
     - deeper
       - deepest
2. Second

> It was read by lamp.

```python
if a < b:
    print("gauge")
```

| Year | Who |
| --- | --- |
| 1902 | Lunde |

---

![a map](https://kittiwake.test/map.png)
"""
WORDS = [*re.findall(r"[A-Za-z0-9]{3,}", re.sub(r"https?://\S+?\)|python", "", REPORT))]

texts = st.lists(st.sampled_from([*REPORT.splitlines(), "", "\t", "<!channel> & <@U1>", "x" * 50, "é🦉"]), max_size=40)


def test_slack_gets_its_own_marks():
    [[text]] = messages_of(REPORT, title="A *title*")
    assert "*A *title**" in text
    assert "*Ansgar Lunde* built the _tide gauge_ in ~1901~ `1902` <https://kittiwake.test/a?b=1&amp;c=2|1>." in text
    assert "1. First\n    • nested _here_\n        • deeper" in text
    assert "> It was read by lamp." in text
    assert "```\nif a &lt; b:" in text
    assert "Year | Who\n1902 | Lunde" in text
    assert "<https://kittiwake.test/map.png|a map>" in text


def test_nobody_is_called_in_slack_by_what_an_agent_writes():
    [[text]] = messages_of("Hello <!channel> and <@U123> & <https://evil.test|bank>")
    assert "<" not in text.replace("<https", "")
    assert "&lt;!channel&gt;" in text


def test_what_people_write_in_slack_can_be_read():
    told = "<@U1> see <https://a.test/x|the page> in <#C1|general> &lt;now&gt; <https://b.test>"
    assert (
        readable(told, {"U1": "ingrid"}) == "@ingrid see [the page](https://a.test/x) in #general <now> https://b.test"
    )


def test_a_document_of_jira_reads_as_it_was_written():
    again = markdown_of(adf_of(REPORT))
    for piece in (
        "# Who built it?",
        "**Ansgar Lunde**",
        "*tide gauge*",
        "~~1901~~",
        "`1902`",
        "> It was read by lamp.",
    ):
        assert piece in again
    assert "[1](https://kittiwake.test/a?b=1&c=2)" in again
    assert "1. First\n   - nested *here*\n     - deeper\n       - deepest\n2. Second" in again
    assert '```python\nif a < b:\n    print("gauge")\n```' in again
    assert "| Year | Who |\n| --- | --- |\n| 1902 | Lunde |" in again.replace("| --- | --- |", "| --- | --- |")


def test_data_center_gets_wiki_markup():
    text = wiki_of(REPORT)
    assert text.startswith("h1. Who built it?")
    assert "*Ansgar Lunde* built the _tide gauge_ in -1901- {{1902}} [1|https://kittiwake.test/a?b=1&c=2]." in text
    assert "# First\n#* nested _here_\n#** deeper\n#*** deepest\n# Second" in text
    assert "{quote}\nIt was read by lamp.\n{quote}" in text
    assert '{code:python}\nif a < b:\n    print("gauge")\n{code}' in text
    assert "||Year||Who||\n|1902|Lunde|" in text


def _depth(node: dict) -> int:
    children = node[node["type"]].get("children", [])
    return 1 + max(map(_depth, children)) if children else 0


def _texts(node: dict) -> list[str]:
    content = node[node["type"]]
    rich = [*content.get("rich_text", []), *(piece for cell in content.get("cells", []) for piece in cell)]
    return [piece["text"]["content"] for piece in rich] + [
        text for child in content.get("children", []) for text in _texts(child)
    ]


def _blocks(node: dict) -> int:
    return 1 + sum(map(_blocks, node[node["type"]].get("children", [])))


@given(texts)
def test_no_request_to_notion_exceeds_its_limits(lines):
    for part in parts_of("\n".join(lines)):
        assert len(part) <= 100
        assert sum(map(_blocks, part)) <= 1000
        assert all(_depth(node) <= 2 for node in part)
        assert all(len(text) <= 2000 for node in part for text in _texts(node))


def test_notion_takes_lists_of_any_size_and_depth():
    deep = "\n".join(f"{'  ' * level}- level {level}" for level in range(9))
    wide = "- top\n" + "\n".join(f"  - item {n}" for n in range(250))
    parts = parts_of(f"{deep}\n\n{wide}\n\n{'long ' * 3000}")
    read = " ".join(text for part in parts for node in part for text in _texts(node))
    assert all(f"level {level}" in read for level in range(9))
    assert all(f"item {n}" in read for n in range(250))
    assert read.count("long") == 3000


@pytest.mark.parametrize(
    "render",
    [
        lambda text: "\n".join(section for message in messages_of(text) for section in message),
        lambda text: markdown_of(adf_of(text)),
        wiki_of,
        lambda text: "\n".join(piece for part in parts_of(text) for node in part for piece in _texts(node)),
    ],
    ids=["slack", "jira-cloud", "jira-data-center", "notion"],
)
def test_no_word_is_lost(render):
    rendered = render(REPORT)
    assert [word for word in WORDS if word not in rendered] == []


@given(texts)
def test_messages_of_slack_keep_its_limits(lines):
    for sections in messages_of("\n".join(lines * 8), "title"):
        assert 1 <= len(sections) <= 50
        assert all(1 <= len(section) <= 3000 for section in sections)
        assert sum(map(len, sections)) <= 4000


@given(st.text(alphabet="ab \n", max_size=300), st.integers(min_value=1, max_value=40))
def test_cutting_loses_white_space_only(text, limit):
    pieces = cut(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=20), max_size=20))
def test_packing_keeps_the_order_and_the_limit(pieces):
    packed = pack(pieces, 25, between=" ")
    assert all(len(text) <= 25 for text in packed)
    assert " ".join(packed).split() == pieces


@given(texts, st.integers(min_value=60, max_value=400))
def test_dividing_keeps_the_limit_and_all_words(lines, limit):
    text = "\n".join(lines)
    pieces = divide(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join(re.findall(r"\w", "".join(pieces))).count("x") == "".join(re.findall(r"\w", text)).count("x")


def test_code_that_is_cut_is_closed_and_opened_again():
    pieces = divide("```python\n" + "print('gauge')\n" * 40 + "```", 200)
    assert len(pieces) > 1
    assert all(piece.startswith("```python\n") and piece.endswith("\n```") for piece in pieces)
    assert sum(piece.count("print('gauge')") for piece in pieces) == 40
