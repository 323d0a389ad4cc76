"""What a correction calls wrong: found in its words, linked by its headline, and never told as a fact."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import rag
from rag import quoting
from rag.corrections import correction_of
from rag.judges import calibration
from rag.notes import corrects
from rag.sentences import sentences
from rag.types import Article, Citation, Hit, Verdict
from tests.conftest import Opener, write_article
from tests.test_answer import serving

CITED = [Citation(1, "a", 0, 10, "…", None, None, None, None)]
LINKS = {"a": ["c"]}
HEADLINE = "Weir Bridge bill climbs by two thirds"


def correction(text: str) -> Hit:
    spans = tuple((30 + a, 30 + b) for a, b in sentences(text))
    return Hit(
        rank=1, score=1.0, passage_id="c:30", article_id="c", start=30, end=30 + len(text), text=text, sentences=spans,
        outlet="Ortmund Post", published=datetime(2025, 6, 20, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "printed", "quote"),
    [
        (
            "The bill rose by 64 percent.",
            "We are sorry. The article said that the bill was 64 percent higher. The correct figure is 46 percent.",
            "The article said that the bill was 64 percent higher. The correct figure is 46 percent.",
        ),
        ("Some 43 people fell ill.", "The number of cases was 39, not 43.", "The number of cases was 39, not 43."),
        (
            "Some 43 people fell ill.",
            "It said that 43 cases had been confirmed. The office had made no mistake. The correct number was 39.",
            "It said that 43 cases had been confirmed. The office had made no mistake. The correct number was 39.",
        ),
        ("Some 39 people fell ill, not 43.", "The number of cases was 39, not 43.", None),  # it is told already
        ("Some 39 people fell ill.", "It said that 43 had fallen ill. The correct number is 39.", None),
        ("The bridge is 31 years old.", "It said that 43 had fallen ill. The correct number is 39.", None),
        ("The bill rose by 64 percent.", "The bill of 64 million stands. The correct share is 46 percent.", None),
        ("The bill rose by 64 percent.", "All other figures, such as the 64 percent, stand.", None),
    ],
)
def test_a_number_that_a_correction_puts_right(told: str, printed: str, quote: str | None) -> None:
    found = correction_of(told, CITED, [correction(printed)], LINKS)
    assert (found.quote if found else None) == quote
    if found:
        assert found.text == f"A correction in Ortmund Post of 20 June 2025: “{quote}”"


def test_only_the_article_that_is_cited_is_corrected() -> None:
    printed = [correction("The number of cases was 39, not 43.")]
    assert correction_of("Some 43 people fell ill.", CITED, printed, {"b": ["c"]}) is None


@pytest.mark.parametrize(
    ("title", "kind", "text", "headlines"),
    [
        ("Correction: the Weir Bridge", None, f'Our article "{HEADLINE}" was wrong.', [HEADLINE]),
        ("Corrections and clarifications", None, f"Our article “{HEADLINE},” was wrong.", [HEADLINE]),
        ("The Weir Bridge", "correction", f'Our article "{HEADLINE}" was wrong.', [HEADLINE]),
        ("The Weir Bridge", None, f'The article "{HEADLINE}" was read by many.', []),
        ("Correction: the Weir Bridge", None, 'He said "no way back now" to us and "never".', ["no way back now"]),
    ],
)
def test_the_headlines_that_a_correction_names(title: str, kind: str | None, text: str, headlines: list[str]) -> None:
    assert corrects(Article("c", text, "c.md", title=title, kind=kind)) == headlines


def wrong(folder: Path, outlet: str = "Ortmund Post") -> None:
    text = "The repairs of the Weir Bridge will cost 64 percent more than was planned, the council said."
    write_article(folder / "wrong.md", text, title=HEADLINE, outlet=outlet, published="2025-06-17")


def right(folder: Path) -> None:
    text = (
        f'An article of 17 June, "{HEADLINE}", was wrong.\n\n'
        "It said that the bill was 64 percent higher. The correct figure is 46 percent."
    )
    write_article(
        folder / "right.md", text, title="Correction: a bridge", outlet="Ortmund Post", published="2025-06-20"
    )


@pytest.mark.parametrize("first", ["wrong", "right", "both"])
def test_they_are_linked_whichever_is_taken_in_first(opened: Opener, tmp_path: Path, first: str) -> None:
    archive = opened()
    steps = {"wrong": (wrong, right), "right": (right, wrong), "both": (lambda folder: (wrong(folder), right(folder)),)}
    for step in steps[first]:
        step(tmp_path / "a")
        archive.ingest(tmp_path / "a")
    articles = {article.title: article.id for article in archive.articles()}
    (note,) = archive.upkeep.notes(articles[HEADLINE])
    assert (note.kind, note.by_hand, note.by_article) == ("correction", False, articles["Correction: a bridge"])
    assert note.text.endswith("The correct figure is 46 percent.")
    archive.upkeep.remove([articles["Correction: a bridge"]])
    assert archive.upkeep.notes(articles[HEADLINE]) == ()


def test_another_paper_is_not_corrected(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    wrong(tmp_path / "a", outlet="Sundby Radio")
    right(tmp_path / "a")
    archive.ingest(tmp_path / "a")
    assert all(archive.upkeep.notes(article.id) == () for article in archive.articles())


@pytest.fixture
def corrected(opened: Opener, tmp_path: Path) -> rag.Archive:
    archive = opened()
    wrong(tmp_path / "a")
    right(tmp_path / "a")
    for n in range(12):
        write_article(tmp_path / "a" / f"{n}.md", f"The Weir Bridge council met {n} times.", title=f"Bridge {n}")
    archive.ingest(tmp_path / "a")
    return archive


def test_a_search_shows_the_correction_behind_what_it_corrects(corrected: rag.Archive) -> None:
    titles = [hit.title for hit in corrected.search("How much more will the repairs cost than planned?", k=3)]
    assert titles[:2] == [HEADLINE, "Correction: a bridge"]
    assert len(titles) == 3
    assert [hit.title for hit in corrected.search("What was wrong?", k=9)].count("Correction: a bridge") == 1
    assert [hit.rank for hit in corrected.search("How much more will the repairs cost?", k=3)] == [1, 2, 3]


def test_an_answer_does_not_tell_the_mistake_but_the_correction(corrected: rag.Archive) -> None:
    answer = corrected.ask("By what percentage will the repairs of the Weir Bridge cost more than was planned?")
    shown = [sentence.text for sentence in answer.sentences if sentence.verdict is Verdict.SUPPORTED]
    assert shown == [
        "A correction in Ortmund Post of 20 June 2025: “It said that the bill was 64 percent higher. The correct "
        "figure is 46 percent.”"
    ]
    assert "a correction says otherwise" in {sentence.reason for sentence in answer.sentences}
    (citation,) = answer.citations
    assert corrected.article(citation.article_id).text[citation.start : citation.end] == citation.quote


def test_a_quotation_in_place_of_a_struck_sentence_gives_way_to_the_correction(
    corrected: rag.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = calibration.Line(9.0, {}, 0.5)  # whatever is near answers
    monkeypatch.setattr(quoting, "_shipped", lambda: (line, line))
    with serving("The bill for the Weir Bridge is 64 percent higher, said the harbour master of Aske [1].") as served:
        answer = corrected.ask(
            "By what percentage will the repairs of the Weir Bridge cost more than was planned?", writer=served.writer
        )
    shown = [sentence.text for sentence in answer.sentences if sentence.verdict is Verdict.SUPPORTED]
    assert all("46 percent" in text for text in shown)
    assert shown


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_what_is_corrected_is_not_found_without_its_correction(opened: Opener, tmp_path: Path, k: int) -> None:
    told = {
        "one": "The repairs of the Weir Bridge will cost 12.5 million crowns, the council said.",
        "two": "At its meeting the council was told what steel for the Weir Bridge repairs cost in spring: 3 million.",
        "three": "Per Stolt asked the council why repairs that cost so much left the Weir Bridge closed to lorries.",
    }
    for name, text in told.items():
        write_article(tmp_path / "in" / f"{name}.md", text, title=f"The sum is known on day {name}")
        words = f"We are sorry: “The sum is known on day {name}” gave a wrong figure. The right one is 17."
        write_article(tmp_path / "in" / f"of-{name}.md", words, title="Correction")
    archive = opened()
    archive.ingest(tmp_path / "in")
    sources = {item.id: Path(item.source).stem for item in archive.articles()}
    hits = archive.search("What will the repairs of the Weir Bridge cost, as the council said?", k=k)
    shown = [sources[hit.article_id] for hit in hits]
    wrong = [name for name in shown if not name.startswith("of-")]
    assert wrong
    assert len(shown) <= k
    assert [name for name in wrong if f"of-{name}" not in shown] == []


def test_a_search_for_one_passage_gives_one(corrected: rag.Archive) -> None:
    (hit,) = corrected.search("How much more will the repairs cost than planned?", k=1)
    assert hit.title == HEADLINE
