"""Rendering: what comes from outside is escaped, cited words are marked, struck sentences show as such."""

from __future__ import annotations

from datetime import UTC, datetime

from rag import Answer, Citation, Hit, Sentence, Timings, Verdict
from ui import render

EVIL = '<script>alert("x")</script>'


def _hit(text: str = "Rain fell. The bridge closed. Nobody was hurt.", **known: object) -> Hit:
    return Hit(
        rank=1, score=1.0, passage_id="a.1.0", article_id="a", start=10, end=10 + len(text), text=text,
        sentences=((10, 10 + len(text)),), **known,  # type: ignore[arg-type]
    )  # fmt: skip


def _citation(hit: Hit, quote: str) -> Citation:
    start = hit.start + hit.text.index(quote)
    return Citation(1, "a", start, start + len(quote), quote, title=hit.title, url=hit.url)


def _answer(hit: Hit, *sentences: Sentence) -> Answer:
    standing = [s for s in sentences if s.verdict is not Verdict.UNSUPPORTED]
    return Answer(
        question=EVIL, text=" ".join(s.text for s in standing), abstained=not standing, sentences=sentences,
        citations=tuple(c for s in standing for c in s.citations), evidence=(hit,), model=EVIL, archive_version="0",
        timings=Timings(0.1, 0.2, 0.3, 0.0, 0.4), notices=(EVIL,),
    )  # fmt: skip


def test_everything_from_outside_is_escaped() -> None:
    hit = _hit(text=EVIL, title=EVIL, outlet=EVIL, byline=EVIL, url=f"https://x.example/{EVIL}")
    sentence = Sentence(EVIL, (_citation(hit, EVIL),), Verdict.SUPPORTED, EVIL)
    struck = Sentence(EVIL, (), Verdict.UNSUPPORTED, EVIL)
    page = render.answer(_answer(hit, sentence, struck), "t") + render.evidence([hit]) + render.problem(EVIL, EVIL)
    page += render.writing(EVIL, [sentence], EVIL, "t", EVIL)
    assert "<script" not in page
    assert 'alert("' not in page


def test_a_script_address_is_no_link() -> None:
    assert "javascript" not in render.evidence([_hit(url="javascript:alert(1)")])


def test_cited_words_are_marked_exactly() -> None:
    hit = _hit()
    assert "Rain fell. <mark>The bridge closed.</mark> Nobody" in render.marked(
        hit, [_citation(hit, "The bridge closed.")]
    )


def test_overlapping_citations_are_marked_once() -> None:
    hit = _hit()
    shown = render.marked(hit, [_citation(hit, "Rain fell. The bridge"), _citation(hit, "The bridge closed.")])
    assert shown.replace("<mark>", "").replace("</mark>", "") == hit.text


def test_struck_sentences_show_their_reason() -> None:
    hit = _hit(published=datetime(2025, 3, 4, tzinfo=UTC))
    page = render.answer(_answer(hit, Sentence("It snowed.", (), Verdict.UNSUPPORTED, "no snow in it")), "t")
    assert "<s>It snowed.</s>" in page
    assert "no snow in it" in page


def test_no_evidence_is_said() -> None:
    assert "Nothing" in render.evidence([])
