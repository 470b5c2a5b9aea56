"""Answering with verbatim sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence

from rookery.adapters.llms.extractive.bridges import described
from rookery.adapters.llms.extractive.contradictions import contradicting
from rookery.adapters.llms.extractive.plan import parts
from rookery.adapters.llms.extractive.questions import analyse
from rookery.adapters.llms.extractive.rank import rank
from rookery.domain.ports.analyzer import AnalyzerPort
from rookery.domain.ports.embedder import EmbedderPort
from rookery.domain.reasoning import ComposeJob, Draft, DraftClaim, Evidence

ANSWERED = 0.3  # the best score below which the evidence does not clearly answer
_NEAR = 0.5  # share of it below which the evidence is not even near
_NEAREST = 3  # claims that are shown when none clearly answers
_REDUNDANT = 0.8  # share of common terms from which a sentence repeats another
_WORTH = 0.05  # share of the best score below which a sentence is left out once the chain is complete
_FURTHER = 0.5  # share of its score that a further sentence of the same document keeps where several are needed

# What answers a follow-up keeps this share of its score, since the name in it is a guess; the guess is better when the
# question itself describes what the name stands for.
_GUESSED = 0.5
_DESCRIBED = 0.9


async def compose(
    job: ComposeJob, analyzer: AnalyzerPort, embedder: EmbedderPort | None = None, certainty: float = ANSWERED
) -> Draft:
    """Return the best sentences as claims, best first; no claim when none of them is near an answer.

    Between `certainty` and half of it the best ones are returned as not sure.
    """
    question = " ".join(job.question.split())
    best = _by_score(await _scored_for(question, job.evidence, analyzer, embedder))
    if not best or best[0].score < _NEAR * certainty:
        return Draft(claims=[])
    if best[0].score < certainty:
        return Draft(claims=[_claim(piece, sure=False) for piece in _different(best, analyzer)[:_NEAREST]])
    leading = [*_parts(question, best), *best[:1], *_basis(question, job.evidence)]
    leading += _other_side(question, best, analyzer)
    rest = best if described(question) is None else _spread(_worth_saying(best))
    chosen = _different([*leading, *rest], analyzer)[: job.max_claims]
    return Draft(claims=[_claim(piece, sure=True) for piece in chosen])


def _claim(piece: Evidence, *, sure: bool) -> DraftClaim:
    return DraftClaim(text=" ".join(piece.quote.split()), evidence=[piece.id], sure=sure)


async def _scored_for(
    question: str, evidence: Sequence[Evidence], analyzer: AnalyzerPort, embedder: EmbedderPort | None
) -> list[Evidence]:
    """Return the evidence scored for the whole question, whatever it was found for."""
    asked = {question, *parts(question)}
    ordered = sorted(evidence, key=lambda piece: (piece.sub_question not in asked, -piece.score, piece.id))
    passages = list({piece.passage.id: piece.passage for piece in ordered}.values())
    ranked = await rank(analyse(question, analyzer), passages, analyzer, embedder)
    scores = {(one.candidate.passage.id, one.candidate.text): one.score for one in ranked}
    shares = dict.fromkeys(asked, 1.0)
    description = described(question)
    if description is not None:
        shares[description] = 0.0
    other = _GUESSED if description is None else _DESCRIBED
    return [
        piece.model_copy(
            update={
                "score": max(
                    shares.get(piece.sub_question, other) * piece.score,
                    0.0 if piece.sub_question in asked else scores.get((piece.passage.id, piece.quote), 0.0),
                )
            }
        )
        for piece in evidence
    ]


def _parts(question: str, best: Sequence[Evidence]) -> list[Evidence]:
    """Return the best sentence for each of the questions that are joined in one."""
    firsts = (next((piece for piece in best if piece.sub_question == part), None) for part in parts(question))
    return [piece for piece in firsts if piece is not None]


def _basis(question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the sentence that says what a description in the question stands for."""
    description = described(question)
    return _by_score(piece for piece in evidence if piece.sub_question == description)[:1]


def _other_side(question: str, best: Sequence[Evidence], analyzer: AnalyzerPort) -> list[Evidence]:
    asked = analyse(question, analyzer)
    return [piece for piece in best[1:] if contradicting(asked, best[0], piece, analyzer)][:1]


def _worth_saying(best: Sequence[Evidence]) -> list[Evidence]:
    return [piece for piece in best if piece.score >= _WORTH * best[0].score]


def _spread(best: Sequence[Evidence]) -> list[Evidence]:
    """Order the sentences so that other documents come up too: each further one of a document counts less."""
    seen: Counter[str] = Counter()
    shares: list[tuple[float, Evidence]] = []
    for piece in best:
        shares.append((piece.score * _FURTHER ** seen[piece.passage.sha256], piece))
        seen[piece.passage.sha256] += 1
    return [piece for _, piece in sorted(shares, key=lambda pair: -pair[0])]


def _by_score(evidence: Iterable[Evidence]) -> list[Evidence]:
    return sorted(evidence, key=lambda piece: (-piece.score, piece.id))


def _different(ordered: Sequence[Evidence], analyzer: AnalyzerPort) -> list[Evidence]:
    chosen: dict[int, tuple[Evidence, set[str]]] = {}
    for piece in ordered:
        terms = set(analyzer.terms(piece.quote))
        if piece.id not in chosen and not any(_repeats(terms, other) for _, other in chosen.values()):
            chosen[piece.id] = (piece, terms)
    return [piece for piece, _ in chosen.values()]


def _repeats(terms: set[str], other: set[str]) -> bool:
    return len(terms & other) >= _REDUNDANT * max(1, len(terms | other))
