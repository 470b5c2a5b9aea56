"""Whatever the text, a citation is a verbatim range of its snapshot, or there is none."""

import html
import io
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rookery.adapters.readers.documents import Content, File, Settings
from rookery.adapters.readers.html import read_html
from rookery.adapters.readers.pdf import read_pdf
from rookery.application.chunking import LONG, LONGEST_SENTENCE, split
from rookery.domain.citations import cite, place_quote
from rookery.domain.reasoning import Evidence, Quote
from rookery.domain.redaction import redact
from rookery.domain.results import Citation
from rookery.domain.sources import Passage, Snapshot
from rookery.domain.text import locate, sentences
from tests.support.evidence import a_snapshot

MEDIA_TYPES = ["text/plain", "text/markdown", "text/html", "application/pdf", "text/x-python", "text/csv"]

bounded = settings(max_examples=120)
slow = settings(max_examples=25)

WHITE_SPACE = ["\r\n", "\n", "\n\n", "\r", "\f", "\t", " ", "\u00a0", "\u2028", "\x85"]
MARKS = ["# ", "## Head\n", "- ", "1. ", "| a | b |\n", "```\n", "---\n", "===\n", "[1]", "&amp;", "&#233;"]
LETTERS = ["e\u0301", "\u0301", "👩\u200d🚀", "𝔘", "ﬁ", "\u202eאבג", "مرحبا؟", "日本。", "Mr. ", "word ", "x" * 400]
SENTENCES = ["The light was out. ", "The light was out. ", "out. out. out.", "(“Why?” she asked.) "]
fragments = (
    st.sampled_from(WHITE_SPACE) | st.sampled_from(MARKS) | st.sampled_from(LETTERS) | st.sampled_from(SENTENCES)
)
texts = st.lists(fragments | st.text(max_size=20), max_size=40).map("".join) | st.tuples(
    st.lists(fragments, min_size=1, max_size=6).map("".join), st.integers(1, 150)
).map(lambda repeated: repeated[0] * repeated[1])
spaces = st.text(alphabet=" \n\t\r\u00a0\u2003\u2028", min_size=1, max_size=3)


def lock(snapshot: Snapshot, passage: Passage, quote: str) -> Citation | None:
    """Do what a run does with a quote that a model gave."""
    span = place_quote(passage, Quote(passage_id=passage.id, quote=quote, score=1))
    if span is None:
        return None
    evidence = Evidence(
        id=1,
        passage=passage,
        quote=snapshot.text[span.start : span.end],
        start=span.start,
        end=span.end,
        sub_question="?",
        score=1,
        agent_id="r",
    )
    return cite(evidence, snapshot, number=1)


def assert_every_sentence_can_be_cited(snapshot: Snapshot) -> int:
    count = 0
    for passage in split(snapshot):
        for start, end in sentences(passage.text):
            quote = passage.text[start:end]
            citation = lock(snapshot, passage, quote)
            assert citation is not None
            assert snapshot.text[citation.start : citation.end] == citation.quote == quote
            count += 1
    return count


@bounded
@given(texts, st.sampled_from(MEDIA_TYPES))
def test_passages_are_ranges_of_the_text_in_order_and_cover_it(text: str, media_type: str) -> None:
    snapshot = a_snapshot(text, media_type=media_type)
    passages = split(snapshot)
    end = 0
    for ordinal, passage in enumerate(passages):
        assert (passage.ordinal, passage.id) == (ordinal, f"{snapshot.sha256[:16]}:{ordinal}")
        assert end <= passage.start < passage.end <= len(text)
        assert not text[end : passage.start].strip()
        assert text[passage.start : passage.end] == passage.text == passage.text.strip()
        end = passage.end
    assert not text[end:].strip()


@bounded
@given(texts)
def test_no_passage_of_prose_ends_inside_a_sentence_unless_that_is_very_long(text: str) -> None:
    for mark in ("#", "```", "~~~", "---", "==="):  # headings and code have rules of their own
        text = text.replace(mark, "")
    cuts = {passage.end for passage in split(a_snapshot(text))}
    parted = [span for span in sentences(text) if any(span.start < cut < span.end for cut in cuts)]
    assert all(span.end - span.start > LONGEST_SENTENCE - LONG for span in parted)


@bounded
@given(texts)
def test_sentences_lie_inside_their_text_in_order(text: str) -> None:
    end = 0
    for span in sentences(text):
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end


@bounded
@given(texts, st.sampled_from(MEDIA_TYPES))
def test_every_sentence_of_every_passage_can_be_cited(text: str, media_type: str) -> None:
    assert_every_sentence_can_be_cited(a_snapshot(text, media_type=media_type))


@bounded
@given(texts, st.data())
def test_any_range_can_be_cited_though_its_white_space_was_mangled(text: str, data: st.DataObject) -> None:
    snapshot = a_snapshot(text)
    passages = split(snapshot)
    assume(passages)
    passage = data.draw(st.sampled_from(passages))
    start = data.draw(st.integers(0, len(passage.text) - 1))
    pieces = passage.text[start : data.draw(st.integers(start + 1, min(len(passage.text), start + 200)))].split()
    assume(pieces)
    mangled = "".join(data.draw(spaces) + piece for piece in pieces)
    citation = lock(snapshot, passage, mangled)
    assert citation is not None
    assert citation.quote == snapshot.text[citation.start : citation.end]
    assert citation.quote.split() == pieces
    assert passage.start <= citation.start < citation.end <= passage.end


@bounded
@given(texts, texts | st.text(max_size=5))
def test_a_quote_locks_exactly_when_its_words_stand_in_the_text_in_that_order(text: str, quote: str) -> None:
    span = locate(text, quote)
    is_there = bool(quote.split()) and " ".join(quote.split()) in " ".join(text.split())
    assert (span is not None) == is_there
    if span is not None:
        assert text[span.start : span.end].split() == quote.split()


@bounded
@given(texts, st.integers(0, 2000), st.sampled_from("§¤‡"))
def test_a_quote_with_one_strange_character_never_locks(text: str, place: int, stranger: str) -> None:
    text = text.replace(stranger, "")
    snapshot = a_snapshot(text)
    for passage in split(snapshot):
        at = place % (len(passage.text) + 1)
        assert lock(snapshot, passage, passage.text[:at] + stranger + passage.text[at:]) is None


@bounded
@given(texts, texts)
def test_evidence_from_another_snapshot_is_not_cited(text: str, other: str) -> None:
    assume(text != other)
    for passage in split(a_snapshot(text))[:3]:
        citation = lock(a_snapshot(other), passage, passage.text)
        assert citation is None


@bounded
@given(texts)
def test_what_is_left_after_redaction_can_be_cited_too(text: str) -> None:
    credential = "gh" + "p_" + "a1B2" * 9
    clean = redact(f"{text} {credential}. {text}")
    assert credential not in clean.text
    assert_every_sentence_can_be_cited(a_snapshot(clean.text))


word = st.text(alphabet="abcdefghilmnoprstuv", min_size=2, max_size=11)
accented = st.sampled_from(["café", "Méridot", "naïve", "Þorvaldur", "a<b", "AT&T", "“so”", "—", "5 %"])


def sentence_of(words: list[str]) -> str:
    return "Once " + " ".join(words) + " end."


def all_differ(paragraphs: list[list[str]]) -> bool:
    """Sentences that come again at the edge of a page may be its header."""
    flat = [sentence for paragraph in paragraphs for sentence in paragraph]
    return len(set(flat)) == len(flat)


prose = st.lists(
    st.lists(st.lists(word, min_size=3, max_size=14).map(sentence_of), min_size=2, max_size=6), min_size=1, max_size=6
).filter(all_differ)


def make_pdf(paragraphs: list[list[str]], *, hyphenate: bool) -> bytes:
    pdf = FPDF(format=(148, 210))
    pdf.set_font("helvetica", size=14)
    pdf.add_page()
    for sentences_of_paragraph in paragraphs:
        text = " ".join(sentences_of_paragraph)
        if hyphenate:
            text = " ".join(w[:4] + "\u00ad" + w[4:] if len(w) > 7 else w for w in text.split(" "))
        pdf.multi_cell(w=0, text=text, align="L")
        pdf.ln(4)
    return bytes(pdf.output())


def read_as_pdf(data: bytes) -> Content:
    return read_pdf(File(Path("/a.pdf"), "/a.pdf", data), Settings())


@slow
@given(prose, st.booleans())
def test_pdfs_are_read_into_text_whose_every_sentence_can_be_cited(
    paragraphs: list[list[str]],
    hyphenate: bool,  # noqa: FBT001 - hypothesis draws it
) -> None:
    content = read_as_pdf(make_pdf(paragraphs, hyphenate=hyphenate))
    snapshot = a_snapshot(content.text, media_type="application/pdf")
    assert assert_every_sentence_can_be_cited(snapshot) >= 1
    for sentence in (sentence for paragraph in paragraphs for sentence in paragraph):
        assert locate(content.text, sentence) is not None


@pytest.mark.parametrize(("letter", "ligature"), [("Þ", "fi"), ("ß", "fl")])
def test_ligatures_of_a_pdf_become_letters(letter: str, ligature: str) -> None:
    """In the Mac's encoding the codes of Þ and ß are those of the ligatures fi and fl."""
    pdf = FPDF()
    pdf.set_compression(False)
    pdf.set_font("helvetica", size=12)
    pdf.add_page()
    pdf.cell(text=f"The {letter}re was {letter}at.")
    data = bytes(pdf.output()).replace(b"/Encoding /WinAnsiEncoding", b"/Encoding/MacRomanEncoding")
    content = read_as_pdf(data)
    assert content.text == f"The {ligature}re was {ligature}at."
    assert_every_sentence_can_be_cited(a_snapshot(content.text, media_type="application/pdf"))


@slow
@given(
    st.lists(
        st.lists(st.lists(word | accented, min_size=3, max_size=12).map(sentence_of), min_size=1, max_size=5),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["utf-8", "utf-16"]),
    st.sampled_from(["xmlcharrefreplace", "strict"]),
)
def test_pages_are_read_into_text_whose_every_sentence_can_be_cited(
    paragraphs: list[list[str]], encoding: str, references: str
) -> None:
    page = io.StringIO()
    page.write("<!doctype html><html><head><title>T</title></head><body><article><h1>Head</h1>")
    for paragraph in paragraphs:
        page.write(f"<p>{html.escape(' '.join(paragraph)).replace(' ', '&nbsp;', 1)}</p><ul><li>item</li></ul>")
    page.write("</article></body></html>")
    markup = page.getvalue()
    if references == "xmlcharrefreplace":
        markup = markup.encode("ascii", references).decode()
    content = read_html(File(Path("/a.html"), "/a.html", markup.encode(encoding)), Settings())
    assert assert_every_sentence_can_be_cited(a_snapshot(content.text, media_type="text/html")) >= len(paragraphs)
    for sentence in (sentence for paragraph in paragraphs for sentence in paragraph):
        assert locate(content.text, sentence) is not None
