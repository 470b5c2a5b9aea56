"""What a result may and may not say."""

import pytest
from pydantic import ValidationError

from rookery.application.reports import as_html, as_markdown
from rookery.domain.results import Citation, TaskResult
from rookery.domain.sources import Snapshot, text_digest

NOON = "2026-11-22T12:00:00Z"
CITATION = {
    "id": 1,
    "url": "file:///notes/rooks%20and%20crows.md",
    "title": "Rooks & crows",
    "quote": "Rooks nest <b>high</b>.",
    "start": 4,
    "end": 27,
    "source_sha256": "0" * 64,
    "retrieved_at": NOON,
    "agent_id": "researcher-1",
}
RESULT = {
    "task_id": "0198f000-0000-7000-8000-000000000001",
    "inputs": {"question": "Where do <rooks> nest?"},
    "output": "Rooks nest <b>high</b>. [1]",
    "sources": [CITATION["url"]],
    "reflection_notes": "Not read: x.pdf",
    "agent_id": "coordinator",
    "status": "succeeded",
    "claims": [{"text": "Rooks nest <b>high</b>.", "citations": [1], "supported": True}],
    "citations": [CITATION],
    "model": "extractive",
    "started_at": NOON,
    "finished_at": NOON,
}


@pytest.mark.parametrize(
    "change",
    [
        {"claims": [{"text": "x", "citations": [2], "supported": True}]},
        {"claims": [{"text": "x", "citations": [], "supported": True}]},
        {"claims": [{"text": "", "citations": [], "supported": False}]},
        {"citations": [CITATION | {"end": 28}]},
        {"citations": [CITATION | {"quote": "", "end": 4}]},
        {"sources": ["no url"]},
        {"started_at": "2026-11-22T12:00:00"},
        {"invented": 1},
    ],
)
def test_a_result_that_contradicts_itself_cannot_be_made(change):
    with pytest.raises(ValidationError):
        TaskResult.model_validate(RESULT | change)


def test_a_result_survives_the_wire():
    result = TaskResult.model_validate(RESULT)
    assert TaskResult.model_validate_json(result.model_dump_json()) == result


def test_a_result_cannot_be_changed():
    with pytest.raises(ValidationError):
        TaskResult.model_validate(RESULT).output = "other"


def test_moments_of_other_zones_are_told_in_utc():
    citation = Citation.model_validate(CITATION | {"retrieved_at": "2026-11-22T14:00:00+02:00"})
    assert citation.model_dump(mode="json")["retrieved_at"] == NOON


def test_a_snapshot_with_a_wrong_digest_cannot_be_made():
    with pytest.raises(ValidationError, match="digest"):
        Snapshot(
            sha256=text_digest("a"), url="file:///a", title="a", media_type="text/plain", text="b", retrieved_at=NOON
        )


def test_a_report_in_markdown_has_answer_quote_place_and_notes_as_they_stand():
    report = as_markdown(TaskResult.model_validate(RESULT))
    for part in (
        r"# Where do \<rooks> nest?",
        r"“Rooks nest \<b>high\</b>.”",
        "/notes/rooks and crows.md",
        "- Not read: x.pdf",
    ):
        assert part in report


def test_nothing_of_a_document_becomes_markup_in_a_report_in_html():
    report = as_html(TaskResult.model_validate(RESULT))
    assert "<b>" not in report
    assert "Rooks nest &lt;b&gt;high&lt;/b&gt;." in report
    assert "Rooks &amp; crows" in report
