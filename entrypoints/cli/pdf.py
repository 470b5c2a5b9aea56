"""A result as PDF, set by Typst (https://typst.app): no browser is needed, and what is said is data, never markup."""

import importlib.util
import json
from collections.abc import Iterator

from rookery.application.reports import flat, model_name, place
from rookery.domain.errors import ConfigurationError, InvalidRequest
from rookery.domain.results import TaskResult

_PAGE = r"""
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set page(paper: "a4", margin: 2.4cm, numbering: "1")
#set text(font: ("Libertinus Serif", "DejaVu Sans", "Noto Sans", "Noto Sans CJK SC"), size: 11pt)
#set par(leading: 0.7em, spacing: 1.1em)
#set heading(numbering: none)
#heading(level: 1, data.title)
#for claim in data.claims [
  #par[#claim.text#for mark in claim.marks [#super[\[#mark\]]]#if not claim.supported [ #emph[(unsupported)]]]
]
#if data.sources.len() > 0 [
  #heading(level: 2)[Sources]
  #for source in data.sources [
    #block(breakable: true)[
      \[#source.id\] #source.title \
      #text(size: 9pt, fill: luma(90))[#source.place, characters #source.start–#source.end]
      #pad(left: 1em, top: 0.3em)[“#source.quote”]
    ]
  ]
]
#if data.notes.len() > 0 [
  #heading(level: 2)[Notes]
  #for note in data.notes [#par[· #note]]
]
#text(size: 9pt)[Status: #data.status. Written by: #data.model.]
"""


def check_installed() -> None:
    """Raise ConfigurationError where typst is not installed."""
    if importlib.util.find_spec("typst") is None:
        raise ConfigurationError("a PDF needs typst: pip install 'rookery[pdf]'")


def as_pdf(result: TaskResult) -> bytes:
    """Return the answer, its quotes and its notes as a PDF. Scripts that no font here has need one on the system.

    Raises:
        ConfigurationError: typst is not installed.
        InvalidRequest: the text cannot be set.
    """
    check_installed()
    import typst

    given = dict(_data(result))
    try:
        return typst.compile(_PAGE.encode(), sys_inputs={"data": json.dumps(given, ensure_ascii=False)})
    except RuntimeError as error:
        raise InvalidRequest(f"the PDF cannot be made ({error}); write the report as .html or .md") from error


def _data(result: TaskResult) -> Iterator[tuple[str, object]]:
    yield "title", flat(str(result.inputs["question"]))
    claims = [{"text": one.text, "marks": one.citations, "supported": one.supported} for one in result.claims]
    yield "claims", claims or [{"text": result.output, "marks": [], "supported": True}]
    yield (
        "sources",
        [
            {**one.model_dump(include={"id", "start", "end"}), "title": one.title, "place": place(one.url)}
            | {"quote": flat(one.quote)}
            for one in result.citations
        ],
    )
    yield "notes", (result.reflection_notes or "").splitlines()
    yield "status", result.status.value
    yield "model", model_name(result.model)
