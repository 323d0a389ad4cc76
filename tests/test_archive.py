"""The public face: what the contract promises to other programs."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
import threading
from datetime import date
from pathlib import Path

import pytest

import rag
from rag.errors import ArchiveMismatch, ArchiveNotWritable, ArticleNotFound, SettingsError, UnknownModel
from tests.conftest import SETTINGS, Opener, write_article

QUESTION = "How much will the repairs of the Weir Bridge cost?"


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


def test_names_of_the_contract() -> None:
    for name in rag.__all__:
        assert getattr(rag, name).__doc__, name
    with pytest.raises(AttributeError):
        rag.nothing  # noqa: B018


def test_opening_makes_the_folder(opened: Opener, tmp_path: Path) -> None:
    archive = opened("a/b/c")
    assert (tmp_path / "a/b/c/catalog.sqlite3").exists()
    status = archive.status()
    assert (status.articles, status.passages, status.pending, status.unfinished) == (0, 0, 0, None)
    assert archive.articles() == []
    assert archive.search("anything") == []


def test_a_file_in_the_way_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(ArchiveNotWritable, match="taken"):
        rag.open(tmp_path / "taken")


def test_search_gives_exact_ranked_passages(archive: rag.Archive) -> None:
    hits = archive.search(QUESTION, k=2)
    assert [hit.rank for hit in hits] == [1, 2]
    assert hits[0].score >= hits[1].score
    best = hits[0]
    assert best.title == "Weir Bridge to be repaired"
    assert best.outlet == "Ortmund Post"
    assert best.byline == "Lena Falk, Ivo Sand"
    assert best.published
    assert best.published.isoformat() == "2024-03-05T23:30:00-05:00"
    text = archive.article(best.article_id).text
    assert text[best.start : best.end] == best.text
    assert [text[a:b] for a, b in best.sentences][1] == "The repairs will cost 12.5 million crowns."
    assert json.loads(json.dumps(best.to_dict()))["article_id"] == best.article_id


@pytest.mark.parametrize("k", [0, -1])
def test_search_for_fewer_than_one_is_refused(archive: rag.Archive, k: int) -> None:
    with pytest.raises(SettingsError, match="k must be"):
        archive.search(QUESTION, k=k)


@pytest.mark.parametrize("question", ["", "  \n\t"])
def test_an_empty_question_is_refused_at_once(archive: rag.Archive, question: str) -> None:
    for call in (archive.search, archive.ask, archive.stream):
        with pytest.raises(SettingsError, match="empty"):
            call(question)


@pytest.mark.parametrize("question", ["?", "!!! ???", "the of and", '"', "bridge " * 3000, "\x00\x07", "桥"])
def test_odd_questions_are_served(archive: rag.Archive, question: str) -> None:
    archive.search(question)
    assert archive.ask(question).question == question


def test_filters_limit_search_and_articles(archive: rag.Archive) -> None:
    only = rag.Filters(published_from=date(2024, 3, 5), published_to=date(2024, 3, 5))
    assert {hit.title for hit in archive.search("apples books bridge", filters=only)} == {"Weir Bridge to be repaired"}
    assert [a.title for a in archive.articles(only)] == ["Weir Bridge to be repaired"]
    assert archive.search("bridge", filters=rag.Filters(outlets=("Nobody",))) == []
    assert [a.title for a in archive.articles(rag.Filters(bylines=("IVO SAND",)))] == ["Weir Bridge to be repaired"]


def test_articles_are_newest_first_and_paged(archive: rag.Archive) -> None:
    every = archive.articles()
    assert [a.title for a in every] == ["Apple harvest grows", "Library opens", "Weir Bridge to be repaired"]
    assert archive.articles(limit=1, offset=1) == every[1:2]


def test_status_counts(archive: rag.Archive) -> None:
    status = archive.status()
    assert status.articles == 3
    assert status.passages >= 3
    assert status.outlets == {"Ortmund Post": 1, "Sundby Radio": 1, "Field Weekly": 1}
    assert status.published_from
    assert status.published_to
    assert (status.published_from.date(), status.published_to.date()) == (date(2024, 3, 5), date(2024, 9, 30))
    assert status.version == archive.version
    assert json.loads(json.dumps(status.to_dict()))["outlets"]["Field Weekly"] == 1


def test_records_are_frozen(archive: rag.Archive) -> None:
    for record in (archive.status(), archive.articles()[0], archive.search(QUESTION)[0], archive.ask(QUESTION)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, dataclasses.fields(record)[0].name, "x")


def test_the_version_follows_the_articles_alone(opened: Opener, archive: rag.Archive, folder: Path) -> None:
    other = opened("other")
    for path in sorted(folder.iterdir(), reverse=True):
        other.ingest(path)
    assert other.version == archive.version
    assert len(archive.version) == 12
    int(archive.version, 16)
    write_article(folder / "new.md", "It rained on Sundby.")
    archive.ingest(folder)
    assert archive.version != other.version


def test_no_such_article(archive: rag.Archive) -> None:
    with pytest.raises(ArticleNotFound, match="0000"):
        archive.article("0000")


@pytest.mark.parametrize("change", [{"embedder": "st:other"}, {"passage_tokens": 50}])
def test_what_vectors_depend_on_is_fixed(archive: rag.Archive, change: dict[str, object]) -> None:
    name = next(iter(change))
    with pytest.raises(ArchiveMismatch, match=name):
        rag.open(archive.path, settings=dataclasses.replace(SETTINGS, **change))  # type: ignore[arg-type]


def test_an_archive_of_a_newer_release_is_refused(archive: rag.Archive) -> None:
    archive.close()
    db = sqlite3.connect(archive.path / "catalog.sqlite3")
    db.execute("PRAGMA user_version = 999")
    db.close()
    with pytest.raises(ArchiveMismatch, match="999"):
        rag.open(archive.path, settings=SETTINGS)


def test_an_archive_can_be_moved(opened: Opener, archive: rag.Archive, tmp_path: Path) -> None:
    before = [hit.to_dict() for hit in archive.search(QUESTION)]
    archive.close()
    shutil.move(archive.path, tmp_path / "moved")
    assert [hit.to_dict() for hit in opened("moved").search(QUESTION)] == before


def test_lost_vectors_leave_the_words(archive: rag.Archive, folder: Path, opened: Opener) -> None:
    """The catalog is the source of truth: without vectors, words still find."""
    archive.close()
    shutil.rmtree(archive.path / "chroma")
    assert opened().search(QUESTION)[0].title == "Weir Bridge to be repaired"


def test_settings_of_the_folder_and_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "settings.toml").write_text('writer = "extractive"\nevidence_passages = 2\n')
    monkeypatch.setenv("RAG_EVIDENCE_PASSAGES", "3")
    with rag.open(tmp_path) as archive:
        assert (archive.settings.writer, archive.settings.evidence_passages) == ("extractive", 3)
    (tmp_path / "settings.toml").write_text("writter = 1\n")
    with pytest.raises(SettingsError, match="writter"):
        rag.open(tmp_path)


def test_an_unknown_writer_is_named(archive: rag.Archive) -> None:
    with pytest.raises((UnknownModel, SettingsError), match="nobody"):
        archive.ask(QUESTION, writer="nobody:x")


def test_many_threads_ask_at_once(archive: rag.Archive) -> None:
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(archive.ask(QUESTION).text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1


def test_searching_while_this_process_ingests(archive: rag.Archive, tmp_path: Path) -> None:
    for n in range(30):
        write_article(tmp_path / "more" / f"{n}.md", f"Lamp {n} of Ness was lit {n * 3} times.", title=f"Lamp {n}")
    thread = threading.Thread(target=archive.ingest, args=(tmp_path / "more",))
    thread.start()
    searches = 0
    while thread.is_alive() or not searches:
        assert archive.search(QUESTION)[0].title == "Weir Bridge to be repaired"
        searches += 1
    thread.join()
    assert archive.search("lamp 17 of Ness")[0].title == "Lamp 17"
