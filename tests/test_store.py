"""The catalog: schema, full-text index, filters, versions, and the version of the content."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from rag import tokens
from rag.errors import ArchiveError, ArchiveMismatch, ArchiveNotWritable, ArticleNotFound
from rag.passages import Limit, split
from rag.query import terms
from rag.store import lookup, schema
from rag.store.catalog import Catalog
from rag.store.postings import Postings
from rag.types import Article, Filters, Passage
from rag.words import bare

WEST = timezone(timedelta(hours=-8))
BRIDGE = Article(
    id="bridge",
    text="The council voted for repairs. Workers were hired.",
    source="/a/bridge.md",
    title="Weir crossing",
    outlet="Ortmund Post",
    byline="Lena Falk, Ivo Sand",
    published=datetime(2024, 3, 5, 23, 30, tzinfo=WEST),  # the sixth in UTC
    section="Transport",
    language="en",
)
LIBRARY = Article(
    id="library",
    text="The reading room opened on Monday.",
    source="/a/library.md",
    title="Library",
    outlet="Sundby Radio",
    byline="Mia Holt",
    published=datetime(2024, 4, 10, tzinfo=WEST),
    language="de",
)
UNDATED = Article(id="undated", text="Apples were cheap.", source="/a/undated.md")


def cut(article: Article) -> list[Passage]:
    return split(article.text, [Limit(tokens.counts, 200)])


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.sqlite3")
    yield catalog
    catalog.close()


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    for article in (BRIDGE, LIBRARY, UNDATED):
        assert catalog.put(article, article.source, cut) == "added"
    return catalog


def found(catalog: Catalog, question: str) -> list[str]:
    """Articles that hold any of the words that carry meaning."""
    postings = Postings(catalog)
    numbers = {int(n) for term in terms(question) for n in postings.of(bare(term)).passages}
    rows = catalog.rows("SELECT p.n, a.id FROM passages p JOIN articles a ON a.n = p.article ORDER BY p.n")
    return list(dict.fromkeys(row["id"] for row in rows if row["n"] in numbers))


def passing(catalog: Catalog, filters: Filters) -> set[str]:
    articles = {row["n"]: row["id"].split(".")[0] for row in catalog.rows("SELECT n, id FROM passages")}
    return {articles[n] for n in lookup.known(catalog, list(articles), filters)}


# -- schema -----------------------------------------------------------------------------------------------------------


def test_an_empty_file_becomes_a_catalog(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.touch()
    Catalog(path).close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(schema.MIGRATIONS)
    assert db.execute("SELECT count(*) FROM articles").fetchone()[0] == 0
    db.close()


def test_a_migration_that_breaks_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "catalog.sqlite3"
    Catalog(path).close()
    broken = (*schema.MIGRATIONS, "CREATE TABLE half (x); CREATE TABLE\n articles (x);")
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(ArchiveError):
        Catalog(path)
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(broken) - 1
    assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'").fetchall()
    db.close()


def test_a_catalog_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    Catalog(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(ArchiveMismatch, match="newer release"):
        Catalog(path)


def test_a_damaged_catalog_says_so(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite3"
    path.write_bytes(b"this is no database at all " * 400)
    with pytest.raises(ArchiveError, match="damaged"):
        Catalog(path)


def test_a_catalog_where_none_can_be_made_says_so(tmp_path: Path) -> None:
    with pytest.raises(ArchiveNotWritable):
        Catalog(tmp_path / "absent" / "catalog.sqlite3")


# -- full text --------------------------------------------------------------------------------------------------------


def test_words_are_found_by_their_stem(filled: Catalog) -> None:
    assert found(filled, "Who voted on the repair?") == ["bridge"]
    assert found(filled, "voting") == ["bridge"]
    assert found(filled, "dragons") == []


def test_words_are_found_in_the_title(filled: Catalog) -> None:
    assert "crossing" not in BRIDGE.text
    assert found(filled, "crossings") == ["bridge"]


def test_accents_do_not_matter(filled: Catalog) -> None:
    article = dataclasses.replace(UNDATED, id="cafe", text="The café burned.", source="/a/cafe.md")
    filled.put(article, article.source, cut)
    assert found(filled, "cafe") == ["cafe"] == found(filled, "CAFÉ")


@pytest.mark.parametrize("question", ['"', "a AND (b", "NEAR(", "council*", "it's \x00 \ud83d?", "-", "title:council"])
def test_no_question_breaks_the_index(filled: Catalog, question: str) -> None:
    question = question.encode("utf-8", "replace").decode()
    found(filled, question)


def test_a_replaced_article_is_found_by_its_new_words_only(filled: Catalog) -> None:
    filled.put(dataclasses.replace(BRIDGE, text="A tunnel is dug.", title="Tunnel"), BRIDGE.source, cut)
    assert found(filled, "council") == []
    assert found(filled, "crossing") == []
    assert found(filled, "tunnel") == ["bridge"]
    filled.rows("INSERT INTO passage_index(passage_index, rank) VALUES('integrity-check', 1)")


# -- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"bridge", "library", "undated"}),
        (Filters(published_from=date(2024, 3, 5), published_to=date(2024, 3, 5)), {"bridge"}),
        (Filters(published_from=date(2024, 3, 6)), {"library"}),
        (Filters(published_to=date(2024, 4, 9)), {"bridge"}),
        (Filters(published_to=date(2024, 4, 10)), {"bridge", "library"}),
        (Filters(outlets=("ORTMUND post",)), {"bridge"}),
        (Filters(outlets=("Ortmund Post", "sundby radio")), {"bridge", "library"}),
        (Filters(outlets=("Ortmund",)), set()),
        (Filters(bylines=("ivo sand",)), {"bridge"}),
        (Filters(bylines=("Lena Falk",)), {"bridge"}),
        (Filters(bylines=("Lena Falk", "Mia Holt")), {"bridge", "library"}),
        (Filters(sections=("transport",)), {"bridge"}),
        (Filters(languages=("EN",)), {"bridge"}),
        (Filters(outlets=("Ortmund Post",), languages=("de",)), set()),
    ],
)
def test_filters(filled: Catalog, filters: Filters, expected: set[str]) -> None:
    assert passing(filled, filters) == expected
    assert {article.id for article in lookup.articles(filled, filters, 10, 0)} == expected


def test_names_are_compared_without_case_in_any_script(filled: Catalog) -> None:
    article = dataclasses.replace(UNDATED, id="strasse", outlet="Straße", source="/a/s.md")
    filled.put(article, article.source, cut)
    assert passing(filled, Filters(outlets=("STRASSE",))) == {"strasse"}


def test_facets_follow_an_update(filled: Catalog) -> None:
    filled.put(dataclasses.replace(BRIDGE, byline="Ada Berg"), BRIDGE.source, cut)
    assert passing(filled, Filters(bylines=("Ivo Sand",))) == set()
    assert passing(filled, Filters(bylines=("Ada Berg",))) == {"bridge"}


# -- versions ---------------------------------------------------------------------------------------------------------


def test_old_versions_stay_readable(filled: Catalog) -> None:
    second = dataclasses.replace(BRIDGE, text="The council changed its mind.")
    third = dataclasses.replace(BRIDGE, text="The council changed it again.", title="Again")
    assert filled.put(second, BRIDGE.source, cut) == "updated"
    assert filled.put(third, BRIDGE.source, cut) == "updated"
    assert filled.put(third, BRIDGE.source, cut) == "unchanged"
    assert filled.article("bridge") == third
    assert [filled.article("bridge", n) for n in (1, 2, 3)] == [BRIDGE, second, third]
    for missing in (0, 4):
        with pytest.raises(ArticleNotFound, match=f"version {missing}"):
            filled.article("bridge", missing)
    with pytest.raises(ArticleNotFound):
        filled.article("nobody")


def test_pages_and_times_are_kept_with_their_version(filled: Catalog) -> None:
    paged = dataclasses.replace(BRIDGE, pages=(0, 0, 31))
    timed = dataclasses.replace(BRIDGE, times=((0, 1.5), (31, 60.0)))
    for article in (paged, timed):
        assert filled.put(article, BRIDGE.source, cut) == "updated"
        assert filled.put(article, BRIDGE.source, cut) == "unchanged"
    assert [filled.article("bridge", n) for n in (1, 2, 3)] == [BRIDGE, paged, timed]
    assert filled.article("bridge") == timed


def test_a_hit_knows_the_page_of_each_sentence(filled: Catalog) -> None:
    filled.put(dataclasses.replace(BRIDGE, pages=(0, 0, 31)), BRIDGE.source, cut)
    numbers = [row["n"] for row in filled.rows("SELECT n FROM passages ORDER BY id LIKE 'bridge.%'")]
    *others, bridge = lookup.hits(filled, [lookup.Scored(n, 0.5, None, None) for n in numbers])
    assert bridge.pages == (2, 3)
    assert [other.pages for other in others] == [(), ()]


def test_the_passages_of_an_old_version_are_due_to_go(filled: Catalog) -> None:
    before = {row["id"]: row["n"] for row in filled.rows("SELECT id, n FROM passages WHERE id LIKE 'bridge.%'")}
    filled.put(dataclasses.replace(BRIDGE, text="Else."), BRIDGE.source, cut)
    assert filled.doomed() == before != {}
    filled.bury(sorted(before))
    assert filled.doomed() == {}


def test_content_version_depends_on_the_articles_alone(tmp_path: Path, filled: Catalog) -> None:
    other = Catalog(tmp_path / "other.sqlite3")
    empty = other.content_version
    seen = [empty]
    for article in (UNDATED, LIBRARY, BRIDGE):
        other.put(article, article.source, cut)
        seen.append(other.content_version)
    assert len(set(seen)) == 4
    assert other.content_version == filled.content_version

    other.put(dataclasses.replace(BRIDGE, title="Other"), BRIDGE.source, cut)
    assert other.content_version not in seen
    other.put(BRIDGE, BRIDGE.source, cut)
    assert other.content_version == filled.content_version

    other.remove_sources([a.source for a in (BRIDGE, LIBRARY, UNDATED)])
    assert other.content_version == empty
    other.close()


def test_where_an_article_lies_does_not_matter_to_its_version(tmp_path: Path, filled: Catalog) -> None:
    other = Catalog(tmp_path / "other.sqlite3")
    for article in (BRIDGE, LIBRARY, UNDATED):
        other.put(dataclasses.replace(article, source=article.source + "x"), "elsewhere", cut)
    assert other.content_version == filled.content_version
    other.close()


def test_two_places_of_one_article(filled: Catalog) -> None:
    """The second place's words count when they change, not whenever they are looked at."""
    reprint = dataclasses.replace(BRIDGE, source="/b/bridge.md", text="A reprint.")
    assert filled.put(reprint, "/b/bridge.md", cut) == "updated"
    assert filled.put(BRIDGE, BRIDGE.source, cut) == "unchanged"
    assert filled.put(reprint, "/b/bridge.md", cut) == "unchanged"
    assert filled.article("bridge").text == "A reprint."
    assert filled.remove_sources(["/b/bridge.md"]) == 0
    assert filled.article("bridge")
    assert filled.remove_sources([BRIDGE.source]) == 1
    with pytest.raises(ArticleNotFound):
        filled.article("bridge")
    with pytest.raises(ArticleNotFound):
        filled.article("bridge", 1)


def test_a_transaction_that_breaks_leaves_nothing(filled: Catalog) -> None:
    before = filled.content_version

    def fails(_: Article) -> list[Passage]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filled.put(dataclasses.replace(BRIDGE, text="Half."), BRIDGE.source, fails)
    assert filled.article("bridge") == BRIDGE
    assert filled.content_version == before
    assert filled.doomed() == {}
    assert not filled.rows("SELECT 1 FROM versions")
