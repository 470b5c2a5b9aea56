"""Quoting what passages say to a question."""

from rookery.adapters.llms.extractive.questions import analyse
from rookery.adapters.llms.extractive.rank import rank
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.reasoning import FindEvidenceJob, Findings, Quote

HOPELESS = 0.02  # the best score below which the passages have nothing to do with the question
_SHARE = 0.0005  # of the best score, below which a sentence adds nothing


async def find_evidence(job: FindEvidenceJob, analyzer: AnalyzerPort, embedder: EmbedderPort | None) -> Findings:
    """Return the sentences that best answer the question, each once, whatever the number of passages that have it."""
    ranked = await rank(analyse(job.question, analyzer), job.passages, analyzer, embedder)
    if not ranked or ranked[0].score < HOPELESS:
        return Findings(quotes=[])
    least = ranked[0].score * _SHARE
    quotes: dict[str, Quote] = {}
    for one in ranked:
        if one.score < least or len(quotes) == job.limit:
            break
        same = " ".join(one.candidate.text.split()).casefold()
        quote = Quote(passage_id=one.candidate.passage.id, quote=one.candidate.text, score=one.score)
        quotes.setdefault(same, quote)
    return Findings(quotes=list(quotes.values()))
