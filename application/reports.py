"""Results as documents that stand alone."""

from collections.abc import Sequence
from html import escape
from string import Template
from urllib.parse import unquote, urlsplit

from rookery.domain.links import inert
from rookery.domain.results import Citation, Claim, TaskResult

MODEL_NAMES = {"extractive": "extractive (no language model; verbatim sentences)"}

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>$title</title>
<style>
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
blockquote { margin: .25rem 0 1rem; padding-left: 1rem; border-left: 3px solid #999 }
</style>
<h1>$title</h1>
$claims
$sources
$notes
<p><small>Status: $status. Written by: $model.</small></p>
</html>
""")


def model_name(model: str) -> str:
    """Return how the answer says what wrote it."""
    return MODEL_NAMES.get(model, model)


def place(url: str) -> str:
    """Return a URL as a person would write it: a path for a file."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else url


def as_markdown(result: TaskResult) -> str:
    """Return the answer, its quotes and its notes in Markdown that fetches nothing, whatever the sources say."""
    lines = [f"# {inert(str(result.inputs['question']))}", "", result.output, ""]
    if result.citations:
        lines += ["## Sources", ""]
        lines += [markdown_source(citation) for citation in result.citations]
    if result.reflection_notes:
        lines += ["## Notes", "", *[f"- {inert(note)}" for note in result.reflection_notes.splitlines()], ""]
    return "\n".join([*lines, f"*Status: {result.status}. Written by: {model_name(result.model)}.*", ""])


def markdown_source(citation: Citation) -> str:
    """Return a citation with its number, as a paragraph in which nothing links or shows pictures."""
    title, quote = inert(citation.title), inert(flat(citation.quote))
    return f"[{citation.id}] {title} ({place(citation.url)}): “{quote}”\n"


def as_html(result: TaskResult) -> str:
    """Return the answer as a page that fetches nothing. All text is escaped."""
    claims = [_html_claim(claim) for claim in result.claims] or [f"<p>{escape(result.output)}</p>"]
    sources = [_html_source(citation) for citation in result.citations]
    notes = [f"<li>{escape(note)}</li>" for note in (result.reflection_notes or "").splitlines()]
    return _PAGE.substitute(
        title=escape(str(result.inputs["question"])),
        claims="\n".join(claims),
        sources=_section("Sources", "ol", sources),
        notes=_section("Notes", "ul", notes),
        status=result.status,
        model=escape(model_name(result.model)),
    )


def _html_claim(claim: Claim) -> str:
    marks = "".join(f'<sup><a href="#c{number}">[{number}]</a></sup>' for number in claim.citations)
    return f"<p>{escape(claim.text)}{marks}{'' if claim.supported else ' <em>(unsupported)</em>'}</p>"


def _html_source(citation: Citation) -> str:
    about = f"<cite>{escape(citation.title)}</cite> ({escape(place(citation.url))})"
    return f'<li id="c{citation.id}">{about}<blockquote>{escape(citation.quote)}</blockquote></li>'


def _section(title: str, tag: str, items: Sequence[str]) -> str:
    return f"<h2>{title}</h2>\n<{tag}>{''.join(items)}</{tag}>" if items else ""


def flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
