"""Corrections and retractions in an archive: a retracted article is never evidence and always reachable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rag
from rag.errors import ArticleNotFound, SettingsError
from tests.conftest import Opener, run, write_article
from tests.story_texts import WIRE

QUESTION = "How many tonnes of apples did farmers near Ortmund bring in?"


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


def apples(archive: rag.Archive) -> rag.Article:
    return next(article for article in archive.articles() if article.title == "Apple harvest grows")


def evidence(archive: rag.Archive, question: str = QUESTION, **more: object) -> set[str]:
    """Ids of all articles that a search or an answer rests on, by every way there is."""
    answer = archive.ask(question)
    found = {hit.article_id for hit in archive.search(question, k=50)}
    found |= {hit.article_id for hit in answer.evidence} | {c.article_id for c in answer.citations}
    found |= {copy.article_id for hit in archive.search(question, k=50) for copy in hit.also}
    found |= {candidate.hit.article_id for candidate in archive.candidates(question)}
    return found | {str(node.node.ref_doc_id) for node in archive.as_retriever(50).retrieve(question)}


def test_a_retracted_article_is_no_evidence_but_can_be_read(archive: rag.Archive) -> None:
    article = apples(archive)
    assert article.id in evidence(archive)
    before = archive.version
    archive.upkeep.retract(article.id, "The figures were   invented.")
    assert article.id not in evidence(archive)
    assert not archive.search("“310 tonnes of apples”")
    assert archive.article(article.id) == article
    assert article in archive.articles()
    assert archive.upkeep.retracted() == [article]
    (note,) = archive.upkeep.notes(article.id)
    assert (note.kind, note.text, note.by_hand) == ("retraction", "The figures were invented.", True)
    assert archive.version == before  # the articles are what they were


def test_it_stays_retracted_when_a_new_version_comes_in_and_until_it_is_reinstated(
    archive: rag.Archive, folder: Path
) -> None:
    article = apples(archive)
    archive.upkeep.retract(article.id, "The figures were invented.")
    write_article(
        folder / "harvest.md", "Farmers near Ortmund brought in 290 tonnes of apples.", title=article.title or ""
    )
    assert archive.ingest(folder).updated == 1
    assert article.id not in evidence(archive)
    assert archive.upkeep.reinstate(article.id) == 1
    assert article.id in evidence(archive)
    assert archive.upkeep.notes(article.id) == ()
    assert archive.upkeep.reinstate(article.id) == 0


def test_a_retraction_that_the_article_prints_counts_from_the_moment_it_is_taken_in(
    archive: rag.Archive, folder: Path
) -> None:
    article = apples(archive)
    text = f"{article.text}\n\nThis article has been retracted: the figures were invented."
    write_article(folder / "harvest.md", text, title=article.title or "")
    archive.ingest(folder)
    assert article.id not in evidence(archive)
    (note,) = archive.upkeep.notes(article.id)
    assert not note.by_hand

    archive.upkeep.reinstate(article.id)
    assert article.id in evidence(archive)
    write_article(folder / "harvest.md", f"Again.\n\n{text}", title=article.title or "")
    archive.ingest(folder)
    assert article.id in evidence(archive)  # the same words stay void

    write_article(folder / "harvest.md", article.text, title="RETRACTED: Apples")
    archive.ingest(folder)
    assert article.id not in evidence(archive)
    write_article(folder / "harvest.md", article.text, title="Apples")
    archive.ingest(folder)
    assert article.id in evidence(archive)  # the note has gone from the article


def test_a_reprint_does_not_bring_a_retracted_article_back(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    for n, outlet in enumerate(("Ortmund Post", "Sundby Radio")):
        write_article(
            tmp_path / "a" / f"{n}.md", WIRE, title=f"Story {n}", outlet=outlet, published=f"2024-03-0{n + 1}"
        )
    archive.ingest(tmp_path / "a")
    first = next(a for a in archive.articles() if a.title == "Story 0")
    question = WIRE.split(".")[0]
    assert archive.search(question)[0].article_id == first.id
    assert archive.search(question)[0].also
    archive.upkeep.retract(first.id, "Made up.")
    hits = archive.search(question)
    assert {hit.title for hit in hits} == {"Story 1"}
    assert all(hit.also == () for hit in hits)


def test_many_retracted_articles_do_not_crowd_out_the_one_that_stands(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    for n in range(60):
        write_article(tmp_path / "a" / f"{n:02}.md", f"The lighthouse of Ness flashed {n} times.", title=f"Light {n}")
    write_article(tmp_path / "a" / "z.md", "Somebody once saw a lighthouse somewhere else.", title="Standing")
    archive.ingest(tmp_path / "a")
    for article in archive.articles():
        if article.title != "Standing":
            archive.upkeep.retract(article.id, "Made up.")
    assert [hit.title for hit in archive.search("How often did the lighthouse of Ness flash?", k=5)] == ["Standing"]


def test_a_corrected_article_stays_evidence_and_carries_its_note(archive: rag.Archive) -> None:
    article, other = apples(archive), archive.articles()[-1]
    archive.upkeep.correct(article.id, "It was 301 tonnes.", by=other.id)
    assert article.id in evidence(archive)
    (note,) = archive.upkeep.notes(article.id)
    assert (note.kind, note.by_article) == ("correction", other.id)
    assert archive.article(article.id).content_hash == article.content_hash


def test_what_makes_no_sense_is_refused(archive: rag.Archive) -> None:
    article = apples(archive)
    with pytest.raises(ArticleNotFound):
        archive.upkeep.retract("nowhere", "x")
    with pytest.raises(ArticleNotFound):
        archive.upkeep.correct(article.id, "x", by="nowhere")
    with pytest.raises(SettingsError, match="note is empty"):
        archive.upkeep.retract(article.id, "  ")
    assert archive.upkeep.notes(article.id) == ()


def test_another_process_retracts_and_this_one_stops_finding_it(archive: rag.Archive) -> None:
    article = apples(archive)
    assert article.id in evidence(archive)
    done = run("retract", article.id, "--note", "Made up.", "--archive", archive.path)
    assert done.returncode == 0, done.stderr
    assert article.id not in evidence(archive)


def test_the_commands(archive: rag.Archive) -> None:
    article, place = apples(archive), ("--archive", archive.path)
    other = archive.articles()[-1].id
    assert "CORRECTED" in run("correct", article.id, "--note", "301, not 310.", "--by", other, *place).stdout
    assert json.loads(run("articles", "--retracted", "--json", *place).stdout) == []
    assert "RETRACTED" in run("retract", article.id, "--note", "Made up.", *place).stdout
    shown = run("show", article.id, *place).stdout
    assert shown.startswith("CORRECTED (noted ")
    assert f"corrected by {other}" in shown
    assert "RETRACTED" in shown
    assert "Made up." in shown
    notes = json.loads(run("show", article.id, "--json", *place).stdout)["notes"]
    assert [note["kind"] for note in notes] == ["correction", "retraction"]
    assert [a["id"] for a in json.loads(run("articles", "--retracted", "--json", *place).stdout)] == [article.id]
    assert json.loads(run("search", QUESTION, "--json", *place).stdout)[0]["article_id"] != article.id
    assert "CORRECTED" in run("reinstate", article.id, *place).stdout
    assert json.loads(run("articles", "--retracted", "--json", *place).stdout) == []
    assert "was not retracted" in run("reinstate", article.id, *place).stderr
