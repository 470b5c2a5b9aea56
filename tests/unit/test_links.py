"""Addresses in texts, and Markdown that does nothing by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rookery.domain.links import LEFT_OUT, addresses, inert, strangers, without

ACTIVE = {"image", "link_open", "html_inline", "html_block"}
MARKDOWN = MarkdownIt("commonmark")


def active(markdown):
    """Return what a reader of Markdown would fetch, hide or run."""
    tokens = [token for block in MARKDOWN.parse(markdown) for token in (block, *(block.children or []))]
    return [token.type for token in tokens if token.type in ACTIVE]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See http://a.example/x?y=1, and (https://b.example/z).", ["http://a.example/x?y=1", "https://b.example/z"]),
        ("www.rooks.example!", ["www.rooks.example"]),
        ("![x](http://a.example/p.png)", ["http://a.example/p.png"]),
        ("HTTP://A.example and http://a.example", ["HTTP://A.example", "http://a.example"]),
        ("either/or, e.g. a:b, 12:30", []),
    ],
)
def test_addresses_are_found_without_the_punctuation_around_them(text, found):
    assert addresses(text) == found


def test_an_address_counts_as_read_only_where_it_stands_whole():
    known = ["It is at https://a.example/rooks (in English)."]
    assert strangers("https://a.example/rooks", known) == []
    assert strangers("https://a.example/rooks?secret=1", known) == ["https://a.example/rooks?secret=1"]
    assert strangers("https://a.example/roo", known) == ["https://a.example/roo"]


def test_what_is_left_out_is_seen_to_be_left_out():
    text = "See http://a.example/x and http://a.example/x/y."
    assert without(text, ["http://a.example/x", "http://a.example/x/y"]) == f"See {LEFT_OUT} and {LEFT_OUT}."


@pytest.mark.parametrize(
    "text",
    [
        "![rooks](http://evil.example/?q=secret)",
        "[click here](http://evil.example)",
        "[click][1]\n\n[1]: http://evil.example",
        "![a]\n\n[a]: http://evil.example",
        "<img src=http://evil.example/p.png>",
        "<http://evil.example>",
        "<script>alert(1)</script>",
        "<!-- hidden -->",
        "[![a](http://evil.example/p)](http://evil.example)",
        r"\\![a](http://evil.example)",
        r"\\[a\\](http://evil.example)",
        r"\\<img src=x>",
        "![over\ntwo lines](http://evil.example)",
        "![a](<http://evil.example/with space>)",
        "[a] (http://evil.example)",
    ],
)
def test_no_image_no_link_and_no_html_is_left(text):
    assert active(text) or "] (" in text
    assert active(inert(text)) == []


@given(st.lists(st.sampled_from(["!", "[", "]", "(", ")", "<", ">", "\\", ":", "a", " ", "\n", "/", "x"]), max_size=30))
def test_nothing_that_anybody_writes_is_active(pieces):
    assert active(inert("".join(pieces))) == []


def test_a_text_without_any_of_that_stays_as_it_is():
    text = "Rooks nest in f(x) < 3 elms, see note [1] and *Corvus*. 2 [sic] C:\\birds"
    assert inert(text) == text
