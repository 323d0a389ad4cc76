"""Rendering: what comes from outside is escaped, cited words are marked, struck sentences show as such."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from rag import Answer, Citation, Copy, Evidence, Hit, Sentence, Timings, Verdict
from ui import cards, render

TODAY = date(2026, 11, 25)
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
    item = _answer(hit, sentence, struck)
    page = (
        render.answer(item, "", "t", TODAY) + render.answer(_answer(hit), "", "t", TODAY) + render.problem(EVIL, EVIL)
    )
    page += render.answer(replace(_answer(hit), nearest=(_citation(hit, EVIL),)), "", "t", TODAY)
    page += cards.evidence([hit], EVIL, TODAY, item) + render.writing(EVIL, "", [sentence], EVIL, "t", EVIL)
    assert "<script" not in page
    assert 'alert("' not in page


def test_a_script_address_is_no_link() -> None:
    assert "javascript" not in cards.evidence([_hit(url="javascript:alert(1)")], "", TODAY)


def _card(hit: Hit, *citations: Citation) -> str:
    item = _answer(hit, Sentence("x", citations, Verdict.SUPPORTED, ""))
    return cards.evidence([hit], "", TODAY, item)


def test_cited_words_are_marked_exactly() -> None:
    hit = _hit()
    shown = _card(hit, _citation(hit, "The bridge closed."))
    assert "Rain fell. <mark>The bridge closed.</mark> Nobody" in shown
    assert cards.CITED in shown


def test_before_the_answer_what_most_likely_answers_is_marked_and_in_an_abstention_what_came_nearest() -> None:
    hit = _hit()
    near = _citation(hit, "The bridge closed.")
    silent = replace(_answer(hit), nearest=(near,))
    for by, told in ((Evidence((hit,), 0.1, None, (near,)), cards.LIKELY), (silent, cards.NEAREST)):
        shown = cards.evidence([hit], "", TODAY, by)
        assert "<mark>The bridge closed.</mark>" in shown
        assert shown.count(told) == 1
    assert "Marked" not in cards.evidence([hit], "", TODAY, Evidence((hit,), 0.1))


def test_overlapping_citations_are_marked_once() -> None:
    hit = _hit()
    shown = _card(hit, _citation(hit, "Rain fell. The bridge"), _citation(hit, "The bridge closed."))
    assert "<mark>Rain fell. The bridge closed.</mark> Nobody" in shown


def test_the_questions_words_are_marked_lightly_also_in_what_is_cited() -> None:
    hit = _hit()
    item = _answer(hit, Sentence("x", (_citation(hit, "The bridge closed."),), Verdict.SUPPORTED, ""))
    shown = cards.evidence([hit], "Which bridges closed? Who was hurt?", TODAY, item)
    assert '<mark>The <b class="asked">bridge</b> <b class="asked">closed</b>.</mark> Nobody' in shown
    assert '<b class="asked">hurt</b>' in shown


def test_a_card_says_when_and_how_long_ago() -> None:
    shown = cards.evidence([_hit(published=datetime(2026, 11, 4, tzinfo=UTC))], "", TODAY)
    assert '<time class="date" datetime="2026-11-04">4 November 2026</time>' in shown
    assert "3 weeks ago" in shown


def test_a_card_names_other_outlets_of_the_story() -> None:
    copy = Copy("b", "Radio <b>", "Again", None, "https://radio.example/1")
    shown = cards.evidence([_hit(also=(copy,))], "", TODAY)
    assert "Same story: <bdi>Radio &lt;b&gt;</bdi>" in shown
    assert 'href="https://radio.example/1"' in shown


def test_fifty_cards_are_there_and_most_are_folded() -> None:
    shown = cards.evidence([_hit()] * 50, "", TODAY)
    assert shown.count('<article class="card">') == 50
    assert "<summary>40 more</summary>" in shown


def test_a_sentence_that_is_struck_gives_its_reason_to_whoever_asks() -> None:
    shown = render.sentence(Sentence("It snowed.", (), Verdict.UNSUPPORTED, "no snow in it"), "t", 3)
    assert '<button type="button" aria-describedby="t-3-why">struck</button>' in shown
    assert 'role="tooltip" id="t-3-why">no snow in it' in shown


def test_an_abstention_shows_the_nearest_words_and_opens_them_where_they_stand() -> None:
    near = _hit(title="A").citation(1, 10, 20)
    shown = render.abstained("The archive does not say. Nearest coverage: “A”.", [near])
    assert "<q>Rain fell.</q>" in shown
    assert 'data-start="10" data-end="20" data-quote="Rain fell."' in shown
    assert 'aria-label="Nearest 1: ' in shown
    assert "“A”" not in shown
    assert "“A”" in render.abstained("The archive does not say. Nearest coverage: “A”.", [])  # of an earlier release


def test_the_articles_of_the_nearest_words_are_listed_once_with_their_numbers() -> None:
    hit = _hit(title="A storm")
    item = replace(_answer(hit), nearest=(hit.citation(1, 10, 20), hit.citation(2, 21, 39)))
    shown = render.answer(item, "", "t", TODAY)
    assert '<span class="numbers">1, 2</span>' in shown
    assert shown.count("A storm") == 1
    assert "Where to read them" in shown
    assert "Sources" not in shown


def test_struck_sentences_show_their_reason() -> None:
    hit = _hit(published=datetime(2025, 3, 4, tzinfo=UTC))
    item = _answer(hit, Sentence("It snowed.", (), Verdict.UNSUPPORTED, "no snow in it"))
    page = render.answer(item, "", "t", TODAY)
    assert "<s>It snowed.</s>" in page
    assert "no snow in it" in page


def test_no_evidence_is_said() -> None:
    assert "Nothing" in cards.evidence([], "", TODAY)
