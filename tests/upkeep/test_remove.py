"""Taking articles out of an archive, to the last byte."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import rag
from rag import cli
from rag.errors import ArticleNotFound
from rag.overview import REMOVING
from rag.upkeep import salvage
from tests import fakes
from tests.conftest import SETTINGS, Opener, consistent, run, write_article
from tests.site import Answer, Site, running, story
from tests.ui.answers import answer, cite, stands
from ui.conversations import Conversations
from ui.feedback import Feedback, FeedbackStore, Kind
from ui.intake import Intake

WORD = "quillfeather"  # stands in one article only
BEFORE = "marshwhistle"  # stood in an older version of it
STEMS = ("illfeath", "shwhistl")  # the same as the full-text index has them: stemmed, without what two words share


def holding(folder: Path, wanted: bytes) -> list[str]:
    """Files under a folder that hold some bytes, in any case of letters."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path.relative_to(folder)) for path in files if wanted.lower() in path.read_bytes().lower()]


@pytest.fixture
def secret(folder: Path) -> Path:
    path = folder / "secret.md"
    write_article(path, f"Ada {WORD.title()} kept {BEFORE} bees behind the mill. She sold 40 jars.", title="Bees")
    return path


@pytest.fixture
def archive(opened: Opener, folder: Path, secret: Path) -> rag.Archive:
    archive = opened()
    archive._catalog.rows("PRAGMA secure_delete = OFF")  # as some builds of SQLite have it: deleting does not overwrite
    archive.ingest(folder)
    write_article(secret, f"Ada {WORD.title()} kept bees behind the mill of Ortmund. She sold 45 jars.", title="Bees")
    assert archive.ingest(folder).updated == 1
    return archive


def bees(archive: rag.Archive) -> rag.Article:
    return next(article for article in archive.articles() if article.title == "Bees")


def test_no_byte_of_it_stays(archive: rag.Archive) -> None:
    article = bees(archive)
    rows = archive._catalog.rows("SELECT n FROM passages WHERE id LIKE ?", (f"{article.id}%",))
    vector = archive._vectors.gathered(np.array([rows[0]["n"]]), fakes.DIMENSIONS)[0].tobytes()
    old = archive._vectors.rows(fakes.DIMENSIONS)
    superseded = [v.tobytes() for v in old if v.any() and v.tobytes() != vector]
    for present in (WORD, BEFORE, *STEMS, article.id):
        assert holding(archive.path, present.encode())
    assert {"chroma/chroma.sqlite3", "chroma/vectors.f32"} <= set(holding(archive.path, vector))

    removed = archive.upkeep.remove([article.id])
    assert removed.articles == ((article.id, "Bees"),)
    assert (removed.versions, removed.left, removed.quoting) == (1, (), ())
    for gone in (WORD, BEFORE, *STEMS, "behind the mill"):
        assert holding(archive.path, gone.encode()) == []
    assert holding(archive.path, article.id.encode()) == ["catalog.sqlite3"]  # once: it is not to come in again
    assert (archive.path / "catalog.sqlite3").read_bytes().count(article.id.encode()) == 1
    assert holding(archive.path, vector) == []
    assert sum(bool(holding(archive.path, v)) for v in superseded) == 3  # those of the other articles
    consistent(archive)
    assert archive.upkeep.verify().findings == ()


def test_what_is_removed_is_found_by_nothing_and_the_rest_is(archive: rag.Archive) -> None:
    article = bees(archive)
    archive.search("bees behind the mill")  # what is kept in memory must not serve either
    archive.upkeep.remove([article.id])
    assert len(archive.articles()) == 3
    assert all(hit.article_id != article.id for hit in archive.search("Who kept bees behind the mill?", k=50))
    assert archive.search("apples harvested")[0].title == "Apple harvest grows"
    for version in (None, 1, 2):
        with pytest.raises(ArticleNotFound):
            archive.article(article.id, version)


def test_the_last_article_goes_like_any_other(opened: Opener, secret: Path) -> None:
    archive = opened()
    archive.ingest(secret)
    archive.upkeep.remove([bees(archive).id])
    assert holding(archive.path, WORD.encode()) == []
    assert archive.status().articles == 0
    assert not archive._vectors.rows(fakes.DIMENSIONS).any()


def test_an_id_that_is_none_removes_nothing(archive: rag.Archive) -> None:
    before = archive.articles()
    with pytest.raises(ArticleNotFound, match="nowhere"):
        archive.upkeep.remove([before[0].id, "nowhere"])
    assert archive.articles() == before


@pytest.mark.parametrize("place", ["file", "folder"])
def test_everything_that_a_place_gave(archive: rag.Archive, folder: Path, secret: Path, place: str) -> None:
    ids = archive.upkeep.ids_from(str(secret if place == "file" else folder))
    assert len(ids) == (1 if place == "file" else 4)
    assert len(archive.upkeep.remove(ids).articles) == len(ids)
    with pytest.raises(ArticleNotFound, match="no article came from"):
        archive.upkeep.ids_from(str(secret))


def test_a_note_about_it_goes_too(archive: rag.Archive) -> None:
    article = bees(archive)
    archive.upkeep.retract(article.id, f"{WORD} was invented")
    archive.upkeep.remove([article.id])
    assert holding(archive.path, WORD.encode()) == []


def test_a_removal_that_was_stopped_is_said_and_ended(archive: rag.Archive) -> None:
    with archive._catalog.transaction():  # as far as a process gets that is killed right after
        archive._catalog.remove_articles([bees(archive).id])
        archive._catalog.set_meta(REMOVING, str(fakes.DIMENSIONS))
    assert "a removal did not finish" in (archive.status().unfinished or "")
    assert "a removal was stopped" in str(archive.upkeep.verify().findings)
    assert holding(archive.path, WORD.encode())
    assert archive.upkeep.verify(repair=True).findings == ()
    assert holding(archive.path, WORD.encode()) == []
    assert archive.status().unfinished is None
    consistent(archive)


def test_conversations_and_feedback_that_quote_it_are_named_and_stay(archive: rag.Archive) -> None:
    article = bees(archive)
    quote = f"Ada {WORD.title()} kept bees behind the mill of Ortmund."
    given = answer(stands(quote, cite(1, article, quote)), question="Who kept bees?")
    with (
        Conversations(archive.path / "conversations.sqlite3") as talks,
        FeedbackStore(archive.path / "feedback.sqlite3") as said,
    ):
        talks.add("", talks.create("", "About honey"), given)
        talks.create("", "About nothing")
        said.add(Feedback(Kind.USEFUL, given))
        removed = archive.upkeep.remove([article.id])
    assert ("conversations.sqlite3", "turns", "About honey") in {(r.file, r.table, r.name) for r in removed.quoting}
    assert {row.file for row in removed.quoting} == {"conversations.sqlite3", "feedback.sqlite3"}
    assert any(line.startswith("conversations.sqlite3") for line in removed.left)
    assert not any(line.startswith("catalog") for line in removed.left)


def test_a_reader_that_keeps_the_log_is_said(archive: rag.Archive) -> None:
    with closing(sqlite3.connect(archive.path / "catalog.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM articles").fetchone()
        archive._catalog._db.execute("PRAGMA busy_timeout = 100")
        removed = archive.upkeep.remove([bees(archive).id])
    assert any("another process is reading" in line for line in removed.left)


def test_the_command_removes_and_says_so(archive: rag.Archive, secret: Path) -> None:
    article = bees(archive)
    done = run("remove", article.id, "--archive", archive.path)
    assert done.returncode == 0, done.stderr
    assert f"removed {article.id}  Bees" in done.stdout
    assert "1 articles, 1 older versions and 1 passages are gone" in done.stdout
    assert f"may still be at: {secret.resolve()}" in done.stderr
    assert "unless it is `rag ingest --again PLACE`" in done.stderr
    assert holding(archive.path, WORD.encode()) == []
    assert run("remove", "--archive", archive.path).returncode == 2
    assert run("remove", "nowhere", "--archive", archive.path).returncode == 1
    rest = run("remove", "--source", secret.parent, "--json", "--archive", archive.path)
    assert len(json.loads(rest.stdout)["articles"]) == 3


# -- what was removed stays out ---------------------------------------------------------------------------------------


def left_out(*places: Path | str) -> tuple[tuple[str, str], ...]:
    """What a report says of places whose article was removed today."""
    return tuple((str(place), f"removed on {date.today()}; `rag ingest --again` takes it in") for place in places)


def ships(path: Path, *names: str) -> Path:
    """A file of one article a line."""
    lines = [{"text": f"The ship {n} came in.", "title": n, "url": f"https://bay.example/{n}"} for n in names]
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def without(archive: rag.Archive, *titles: str) -> None:
    """Remove articles by their titles."""
    archive.upkeep.remove([article.id for article in archive.articles() if article.title in titles])


def titles(archive: rag.Archive) -> set[str | None]:
    return {article.title for article in archive.articles()}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "*")
    with running() as found:
        yield found


def test_it_stays_out_whatever_its_file_says_and_is_named_each_time(
    archive: rag.Archive, folder: Path, secret: Path
) -> None:
    removed = archive.upkeep.remove([bees(archive).id])
    assert removed.sources == (str(secret),)
    expected = rag.IngestReport(unchanged=3, failed=left_out(secret))
    for _ in range(3):  # the second time nothing is read
        assert archive.ingest(folder) == expected
    write_article(secret, "Ada kept bees. Now she keeps wasps.", title="Bees")
    assert archive.ingest(folder) == expected
    [place] = archive.upkeep.places()
    assert (place.outcome["failed"], place.failure) == (1, ": ".join(*left_out(secret)))
    assert len(titles(archive)) == 3
    consistent(archive)


@pytest.mark.parametrize("met", [False, True], ids=["at once", "after it was left out"])
def test_it_comes_in_again_when_it_is_asked_for(archive: rag.Archive, folder: Path, secret: Path, met: bool) -> None:
    text = bees(archive).text
    archive.upkeep.remove([bees(archive).id])
    if met:
        archive.ingest(folder)
    assert archive.ingest(folder, again=True) == rag.IngestReport(added=1, unchanged=3)
    assert bees(archive).text == text
    assert archive.ingest(folder) == rag.IngestReport(unchanged=4)
    write_article(secret, "Ada keeps wasps.", title="Bees")
    assert archive.ingest(folder) == rag.IngestReport(updated=1, unchanged=3)  # it counts as removed no more
    consistent(archive)


def test_a_record_stays_out_and_the_rest_of_its_file_is_followed(opened: Opener, tmp_path: Path) -> None:
    archive, path = opened(), ships(tmp_path / "log.jsonl", "Gull", "Tern", "Auk")
    archive.ingest(path)
    without(archive, "Tern")
    for _ in range(2):
        assert archive.ingest(path) == rag.IngestReport(unchanged=2, failed=left_out(f"{path}:2"))
    ships(path, "Gull", "Tern", "Auk", "Skua")
    assert archive.ingest(path) == rag.IngestReport(added=1, unchanged=2, failed=left_out(f"{path}:2"))
    assert titles(archive) == {"Gull", "Auk", "Skua"}


def test_it_stays_out_under_the_name_that_its_source_gives_it_later(opened: Opener, tmp_path: Path) -> None:
    archive, path = opened(), ships(tmp_path / "log.jsonl", "Tern")
    named = path.read_text("utf-8")
    path.write_text(named.replace("url", "unknown"), "utf-8")
    archive.ingest(path)  # known by its place
    without(archive, "Tern")
    path.write_text(named, "utf-8")
    for _ in range(2):
        assert archive.ingest(path) == rag.IngestReport(failed=left_out(f"{path}:1"))
    ships(path, "Auk", "Tern")  # its place is no longer what it is known by
    assert archive.ingest(path) == rag.IngestReport(added=1, failed=left_out(f"{path}:2"))
    assert archive.ingest(path, again=True) == rag.IngestReport(added=1, unchanged=1)


def test_where_two_files_have_it_both_leave_it_out_and_both_have_it_again(opened: Opener, tmp_path: Path) -> None:
    archive, logs = opened(), tmp_path / "logs"
    one, two = ships(logs / "1.jsonl", "Tern"), ships(logs / "2.jsonl", "Tern", "Auk")
    archive.ingest(logs)
    without(archive, "Tern")
    assert archive.ingest(logs).failed == left_out(f"{one}:1", f"{two}:1")
    assert archive.ingest(one, again=True) == rag.IngestReport(added=1)
    assert archive.ingest(two) == rag.IngestReport(unchanged=2)
    one.unlink()
    archive.ingest(logs, prune=True)
    assert titles(archive) == {"Tern", "Auk"}


def test_taking_one_in_again_leaves_the_others_out(opened: Opener, tmp_path: Path) -> None:
    archive, one, two = opened(), ships(tmp_path / "logs/1.jsonl", "Tern"), ships(tmp_path / "logs/2.jsonl", "Auk")
    archive.ingest([one, two])
    without(archive, "Tern", "Auk")
    archive.ingest([one, two])
    archive.ingest(one, again=True)
    assert archive.ingest([one, two]) == rag.IngestReport(unchanged=1, failed=left_out(f"{two}:1"))
    two.unlink()
    archive.ingest(tmp_path / "logs", prune=True)
    assert archive._catalog.rows("SELECT * FROM left_out") == []  # nothing is kept of a file that is gone


def test_what_was_at_its_place_before_is_pruned_as_ever(opened: Opener, tmp_path: Path) -> None:
    """What is left out hides nothing, as a place that cannot be read does."""
    archive, path = opened(), ships(tmp_path / "log.jsonl", "Gull", "Tern")
    archive.ingest(path)
    without(archive, "Tern")
    archive.ingest(path)
    ships(path, "Tern", "Auk")  # where the Gull was
    assert archive.ingest(path).failed == left_out(f"{path}:1")
    report = archive.ingest(path, prune=True)  # nothing is read
    assert (report.removed, report.failed) == (1, left_out(f"{path}:1"))
    assert titles(archive) == {"Auk"}


def test_what_a_prune_removes_comes_back_with_its_file(archive: rag.Archive, folder: Path, secret: Path) -> None:
    text = secret.read_text("utf-8")
    secret.unlink()
    assert archive.ingest(folder, prune=True).removed == 1
    secret.write_text(text, "utf-8")
    assert archive.ingest(folder).added == 1


def test_a_page_stays_out_and_is_not_sent_each_time(opened: Opener, site: Site) -> None:
    archive = opened(settings=dataclasses.replace(SETTINGS, web_inside="127.0.0.1", web_delay=0.0))
    entries = "".join(f"<url><loc>{site.url}/{n}</loc><lastmod>2025-06-0{n}</lastmod></url>" for n in (1, 2))
    site["/map"] = Answer(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode(),
        headers={"Content-Type": "application/xml"},
    )
    site["/1"], site["/2"] = Answer(story("Quay"), validate=True), Answer(story("Mill"), validate=True)
    page = f"{site.url}/1"
    archive.ingest(f"{site.url}/map")
    assert archive.upkeep.remove(archive.upkeep.ids_from(page)).sources == (page,)
    every = [place.place for place in archive.upkeep.places()]  # as `rag sync` does
    site.paths()
    for asked in (["/map", "/1"], ["/map"]):
        assert archive.ingest(every) == rag.IngestReport(unchanged=1, failed=left_out(page))
        assert site.paths() == asked
    assert archive.ingest(page) == rag.IngestReport(failed=left_out(page))
    assert site.statuses() == {"/1": 304}
    assert archive.ingest(page, again=True) == rag.IngestReport(added=1)
    assert archive.ingest(every) == rag.IngestReport(unchanged=2)


def test_a_file_of_it_that_comes_through_the_page_stays_out_and_is_not_kept(archive: rag.Archive) -> None:
    intake, content = Intake(archive), ships(archive.path.with_name("log.jsonl"), "Tern").read_bytes()
    story_of_it = b"The tern came in."

    def upload(name: str, content: bytes) -> rag.IngestReport:
        intake.add([intake.uploads.keep(name, content)], "")
        while intake.job.state.running:
            time.sleep(0.01)
        report = intake.job.state.result
        assert report
        return report

    assert upload("tern.txt", story_of_it).added == upload("log.jsonl", content).added == 1
    intake.remove([article.id for article in archive.articles() if "tern" in article.text.lower()])
    kept = archive.path.resolve() / "uploads"
    assert [path.name for path in kept.iterdir()] == ["log.jsonl"]  # it may hold more
    for _ in range(2):
        assert upload("tern.txt", story_of_it).failed == left_out(kept / "tern.txt")
        assert not (kept / "tern.txt").exists()
    assert upload("log.jsonl", content).failed == left_out(f"{kept / 'log.jsonl'}:1")


@pytest.mark.parametrize("at", ["rag.store.removed.remember", "rag.upkeep.removal.finish"])
def test_a_removal_that_is_killed_leaves_it_out_or_in_and_nothing_between(
    archive: rag.Archive, folder: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(at, killed)
        with pytest.raises(KeyboardInterrupt):
            archive.upkeep.remove([bees(archive).id])
    if at.endswith("remember"):  # nothing is done yet
        assert archive.ingest(folder) == rag.IngestReport(unchanged=4)
    else:
        assert "a removal did not finish" in (archive.status().unfinished or "")
        assert archive.ingest(folder) == rag.IngestReport(unchanged=3, failed=left_out(secret))
        assert archive.upkeep.verify(repair=True).findings == ()
        assert holding(archive.path, WORD.encode()) == []
        assert archive.ingest(folder) == rag.IngestReport(unchanged=3, failed=left_out(secret))
    consistent(archive)


def _salvaged(archive: rag.Archive) -> Path:
    salvage.salvage(archive.path)
    return archive.path


def _restored(archive: rag.Archive) -> Path:
    with rag.open(archive.path, settings=SETTINGS) as again:
        again.upkeep.backup(archive.path.with_name("kept.zip"))
    done = run("restore", archive.path.with_name("kept.zip"), "--archive", archive.path.with_name("restored"))
    assert done.returncode == 0, done.stderr
    return archive.path.with_name("restored")


@pytest.mark.parametrize("brought_back", [_salvaged, _restored])
def test_it_stays_out_of_an_archive_that_is_brought_back(
    archive: rag.Archive, folder: Path, secret: Path, brought_back: Callable[[rag.Archive], Path]
) -> None:
    archive.upkeep.remove([bees(archive).id])
    archive.ingest(folder)
    archive.close()
    with rag.open(brought_back(archive), settings=SETTINGS) as again:
        assert again.upkeep.verify().findings == ()
        assert again.ingest(folder) == rag.IngestReport(unchanged=3, failed=left_out(secret))
        assert again.ingest(folder, again=True).added == 1


def test_the_commands_leave_it_out_say_so_and_take_it_in_again(
    archive: rag.Archive, secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.upkeep.remove([bees(archive).id])
    archive.close()
    monkeypatch.setenv("RAG_EMBEDDER", fakes.NAME)

    def done(*arguments: str | Path) -> tuple[int, str, str]:
        ran = CliRunner().invoke(cli.app, [*map(str, arguments), "--archive", str(archive.path)])
        return ran.exit_code, ran.stdout, ran.stderr

    said = f"not taken in: {': '.join(*left_out(secret))}\n"
    assert done("sync") == (0, "0 added, 0 updated, 3 unchanged, 0 removed, 1 failed\n", said)
    assert done("ingest", secret) == (1, "0 added, 0 updated, 0 unchanged, 0 removed, 1 failed\n", said)
    assert done("ingest", "--again", secret) == (0, "1 added, 0 updated, 0 unchanged, 0 removed, 0 failed\n", "")
    for other in ("--watch", "--dry-run"):
        status, _, error = done("ingest", "--again", other, secret.parent)
        assert (status, "--again goes neither" in " ".join(error.split())) == (2, True)
