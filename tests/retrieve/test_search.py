"""Searches of an archive: filters, a question's own limits, what is not embedded yet, and lost files."""

from __future__ import annotations

import json
import random
import shutil
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rag
from rag.retrieve import candidates
from rag.retrieve.rank import PARTS
from tests.conftest import FIRST_VIEW, SETTINGS, Opener, consistent, run, write_article

Build = Callable[[list[dict[str, Any]]], rag.Archive]
OUTLETS, SECTIONS, LANGUAGES = ("Ortmund Post", "Sundby Radio", "Field Weekly"), ("Transport", "Culture"), ("en", "de")
AUTHORS = ("Lena Falk", "Ivo Sand", "Mia Holt")


def record(n: int, **fields: Any) -> dict[str, Any]:
    """An article whose words few others have."""
    words = random.Random(n).sample([f"{a}{b}{c}" for a in "bdfgk" for b in ("rau", "le", "mi") for c in "nrtsv"], 9)
    return {"title": f"Item {n}", "text": f"The harbour saw {' '.join(words)} on pier {n}.", **fields}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    def built(records: list[dict[str, Any]]) -> rag.Archive:
        folder = tmp_path_factory.mktemp("search")
        (folder / "in.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records), "utf-8")
        archive = rag.open(folder / "archive", settings=SETTINGS)
        assert archive.ingest(folder / "in.jsonl").failed == ()
        return archive

    return built


MANY = [
    record(
        n,
        **{
            name: value
            for name, value in {
                "outlet": random.Random(n).choice((*OUTLETS, None)),
                "byline": ", ".join(random.Random(n + 1000).sample(AUTHORS, random.Random(n).randrange(3))) or None,
                "section": random.Random(n + 2000).choice((*SECTIONS, None)),
                "language": random.Random(n + 3000).choice((*LANGUAGES, None)),
                "published": random.Random(n + 4000).choice((None, *(f"2024-{m:02}-1{n % 10}" for m in range(1, 13)))),
            }.items()
            if value
        },
    )
    for n in range(150)
]


@pytest.fixture(scope="module")
def many(build: Build) -> rag.Archive:
    return build(MANY)


def passes(article: dict[str, Any], filters: rag.Filters) -> bool:
    day = article.get("published")
    return (
        (not filters.published_from or (day is not None and day >= filters.published_from.isoformat()))
        and (not filters.published_to or (day is not None and day <= filters.published_to.isoformat()))
        and (not filters.outlets or article.get("outlet") in filters.outlets)
        and (not filters.sections or article.get("section") in filters.sections)
        and (not filters.languages or article.get("language") in filters.languages)
        and (not filters.bylines or bool(set(article.get("byline", "").split(", ")) & set(filters.bylines)))
    )


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from((*values, "Nobody")), max_size=2, unique=True).map(tuple))


DAYS = st.one_of(st.none(), st.dates(date(2023, 12, 1), date(2025, 1, 31)))
PERIODS = st.tuples(DAYS, DAYS).filter(lambda p: None in p or p[0] <= p[1])  # type: ignore[operator]


@st.composite
def filtering(draw: st.DrawFn) -> rag.Filters:
    first, last = draw(PERIODS)
    return rag.Filters(
        published_from=first, published_to=last, outlets=draw(some(OUTLETS)), bylines=draw(some(AUTHORS)),
        sections=draw(some(SECTIONS)), languages=draw(some(LANGUAGES)),
    )  # fmt: skip


def titles(hits: list[rag.Hit]) -> list[str]:
    return [hit.title or "" for hit in hits]


@pytest.mark.parametrize("exact", [30_000, 20], ids=["exact", "approximate"])
@given(filters=filtering(), k=st.sampled_from([1, 5, 150]), n=st.integers(0, 149))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filters_give_what_an_exhaustive_scan_gives(
    many: rag.Archive, exact: int, filters: rag.Filters, k: int, n: int
) -> None:
    expected = {a["title"] for a in MANY if passes(a, filters)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "EXACT", exact)
        many.warm(writer=False)  # else the index would not be at hand for the first ones
        hits = many.search(MANY[n]["text"], k, filters, ignore=["outlets", "published", "bylines", "sections"])
    found = titles(hits)
    assert len(found) == len(set(found)) == min(k, len(expected))
    assert set(found) <= expected
    if MANY[n]["title"] in expected:
        assert found[0] == MANY[n]["title"]


def test_the_approximate_path_gives_nearly_the_same(many: rag.Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [f"pier {n} {MANY[n]['text']}" for n in range(0, 150, 10)]
    exact = [{hit.passage_id for hit in many.search(question)} for question in asked]
    monkeypatch.setattr(candidates, "EXACT", 5)
    monkeypatch.setattr(candidates, "_REACH", 50)
    many.warm(writer=False)
    near = [{hit.passage_id for hit in many.search(question)} for question in asked]
    shares = [len(a & b) / len(a) for a, b in zip(exact, near)]
    assert sum(shares) / len(shares) > 0.9


def test_nobody_waits_for_the_index(opened: Opener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Until it is in memory, while it is written, and while an ingest is under way all passages are compared."""
    (tmp_path / "many.jsonl").write_text("\n".join(json.dumps(article) for article in MANY), "utf-8")
    archive = opened()
    archive.ingest(tmp_path)
    asked = f"pier {MANY[7]['text']}"
    expected = [hit.passage_id for hit in archive.search(asked)]
    archive.close()

    monkeypatch.setattr(candidates, "EXACT", 5)
    again = opened()
    monkeypatch.setattr(candidates, "_WITHOUT", 0)
    vectors = again._vectors
    reading, release = threading.Event(), threading.Event()
    real = vectors.nearest

    def slow(*arguments: Any) -> Any:
        reading.set()
        assert release.wait(60)
        return real(*arguments)

    monkeypatch.setattr(vectors, "nearest", slow)
    assert [hit.passage_id for hit in again.search(asked)] == expected
    assert reading.wait(60)  # it is being read in beside
    assert [hit.passage_id for hit in again.search(asked)] == expected
    release.set()
    while vectors._handle._opening is not None:
        time.sleep(0.01)

    def never(*arguments: Any) -> Any:
        raise AssertionError("the index was asked")

    with vectors._collection():  # as while it is written to
        found: list[str] = []
        thread = threading.Thread(target=lambda: found.extend(hit.passage_id for hit in again.search(asked)))
        thread.start()
        thread.join(60)
        assert found == expected
    while vectors._handle._opening is not None:
        time.sleep(0.01)
    monkeypatch.setattr(vectors, "nearest_at_once", never)
    with pytest.raises(AssertionError, match="the index was asked"):
        again.search(asked)
    again._catalog.set_meta("ingest", "{}")
    assert [hit.passage_id for hit in again.search(asked)] == expected
    again._catalog.set_meta("ingest", None)


# -- limits of the question -------------------------------------------------------------------------------------------

NAMED = ("outlet", "published", "byline", "section")
TOWN: list[dict[str, Any]] = [
    {"title": title, "text": text, **{name: value for name, value in zip(NAMED, more) if value}}
    for title, text, *more in (
        ("A", "The tram line to Norby opens in June. “It is long overdue,” said the mayor.",
         "Ortmund Post", "2024-03-05", "Lena Falk", "Transport"),
        ("B", "The tram line to Norby will not open before winter, engineers warn.",
         "Sundby Radio", "2024-04-10", "Mia Holt", "Business"),
        ("C", "Tram drivers in Norby want more pay and shorter shifts.",
         "Ortmund Post", "2024-05-20", "Ivo Sand", "Business"),
        ("D", "The tram fare in Norby rises to four crowns.", "Field Weekly", "2024-06-01"),
        ("E", "A tram stop in Norby was painted blue."),
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def town(build: Build) -> rag.Archive:
    return build(TOWN)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What about the tram line to Norby?", set("ABCDE")),
        ("What did the Ortmund Post report about the tram in Norby?", set("AC")),
        ("What was published in May 2024 about the tram in Norby?", set("C")),
        ("What does the article by Mia Holt say about the tram in Norby?", set("B")),
        ("What does the business section say about the tram in Norby?", set("BC")),
        ("Who said “it is long overdue” of the tram in Norby?", set("A")),
        ("What did the Ortmund Post publish in March 2024 about the tram in Norby?", set("A")),
    ],
)
def test_a_question_limits_what_is_found(town: rag.Archive, question: str, expected: set[str]) -> None:
    found = town.find(question, as_of=date(2025, 1, 1))
    assert set(titles(list(found.hits))) == expected
    assert found.understood is not None
    assert found.understood.notes == ()


@pytest.mark.parametrize("ignored", [["outlets", "published"], ["Ortmund Post", "May 2024"]])
def test_limits_can_be_switched_off(town: rag.Archive, ignored: list[str]) -> None:
    question = "What did the Ortmund Post publish in May 2024 about the tram in Norby?"
    assert titles(town.search(question)) == ["C"]
    assert set(titles(town.search(question, ignore=ignored))) == set("ABCDE")


def test_a_phrase_that_stands_nowhere_is_told_and_no_limit(town: rag.Archive) -> None:
    found = town.find("Who said “never in my lifetime” about the tram in Norby?")
    assert set(titles(list(found.hits))) == set("ABCDE")
    assert found.understood is not None
    assert any("“never in my lifetime”" in note for note in found.understood.notes)


def test_limits_that_leave_nothing_find_nothing_and_say_so(town: rag.Archive) -> None:
    found = town.find("What did Sundby Radio publish in May 2024 about the tram in Norby?")
    assert found.hits == ()
    assert found.understood is not None
    assert found.understood.notes == ("The archive holds no article from Sundby Radio dated May 2024.",)
    found = town.find("What did Sundby Radio report about the tram?", filters=rag.Filters(sections=("Transport",)))
    assert found.hits == ()
    assert found.understood is not None
    assert found.understood.notes == ("The archive holds no article from Sundby Radio that passes the filters.",)


def test_one_side_that_is_empty_leaves_the_other(town: rag.Archive) -> None:
    found = town.find(
        "What did Sundby Radio report on the tram line, while the Field Weekly reported on the tram fare?",
        filters=rag.Filters(published_to=date(2024, 5, 1)),
    )
    assert titles(list(found.hits)) == ["B"]
    assert found.understood is not None
    assert any("Field Weekly" in note for note in found.understood.notes)
    assert not any("Sundby" in note for note in found.understood.notes)


def test_both_outlets_of_a_question_are_among_the_first_four(build: Build) -> None:
    loud = [
        {"title": f"L{n}", "text": f"The tram line to Norby opens in June, says report {n} {'abcdefgh'[n] * 5}.",
         "outlet": "Ortmund Post"} for n in range(8)
    ]  # fmt: skip
    archive = build([*loud, {"title": "Q", "text": "Delays hit Norby again.", "outlet": "Sundby Radio"}])
    hits = archive.search(
        "Did the Ortmund Post report that the tram line to Norby opens in June, while Sundby Radio reported delays?"
    )
    assert {hit.outlet for hit in hits[:4]} == {"Ortmund Post", "Sundby Radio"}


# -- what is not among the vectors ------------------------------------------------------------------------------------


class Stopped(Exception):
    """Where a process would have been killed."""


def test_what_is_not_embedded_yet_is_found_by_its_words(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened()
    archive.ingest(folder)
    write_article(
        folder / "owls.md", "Eleven owls nested in the mill of Ortmund.", title="Owls", outlet="Owl Times",
        byline=["Ada Berg", "Nils Ore"], published="2024-07-02", section="Nature", language="de",
    )  # fmt: skip
    (folder / "library.md").write_text((folder / "library.md").read_text("utf-8").replace("1,840", "77"), "utf-8")

    def stops(*_: object) -> None:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(archive._vectors, "upsert", stops)
        with pytest.raises(Stopped):
            archive.ingest(folder)
    assert "found by their words only" in (archive.status().unfinished or "")
    for filters in (
        None,
        *(rag.Filters(**{name: value}) for name, value in {  # type: ignore[arg-type]
            "outlets": ("owl times",), "bylines": ("Nils Ore",), "sections": ("nature",), "languages": ("de",),
            "published_from": date(2024, 7, 2),
        }.items()),
    ):  # fmt: skip
        hits = archive.search("How many owls nested in the mill?", filters=filters)
        assert hits[0].title == "Owls"
        assert hits[0].dense is None
    assert titles(archive.search("What did the Owl Times report about the mill?")) == ["Owls"]
    assert archive.search("owls in the mill", filters=rag.Filters(published_to=date(2024, 7, 1)))[0].title != "Owls"
    for question in ("How many books were borrowed?", "1,840 books"):
        assert all("1,840" not in hit.text for hit in archive.search(question))
    archive.ingest(folder)
    consistent(archive)
    assert archive.search("How many owls nested in the mill?")[0].dense is not None


def test_superseded_passages_take_no_places(opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many old vectors that an ingest did not come to delete crowd out nothing."""
    archive = opened()
    for turn in range(2):
        for n in range(60):
            text = f"Owl {n} of the tower was ringed." if turn == 0 else f"Ship {n} sank {'xyz'[n % 3] * 4}."
            write_article(tmp_path / "in" / f"{n}.md", text, title=f"Note {n}")
        write_article(tmp_path / "in" / "last.md", "Nothing like it: herring.", title="Last")
        with monkeypatch.context() as patch:
            if turn:
                patch.setattr(archive._vectors, "delete", lambda *_: (_ for _ in ()).throw(Stopped))
                with pytest.raises(Stopped):
                    archive.ingest(tmp_path / "in")
            else:
                archive.ingest(tmp_path / "in")
    assert len(archive._catalog.doomed()) == 60
    hits = archive.search("owl of the tower ringed", k=61)
    assert all("Owl" not in hit.text for hit in hits)
    assert "Last" in titles(hits)


@pytest.mark.parametrize("lost", ["chroma", "chroma/vectors.f32", "chroma/attributes", "chroma/chroma.sqlite3"])
def test_lost_files_leave_the_words_and_are_made_anew(opened: Opener, folder: Path, lost: str) -> None:
    archive = opened()
    archive.ingest(folder)
    question, filters = "How many tonnes of apples?", rag.Filters(sections=("Business",))
    before = archive.search(question, filters=filters)
    archive.close()
    place = archive.path / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    again = opened()
    assert titles(again.search(question, filters=filters)) == ["Apple harvest grows"]
    assert again.search(question)[0].title == "Apple harvest grows"
    assert again.ingest(folder).unchanged == 3
    consistent(again)
    assert again.search(question, filters=filters) == before


def test_a_short_file_is_no_traceback_and_is_mended(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    archive.close()
    for name in ("vectors.f32", "attributes"):
        path = archive.path / "chroma" / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        again = opened()
        assert again.search("How many tonnes of apples?")[0].title == "Apple harvest grows"
        again.ingest(folder)
        consistent(again)
        again.close()


def test_an_archive_from_before_features_is_completed(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    expected = archive.search("books borrowed from the library")
    for sql in (
        "DROP VIEW passage_text", "ALTER TABLE passages DROP COLUMN searched", FIRST_VIEW,
        "DROP TABLE passage_features", "ALTER TABLE doomed_vectors DROP COLUMN n", "PRAGMA user_version = 2",
        "DROP TABLE notes", "DROP INDEX articles_to_note", "ALTER TABLE articles DROP COLUMN noted",
        "DROP TABLE pages", "DROP TABLE places", "DROP TABLE corrected_headlines", "DROP INDEX articles_by_title",
        "ALTER TABLE articles DROP COLUMN pages", "ALTER TABLE articles DROP COLUMN times",
        "ALTER TABLE articles DROP COLUMN correction",
        "DROP TRIGGER left_out_of_forgotten", "DROP TABLE left_out", "DROP TABLE removed",
    ):  # fmt: skip
        archive._catalog.rows(sql)
    archive.close()
    for name in ("vectors.f32", "attributes"):
        (archive.path / "chroma" / name).unlink()
    old = opened()
    assert "3 passages are found by their words only" in (old.status().unfinished or "")
    assert old.search("books borrowed from the library")[0].title == "Library opens"
    assert old.ingest(folder).unchanged == 3
    consistent(old)
    assert old.search("books borrowed from the library") == expected


# -- repeating, and leaving parts out ---------------------------------------------------------------------------------


def test_answers_repeat_from_process_to_process(town: rag.Archive) -> None:
    question = "What did the Ortmund Post and Sundby Radio report about the tram in Norby?"
    seen = set()
    for seed in ("1", "2", "3"):
        done = run("search", question, "--json", "--archive", town.path, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        seen.add(json.dumps([(hit["passage_id"], hit["score"]) for hit in found]))
    assert len(seen) == 1
    assert town.search(question) == town.search(question)


ASKED = (
    "Did the Ortmund Post report in an article published in March 2024 that the tram line to Norby opens in June, as "
    "it is long overdue, while Sundby Radio reported that engineers warn of 2 winters before June 2024?"
)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_every_part_can_be_left_out(town: rag.Archive, part: str) -> None:
    def found(archive: rag.Archive) -> dict[tuple[int, str], float]:
        return {(c.side, c.hit.passage_id): c.hit.score for c in archive.candidates(ASKED)}

    whole = found(town)
    assert {side for side, _ in whole} == {0, 1}
    with rag.open(town.path, SETTINGS.override({"without": part}, "test")) as less:
        assert less.search(ASKED)
        rest = found(less)
    if part in ("outlets", "published", "parts"):
        assert rest.keys() != whole.keys()
    elif part in ("stories", "mixing"):
        assert rest == whole
    elif part not in SOME:
        assert rest.keys() & whole.keys()
        assert all(rest[key] != whole[key] for key in rest.keys() & whole.keys())


SOME = {"lead": "lead", "happened": "happened"}


@pytest.mark.parametrize("part", SOME)
def test_what_few_passages_have_moves_those_that_have_it(many: rag.Archive, part: str) -> None:
    asked = "What did the harbour see on pier 17 in March 2024, by item 17?"
    whole = {c.hit.passage_id: c for c in many.candidates(asked)}
    assert any(c.features[SOME[part]] for c in whole.values())
    with rag.open(many.path, SETTINGS.override({"without": part}, "test")) as less:
        for candidate in less.candidates(asked):
            before = whole[candidate.hit.passage_id]
            assert (candidate.hit.score != before.hit.score) == (before.features[SOME[part]] != 0)
