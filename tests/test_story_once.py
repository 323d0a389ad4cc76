"""One story once: near-copies found at ingest, and searches that show one of them and list the others."""

from __future__ import annotations

import dataclasses
import itertools
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rag
from rag import tokens
from rag.passages import Limit, split
from rag.store import lookup, schema, stories
from rag.store.catalog import Catalog
from rag.store.lookup import Scored
from rag.store.once import one_story_once
from rag.types import Article, Copy, Filters, Hit, Passage
from tests import fakes
from tests import story_texts as texts
from tests.conftest import FIRST_VIEW, Opener, consistent, write_article

SHORT = rag.Settings(embedder=fakes.NAME, writer="extractive", passage_tokens=50)
URL = "https://{}.example/{}"


def news(folder: Path, outlet: str, text: str, published: str | None = "2025-06-03T10:00:00+02:00", n: int = 1) -> str:
    """An article of an outlet. Returns its URL."""
    url = URL.format(outlet, n)
    head = {"title": f"{outlet} {n}", "outlet": outlet.title(), "url": url}
    write_article(folder / f"{outlet}-{n}.md", text, **head, **({"published": published} if published else {}))
    return url


def ids(archive: rag.Archive) -> dict[str | None, str]:
    """Article ids by URL."""
    return {article.url: article.id for article in archive.articles()}


def pairs(catalog: Catalog) -> set[tuple[str, str]]:
    """What is stored as near-copies, by URL."""
    rows = catalog.rows(
        "SELECT a.id AS a, b.id AS b FROM story_pairs p "
        "JOIN articles a ON a.n = p.article JOIN articles b ON b.n = p.other"
    )
    found = {(row["a"], row["b"]) for row in rows}
    assert len(found) == len(rows)
    assert found == {(b, a) for a, b in found}
    return {(a, b) for a, b in found if a < b}


def passages(archive: rag.Archive, url: str, saying: str = "") -> list[Hit]:
    """The passages of an article that say something, as hits with falling scores."""
    rows = archive._catalog.rows(
        "SELECT p.n FROM passages p JOIN articles a ON a.n = p.article JOIN passage_text t ON t.n = p.n "
        "WHERE a.url = ? AND t.body LIKE ? ORDER BY p.n",
        (url, f"%{saying}%"),
    )
    assert rows, f"nothing in {url} says {saying}"
    return lookup.hits(archive._catalog, [Scored(row["n"], 0, None, None) for row in rows])


def ranked(*found: Hit) -> list[Hit]:
    """Hits as a search gives them."""
    return [
        dataclasses.replace(h, rank=i + 1, score=1 - i / 100, dense=0.5, lexical=2.0 + i) for i, h in enumerate(found)
    ]


def once(archive: rag.Archive, hits: Sequence[Hit], **filters: Any) -> list[Hit]:
    """What is left of the hits; each is a real passage, and ranks and scores are in order."""
    left = one_story_once(archive._catalog, hits, Filters(**filters))
    assert [hit.rank for hit in left] == list(range(1, len(left) + 1))
    assert [hit.score for hit in left] == sorted((hit.score for hit in left), reverse=True)
    assert len({hit.passage_id for hit in left}) == len(left)
    for hit in left:
        assert archive.article(hit.article_id).text[hit.start : hit.end] == hit.text
        assert hit.article_id not in {copy.article_id for copy in hit.also}
    return left


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    return tmp_path / "news"


# -- what is found at ingest ------------------------------------------------------------------------------------------


def test_ingest_finds_the_reprints_and_nothing_else(opened: Opener, articles: Path) -> None:
    wire, reprint = news(articles, "wire", texts.WIRE), news(articles, "post", texts.REPRINT)
    news(articles, "rival", texts.RIVAL)
    for n, text in enumerate((*texts.QUARTERS, *texts.PREVIEWS, texts.BRIEF, texts.BRIEF)):
        news(articles, "paper", text, n=n)
    archive = opened()
    archive.ingest(articles)
    of = ids(archive)
    assert pairs(archive._catalog) == {tuple(sorted((of[wire], of[reprint])))}
    assert archive.status().unfinished is None


def test_the_corpus_has_five_stories_twice(opened: Opener) -> None:
    archive = opened()
    archive.ingest(Path(__file__).parents[1] / "corpus")
    found = [{archive.article(i).outlet for i in pair} for pair in pairs(archive._catalog)]
    assert len(found) == 5
    assert all("Coastline Wire" in outlets and len(outlets) == 2 for outlets in found)


def test_a_change_and_a_removal_take_the_pair_away(opened: Opener, articles: Path) -> None:
    news(articles, "wire", texts.WIRE)
    news(articles, "post", texts.REPRINT)
    archive = opened()
    archive.ingest(articles)
    before = pairs(archive._catalog)
    assert len(before) == 1

    news(articles, "post", texts.RIVAL)
    archive.ingest(articles)
    assert pairs(archive._catalog) == set()
    news(articles, "post", texts.UPDATE)
    archive.ingest(articles)
    assert pairs(archive._catalog) == before

    (articles / "wire-1.md").unlink()
    archive.ingest(articles, prune=True)
    assert pairs(archive._catalog) == set()
    for table in ("story_pairs", "story_bands", "story_signatures"):
        count = archive._catalog.rows(f"SELECT count(DISTINCT article) FROM {table}")[0][0]
        assert count == (0 if table == "story_pairs" else 1)


def test_an_archive_of_the_first_schema_is_compared_at_the_next_ingest(
    opened: Opener, articles: Path, tmp_path: Path
) -> None:
    news(articles, "wire", texts.WIRE)
    news(articles, "post", texts.REPRINT)
    with rag.open(tmp_path / "old", settings=SHORT) as archive:
        archive.ingest(articles)
        expected = pairs(archive._catalog)
    _as_first_schema(tmp_path / "old" / "catalog.sqlite3")
    archive = opened("old", SHORT)
    assert pairs(archive._catalog) == set()
    assert "2 articles have not been compared" in (archive.status().unfinished or "")
    assert "passages are found by their words only" in (archive.status().unfinished or "")
    assert archive.ingest(articles).unchanged == 2
    assert pairs(archive._catalog) == expected != set()
    consistent(archive)


def _as_first_schema(path: Path) -> None:
    """Take away what later migrations brought, and see that just what the first one makes is left."""
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(":memory:")) as first:
        for sql in (
            "DROP TRIGGER left_out_of_forgotten",
            "DROP TABLE left_out",
            "DROP TABLE removed",
            "DROP TABLE corrected_headlines",
            "DROP INDEX articles_by_title",
            "ALTER TABLE articles DROP COLUMN correction",
            "ALTER TABLE articles DROP COLUMN pages",
            "ALTER TABLE articles DROP COLUMN times",
            "DROP TABLE notes",
            "DROP INDEX articles_to_note",
            "ALTER TABLE articles DROP COLUMN noted",
            "DROP TABLE pages",
            "DROP TABLE places",
            "DROP VIEW passage_text",
            "ALTER TABLE passages DROP COLUMN searched",
            FIRST_VIEW,
            "DROP TABLE passage_features",
            "ALTER TABLE doomed_vectors DROP COLUMN n",
            "DROP INDEX articles_to_compare",
            "ALTER TABLE articles DROP COLUMN compared",
            *(f"DROP TABLE story_{name}" for name in ("pairs", "bands", "signatures")),
            "PRAGMA user_version = 1",
        ):
            db.execute(sql)
        db.commit()
        first.executescript(schema.MIGRATIONS[0])
        columns = "SELECT name, type FROM pragma_table_info('articles')"
        names = "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1"
        for sql in (columns, names):
            assert db.execute(sql).fetchall() == first.execute(sql).fetchall()


def test_comparing_that_breaks_off_is_due_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Catalog(tmp_path / "catalog.sqlite3")) as catalog:
        for piece in PIECES:
            put(catalog, piece)

        def breaks(*_: object) -> bool:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("rag.stories.same_story", breaks)
            with pytest.raises(KeyboardInterrupt):
                stories.compare(catalog)
        assert stories.due(catalog) == len(PIECES)
        assert not catalog.rows("SELECT 1 FROM story_signatures")
        assert stories.compare(catalog) == len(PIECES)
        assert stories.compare(catalog) == stories.due(catalog) == 0
        assert pairs(catalog) == PAIRS


# -- the groups do not depend on the order ----------------------------------------------------------------------------

PIECES = [
    Article(id=name, text=text, source=f"/{name}")
    for name, text in {
        "a": texts.WIRE, "b": texts.REPRINT, "c": texts.UPDATE, "d": texts.RIVAL,
        "e": texts.QUARTERS[0], "f": texts.QUARTERS[0] + " " + texts.LOCAL, "g": texts.BRIEF,
    }.items()
]  # fmt: skip
PAIRS = {("a", "b"), ("a", "c"), ("b", "c"), ("e", "f")}


def put(catalog: Catalog, piece: Article) -> None:
    def cut(article: Article) -> list[Passage]:
        return split(article.text, [Limit(tokens.counts, 200)])

    catalog.put(piece, piece.source, cut)


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "change", "remove", "compare"]), st.sampled_from(PIECES)), max_size=14
)


@given(steps=STEPS, order=st.permutations(PIECES))
@settings(deadline=None, max_examples=60)
def test_the_pairs_do_not_depend_on_what_came_before(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Article]], order: list[Article]
) -> None:
    with closing(Catalog(tmp_path_factory.mktemp("order") / "catalog.sqlite3")) as catalog:
        for step, piece in steps:
            if step == "put":
                put(catalog, piece)
            elif step == "change":
                put(catalog, dataclasses.replace(piece, text=texts.PREVIEWS[0]))
            elif step == "remove":
                catalog.remove_sources([piece.source])
            else:
                stories.compare(catalog)
        for piece in order:
            put(catalog, piece)
        while stories.compare(catalog):
            pass
        assert pairs(catalog) == PAIRS


# -- reprints ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def printed_twice(opened: Opener, articles: Path) -> tuple[rag.Archive, str, str]:
    """The wire's story and, a day later, a reprint with a sentence of its own; passages of two or three sentences."""
    wire = news(articles, "wire", texts.WIRE)
    post = news(articles, "post", f"{texts.REPRINT}\n\n{texts.LOCAL}", "2025-06-04T07:00:00+02:00")
    news(articles, "rival", texts.RIVAL)
    archive = opened("archive", SHORT)
    archive.ingest(articles)
    return archive, wire, post


def test_a_reprint_gives_way_to_the_original(printed_twice: tuple[rag.Archive, str, str]) -> None:
    archive, wire, post = printed_twice
    (copy,), (original,) = passages(archive, post, "6.3 million"), passages(archive, wire, "6.3 million")
    (other,) = passages(archive, URL.format("rival", 1), "6.3 million")
    for hits in (ranked(copy, original, other), ranked(original, copy, other), ranked(copy, other)):
        first, second = once(archive, hits)
        assert first.url == wire
        assert "6.3 million" in first.text
        assert first.score == 1
        of = ids(archive)
        day = datetime(2025, 6, 4, 7, tzinfo=first.published.tzinfo if first.published else None)
        assert first.also == (Copy(of[post], "Post", "post 1", day, post),)
        assert (second.text, second.also) == (other.text, ())


def test_what_only_the_reprint_says_stays_the_reprints(printed_twice: tuple[rag.Archive, str, str]) -> None:
    archive, wire, post = printed_twice
    (local,) = passages(archive, post, "Anglers")
    (hit,) = once(archive, ranked(local))
    assert hit.text == local.text
    assert [copy.url for copy in hit.also] == [wire]


@pytest.mark.parametrize(
    ("said", "changed"),
    [("6.3 million", "6.8 million"), ("has asked for", "has not asked for"), ("no losses", "no great losses")],
)
def test_a_passage_that_adds_a_word_or_changes_a_figure_stays_the_reprints(
    opened: Opener, articles: Path, said: str, changed: str
) -> None:
    assert said in texts.WIRE
    wire = news(articles, "wire", texts.WIRE)
    post = news(articles, "post", texts.WIRE.replace(said, changed), "2025-06-04T07:00:00+02:00")
    archive = opened("archive", SHORT)
    archive.ingest(articles)
    assert len(pairs(archive._catalog)) == 1
    (found,), (original,) = passages(archive, post, changed), passages(archive, wire, said)
    assert [hit.url for hit in once(archive, ranked(found, original))] == [post, wire]


def test_filters_decide_which_member_is_shown(printed_twice: tuple[rag.Archive, str, str]) -> None:
    archive, wire, post = printed_twice
    (copy,) = passages(archive, post, "6.3 million")
    for filters in ({"outlets": ("post",)}, {"published_from": date(2025, 6, 4)}):
        (hit,) = once(archive, ranked(copy), **filters)
        assert hit.url == post
        assert [other.url for other in hit.also] == [wire]
    (hit,) = once(archive, ranked(copy), published_from=date(2025, 6, 3))
    assert hit.url == wire


def test_hits_of_one_article_all_stay(printed_twice: tuple[rag.Archive, str, str]) -> None:
    archive, wire, post = printed_twice
    whole = passages(archive, wire)
    assert len(whole) > 3
    assert [hit.text for hit in once(archive, ranked(*whole))] == [hit.text for hit in whole]
    left = once(archive, ranked(*passages(archive, post), *whole))
    assert {hit.text for hit in left if hit.url == wire} == {hit.text for hit in whole}
    assert all("Anglers" in hit.text for hit in left if hit.url == post)


def test_words_spread_over_two_passages_of_the_original_bring_both(opened: Opener, articles: Path) -> None:
    """The passages of a cut text begin elsewhere; what a hit said is still all there."""
    wire = news(articles, "wire", texts.WIRE)
    post = news(articles, "post", texts.REPRINT, "2025-06-04")
    archive = opened("archive", SHORT)
    archive.ingest(articles)
    seen_two = False
    for copy in passages(archive, post):
        left = once(archive, ranked(copy))
        assert {hit.url for hit in left} == {wire}
        joined = " ".join(hit.text for hit in left)
        for start, end in copy.sentences:
            sentence = copy.text[start - copy.start : end - copy.start]
            if end - start >= 0.25 * len(copy.text) and sentence in texts.WIRE:
                assert sentence in joined
        seen_two = seen_two or len(left) == 2
        assert len(left) <= 2
    assert seen_two


def test_scores_of_a_fetched_passage_are_those_of_what_was_found(printed_twice: tuple[rag.Archive, str, str]) -> None:
    archive, wire, post = printed_twice
    (copy,) = passages(archive, post, "6.3 million")
    (hit,) = once(archive, ranked(copy))
    assert (hit.url, hit.score, hit.dense, hit.lexical) == (wire, 1, 0.5, 2)


def test_without_stories_nothing_changes(printed_twice: tuple[rag.Archive, str, str]) -> None:
    archive, _, _ = printed_twice
    hits = ranked(*passages(archive, URL.format("rival", 1)))
    assert once(archive, hits) == hits
    assert once(archive, []) == []


def test_five_reprints_are_one_hit(opened: Opener, articles: Path) -> None:
    wire = news(articles, "wire", texts.WIRE, "2025-06-03T10:00:00+02:00")
    outlets = ["east", "north", "south", "west"]
    for day, outlet in enumerate(outlets):
        news(articles, outlet, texts.REPRINT, f"2025-06-1{day}T10:00:00+02:00")
    undated = news(articles, "vague", texts.REPRINT, None)
    archive = opened()
    archive.ingest(articles)
    urls = [*(URL.format(outlet, 1) for outlet in reversed(outlets)), undated, wire]
    left = once(archive, ranked(*(passages(archive, url)[0] for url in urls)))
    assert 1 <= len(left) <= 2  # the original is cut into passages elsewhere
    for hit in left:
        assert hit.url == wire
        assert [copy.url for copy in hit.also] == [*(URL.format(outlet, 1) for outlet in outlets), undated]


def test_few_statements_a_search(printed_twice: tuple[rag.Archive, str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    archive, wire, post = printed_twice
    hits = ranked(*passages(archive, post), *passages(archive, wire), *passages(archive, URL.format("rival", 1)))
    statements = []
    rows = Catalog.rows

    def counted(self: Catalog, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        statements.append(sql)
        return rows(self, sql, values)

    monkeypatch.setattr(Catalog, "rows", counted)
    one_story_once(archive._catalog, hits, Filters())
    assert 1 < len(statements) <= 5


# -- versions ---------------------------------------------------------------------------------------------------------

NOON = datetime(2025, 6, 5, 12, tzinfo=UTC)
MORNING, EVENING = "2025-06-05T09:00:00+02:00", "2025-06-05T21:00:00+02:00"


@pytest.fixture
def updated(opened: Opener, articles: Path) -> tuple[rag.Archive, str, str]:
    """An outlet's story, and in the evening its update under another URL."""
    old, new = news(articles, "wire", texts.WIRE, MORNING), news(articles, "wire", texts.UPDATE, EVENING, n=2)
    archive = opened("archive", SHORT)
    archive.ingest(articles)
    return archive, old, new


def test_an_update_supersedes(updated: tuple[rag.Archive, str, str]) -> None:
    archive, old, new = updated
    for hits in (
        ranked(*passages(archive, old, "6.3 million"), *passages(archive, new, "7.1 million")),
        ranked(*passages(archive, old, "6.3 million")),
    ):
        (hit,) = once(archive, hits)
        assert hit.url == new
        assert "7.1 million" in hit.text
        assert [copy.url for copy in hit.also] == [old]
    left = once(archive, ranked(*passages(archive, old)))
    assert {hit.url for hit in left} == {new}


def test_filters_that_shut_the_update_out_leave_the_old(updated: tuple[rag.Archive, str, str], articles: Path) -> None:
    archive, _, _ = updated
    late = news(articles, "wire", texts.UPDATE, "2025-06-06T09:00:00+02:00", n=3)
    archive.ingest(articles)
    (found,) = passages(archive, URL.format("wire", 2), "7.1 million")
    (hit,) = once(archive, ranked(found), published_to=date(2025, 6, 5))
    assert hit.url == URL.format("wire", 2)
    (hit,) = once(archive, ranked(found))
    assert hit.url == late


def test_what_an_update_took_back_is_left_out(opened: Opener, articles: Path) -> None:
    old = news(articles, "wire", f"{texts.WIRE}\n\n{texts.LOCAL} {texts.BRIEF}", MORNING)
    new = news(articles, "wire", texts.WIRE, EVENING, n=2)
    archive = opened("archive", SHORT)
    archive.ingest(articles)
    taken_back = [hit for hit in passages(archive, old, "Anglers") if "listed" not in hit.text]
    assert taken_back
    assert once(archive, ranked(*taken_back)) == []
    assert [hit.text for hit in once(archive, ranked(*passages(archive, new)))] == [
        hit.text for hit in passages(archive, new)
    ]


def test_the_original_is_the_first_outlets_latest_version(
    updated: tuple[rag.Archive, str, str], articles: Path
) -> None:
    """The reprint came between the two versions of the wire."""
    archive, old, new = updated
    post = news(articles, "post", texts.REPRINT, "2025-06-05T12:00:00+02:00")
    archive.ingest(articles)
    (copy,) = passages(archive, post, "Edvin Marsh")
    (hit,) = once(archive, ranked(copy))
    assert hit.url == new
    assert [other.url for other in hit.also] == [old, post]


def test_every_order_of_the_hits_gives_the_same_members(updated: tuple[rag.Archive, str, str], articles: Path) -> None:
    archive, old, new = updated
    post = news(articles, "post", texts.REPRINT, "2025-06-05T12:00:00+02:00")
    archive.ingest(articles)
    hits = [passages(archive, url, "coal quay")[0] for url in (old, new, post)]
    assert {
        tuple(hit.passage_id for hit in once(archive, ranked(*order))) for order in itertools.permutations(hits)
    } == {(hits[1].passage_id,)}


def test_same_time_and_no_time(opened: Opener, articles: Path) -> None:
    """One of two equal versions is shown, always the same; one without a date counts as older."""
    twins = [news(articles, "wire", texts.WIRE, MORNING, n=n) for n in (1, 2)]
    undated = news(articles, "wire", texts.WIRE, None, n=3)
    archive = opened()
    archive.ingest(articles)
    hits = [passages(archive, url)[0] for url in (*twins, undated)]
    shown = {once(archive, ranked(*order))[0].url for order in itertools.permutations(hits)}
    assert len(shown) == 1
    assert shown < set(twins)
    assert len(once(archive, ranked(*hits))) == 1


def test_articles_of_unknown_outlets_are_no_versions_of_one_another(tmp_path: Path) -> None:
    with closing(Catalog(tmp_path / "catalog.sqlite3")) as catalog:
        for n, text in enumerate((texts.WIRE, f"{texts.LOCAL} {texts.REPRINT}")):
            put(catalog, Article(id=str(n), text=text, source=str(n), published=NOON + timedelta(days=n)))
        stories.compare(catalog)
        rows = catalog.rows("SELECT n FROM passages ORDER BY n")
        hits = lookup.hits(catalog, [Scored(row["n"], 0, None, None) for row in rows])
        assert {hit.article_id for hit in one_story_once(catalog, hits, Filters())} == {"0", "1"}


def test_who_asks_for_the_reprint_is_shown_the_reprint(opened: Opener, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    news(folder, "north wire", texts.WIRE, "2025-06-03T08:00:00+02:00")
    news(folder, "quay gazette", texts.WIRE, "2025-06-03T11:00:00+02:00")
    archive = opened(settings=SHORT)
    archive.ingest(folder)
    subject = " ".join(texts.WIRE.split()[:8])
    assert {hit.outlet for hit in archive.search(f"What was said of {subject}?")} == {"North Wire"}
    asked = archive.search(f"What did the Quay Gazette report about {subject}?")
    assert {hit.outlet for hit in asked} == {"Quay Gazette"}
    assert all([copy.outlet for copy in hit.also] == ["North Wire"] for hit in asked)
