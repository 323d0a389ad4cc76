"""Taking articles in: only what changed, nothing lost when it stops half-way, and passages that fit their models."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rag
from rag import embedding, embedding_beside, readers, tokens
from rag.embed import open_embedder
from rag.errors import ReadError
from rag.retrieve import candidates
from rag.store import chroma
from rag.store.rows import ATTRIBUTES
from tests.conftest import CORPUS, Opener, _spans, consistent, write_article

LONG = " ".join(f"In round {n} the club of Ortmund scored {n * 7} points against its neighbours." for n in range(60))


def counts(report: rag.IngestReport) -> tuple[int, int, int, int]:
    assert report.failed == ()
    return report.added, report.updated, report.unchanged, report.removed


def titles(archive: rag.Archive) -> set[str | None]:
    return {article.title for article in archive.articles()}


def test_what_is_there_is_not_read_again(opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened()
    assert counts(archive.ingest(folder)) == (3, 0, 0, 0)
    consistent(archive)
    version = archive.version

    def fails(*_: object) -> None:
        raise AssertionError("a file was read again")

    monkeypatch.setattr(readers, "read", fails)
    monkeypatch.setattr(type(archive._embedder), "encode", fails)
    monkeypatch.setattr(type(archive._embedder), "encode_parts", fails)
    assert counts(archive.ingest([folder])) == (0, 0, 3, 0)
    assert archive.version == version


def test_a_changed_file_is_a_new_version(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    [before] = archive.articles(rag.Filters(outlets=("Sundby Radio",)))
    path = folder / "library.md"
    original = path.read_text("utf-8")
    version = archive.version
    path.write_text(original.replace("1,840", "2,007"), "utf-8")
    assert counts(archive.ingest(folder)) == (0, 1, 2, 0)
    consistent(archive)
    assert "2,007" in archive.article(before.id).text
    assert archive.article(before.id, 1) == before
    assert archive.version != version
    assert all("1,840" not in hit.text for hit in archive.search("How many books were borrowed?"))

    path.write_text(original, "utf-8")
    assert counts(archive.ingest(folder)) == (0, 1, 2, 0)
    consistent(archive)
    assert archive.version == version
    assert archive.article(before.id, 3) == before


def test_prune_takes_only_what_is_gone_and_under_the_path(opened: Opener, folder: Path, tmp_path: Path) -> None:
    archive = opened()
    other = write_article(tmp_path / "articles-2" / "other.md", "Snow fell on Sundby.", title="Snow")
    archive.ingest([folder, other])
    (folder / "library.md").unlink()
    other.unlink()
    assert counts(archive.ingest(folder)) == (0, 0, 2, 0)
    assert "Library opens" in titles(archive)
    assert counts(archive.ingest(folder, prune=True)) == (0, 0, 2, 1)
    assert titles(archive) == {"Weir Bridge to be repaired", "Apple harvest grows", "Snow"}
    consistent(archive)
    assert all("borrowed" not in hit.text for hit in archive.search("books borrowed from the library"))


def test_prune_removes_nothing_when_the_path_is_missing(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    folder.rename(folder.with_name("unplugged"))
    report = archive.ingest(folder, prune=True)
    assert report.removed == 0
    assert [(path, "no such" in reason) for path, reason in report.failed] == [(str(folder), True)]
    assert len(archive.articles()) == 3


def test_prune_keeps_what_cannot_be_read_now(opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened()
    archive.ingest(folder)
    (folder / "bridge.md").write_bytes(b"")
    denied = folder / "library.md"
    real = Path.open

    def open_(path: Path, *arguments: Any, **options: Any) -> Any:
        if path == denied:
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_)
    report = archive.ingest(folder, prune=True)
    assert {Path(path).name for path, _ in report.failed} == {"bridge.md", "library.md"}
    assert report.removed == 0
    assert len(archive.articles()) == 3


def test_prune_keeps_what_is_in_a_folder_that_cannot_be_read_now(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened()
    write_article(folder / "more" / "snow.md", "Snow fell on Sundby.", title="Snow")
    archive.ingest(folder)
    real = readers.expand

    def expand(places: Any) -> Any:
        yield from (item for item in real(places) if "more" not in str(getattr(item, "path", "")))
        yield ReadError(str(folder / "more"), "cannot be read: Permission denied")

    monkeypatch.setattr(readers, "expand", expand)
    assert archive.ingest(folder, prune=True).removed == 0
    assert "Snow" in titles(archive)


def lines(path: Path, *texts: str) -> Path:
    path.write_text("".join(t if t.startswith("{") else json.dumps({"title": t, "text": t}) + "\n" for t in texts))
    return path


def test_prune_takes_lines_that_are_gone_even_if_a_run_without_it_came_between(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    path = lines(tmp_path / "wire.jsonl", "One fell.", "Two fell.", "Three fell.")
    assert counts(archive.ingest(path)) == (3, 0, 0, 0)
    lines(path, "One fell.")
    assert counts(archive.ingest(path)) == (0, 0, 1, 0)
    assert counts(archive.ingest(path, prune=True)) == (0, 0, 1, 2)
    assert titles(archive) == {"One fell."}
    consistent(archive)


def test_prune_keeps_the_article_of_a_line_that_broke(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    path = lines(tmp_path / "wire.jsonl", "One fell.", "Two fell.", "Three fell.")
    archive.ingest(path)
    lines(path, "One fell.", '{"broken\n', "Three fell.")
    report = archive.ingest(path, prune=True)
    assert report.removed == 0
    assert titles(archive) == {"One fell.", "Two fell.", "Three fell."}
    assert archive.ingest(path, prune=True).removed == 0


def test_two_places_with_one_address_do_not_flap(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    head = {"title": "Snow", "url": "https://post.example/snow"}
    first = write_article(tmp_path / "in" / "a.md", "Snow fell on Sundby.", **head)
    write_article(tmp_path / "in" / "b.md", "Snow fell on Sundby, twice.", **head)
    archive.ingest(tmp_path / "in")
    version, text = archive.version, archive.articles()[0].text
    for turn in range(3):
        if turn == 1:
            first.write_text(first.read_text("utf-8") + "\n", "utf-8")  # other bytes, the same words
        assert counts(archive.ingest(tmp_path / "in"))[:2] == (0, 0)
        assert archive.version == version
        assert archive.articles()[0].text == text
    consistent(archive)


def test_failures_are_told_on_every_run(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    path = lines(tmp_path / "wire.jsonl", "One fell.", '{"broken\n', "Three fell.")
    (tmp_path / "empty.txt").touch()
    first = archive.ingest([path, tmp_path / "empty.txt"])
    assert first.added == 2
    assert [Path(place).name for place, _ in first.failed] == ["wire.jsonl:2", "empty.txt"]
    second = archive.ingest([path, tmp_path / "empty.txt"])
    assert second.failed == first.failed
    assert second.unchanged == 2
    lines(path, "One fell.", "Two fell.", "Three fell.")
    (tmp_path / "empty.txt").write_text("No more.")
    assert archive.ingest([path, tmp_path / "empty.txt"]).failed == ()


def test_progress_ends_with_everything_embedded(opened: Opener, folder: Path) -> None:
    seen: list[dict[str, Any]] = []
    opened().ingest(folder, lambda **state: seen.append(state))
    assert seen[-1]["articles"] == 3
    assert seen[-1]["pending"] == 0
    assert seen[-1]["embedded"] > 0


# -- stopping half-way ------------------------------------------------------------------------------------------------


class Stopped(Exception):
    """Where a process would have been killed."""


STEPS = ("put", "put_file", "mark_embedded", "bury", "set_meta", "upsert", "delete", "write", "encode_parts")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_stopped_at_any_step_the_next_run_completes(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    """Every step in turn is the last one of a run, of a first run and of one with changes."""
    monkeypatch.setattr(embedding_beside, "_BATCH", 2)
    archive, whole = opened(), opened("whole")

    def stop_at(n: int) -> bool:
        """Run once, stopping at the n-th such step. False if there are fewer."""
        owner = next(part for part in (archive._catalog, archive._vectors, archive._embedder) if hasattr(part, step))
        real, calls = getattr(owner, step), 0

        def stops(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == n and not after:
                raise Stopped
            result = real(*arguments, **options)
            if calls == n:
                raise Stopped
            return result

        with monkeypatch.context() as patch:
            patch.setattr(owner, step, stops)
            try:
                archive.ingest(folder, prune=True)
            except Stopped:
                return True
        return False

    def change(turn: int) -> None:
        write_article(folder / "bridge.md", f"The bridge closed {turn} times.", title="Bridge")
        write_article(folder / f"new-{turn}.md", f"{turn} owls were seen.", title=f"Owls {turn}")
        (folder / f"new-{turn - 1}.md").unlink(missing_ok=True)

    stops = 0
    for turn in range(1, 4):
        # The first run deletes nothing, and later ones delete once.
        stopped = stop_at(1 if step in ("bury", "delete") else turn)
        stops += stopped
        unfinished = archive.status().unfinished
        if stopped and not (step == "set_meta" and turn == 1 and not after):
            # The very last step may be the one that notes the end.
            assert unfinished or (after and archive._catalog.meta("ingest") is None)
        archive.ingest(folder, prune=True)
        whole.ingest(folder, prune=True)
        consistent(archive)
        assert archive.version == whole.version
        change(turn)
    assert stops


def test_after_a_run_that_did_not_end_vectors_are_made_to_agree(opened: Opener, folder: Path) -> None:
    """Even if the vectors' files lost what they had said was stored, or kept what is gone."""
    archive = opened()
    archive.ingest(folder)
    some = sorted(archive._vectors.ids())
    archive._vectors.delete(some[:2])
    nobody = np.array([(77, 0, 0, 0, 0)], ATTRIBUTES)
    archive._vectors.upsert(["orphan.1.0"], [9], archive._embedder.encode(["nobody's"]), nobody)
    archive._catalog.set_meta("ingest", json.dumps({"paths": [str(folder)], "begun": "2024-01-01"}))
    assert "2024-01-01" in (archive.status().unfinished or "")
    archive.ingest(folder)
    consistent(archive)


# -- passages ---------------------------------------------------------------------------------------------------------


def test_passages_are_exact_cover_the_text_and_fit(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    write_article(tmp_path / "in" / "long.md", LONG, title="A long season " * 30)
    write_article(tmp_path / "in" / "odd.md", "漢字と仮名。" * 200 + "x" * 3000, title="Odd 🦉")
    archive.ingest(tmp_path / "in")
    consistent(archive)
    for article in archive.articles():
        rows = archive._catalog.rows(
            "SELECT p.start, p.end FROM passages p JOIN articles a ON a.n = p.article WHERE a.id = ? ORDER BY p.start",
            (article.id,),
        )
        assert len(rows) > 2
        assert all(a["end"] <= b["start"] for a, b in pairwise(rows))
        joined = "".join(article.text[row["start"] : row["end"]] for row in rows)
        assert "".join(joined.split()) == "".join(article.text.split())
    for pending in _texts(archive):
        assert tokens.count(pending) <= 200
    for hit in archive.search("points scored in round 12", k=5):
        assert archive.article(hit.article_id).text[hit.start : hit.end] == hit.text


def _texts(archive: rag.Archive) -> list[str]:
    return [row["body"] for row in archive._catalog.rows("SELECT body FROM passage_text")]


@pytest.mark.models
def test_corpus_passages_fit_the_real_embedder(corpus_archive: rag.Archive) -> None:
    consistent(corpus_archive)
    embedder = open_embedder(rag.Settings().embedder)
    assert embedder.max_tokens == 256
    rows = corpus_archive._catalog.rows("SELECT title, body FROM passage_text")
    seen = [embedding.embedded_text(row["title"], row["body"]) for row in rows]
    assert len(rows) > 60
    assert max(tokens.counts([row["body"] for row in rows])) <= 200
    assert max(embedder.count_tokens(seen)) + 2 <= 256  # its two own marks
    for _, text, start, end, _ in _spans(corpus_archive):
        assert text[start:end]


@pytest.mark.models
def test_corpus_vectors_are_the_embedders(corpus_archive: rag.Archive) -> None:
    rows = corpus_archive._catalog.rows("SELECT n, title, body FROM passage_text")
    some = rows[:: max(1, len(rows) // 12)]
    embedder = open_embedder(rag.Settings().embedder)
    stored = corpus_archive._vectors.gathered(np.array([row["n"] for row in some]), embedder.dimensions)
    fresh = embedder.encode([embedding.embedded_text(row["title"], row["body"]) for row in some])
    assert np.all(np.sum(stored * fresh, axis=1) > 0.99)


@pytest.mark.models
def test_corpus_ingested_again_changes_nothing(corpus_archive: rag.Archive) -> None:
    version = corpus_archive.version
    report = corpus_archive.ingest(CORPUS)
    assert (report.added, report.updated, report.failed) == (0, 0, ())
    assert corpus_archive.version == version


# -- the index of a large archive -------------------------------------------------------------------------------------


def test_a_graph_torn_by_a_kill_is_made_anew(opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma, "_SOONEST", 2)
    monkeypatch.setitem(chroma.SETTINGS["hnsw"], "sync_threshold", 2)
    monkeypatch.setattr(candidates, "EXACT", 1)
    archive = opened()
    archive.ingest(folder)
    (written,) = (archive.path / "chroma").glob("*/index_metadata.pickle")
    archive._catalog.set_meta("ingest", '{"paths": [], "begun": ""}')  # as a kill leaves it
    archive.close()
    written.write_bytes(written.read_bytes()[:20])
    again = opened()
    question = "How many tonnes of apples?"
    assert again.search(question)[0].title == "Apple harvest grows"  # the index is not asked
    assert again.ingest(folder).unchanged == 3
    consistent(again)
    again.warm(writer=False)
    assert again.search(question)[0].title == "Apple harvest grows"
    assert again.upkeep.verify().findings == ()
