"""XML of newsrooms: NITF, NewsML-G2, feeds and sitemaps on disk, told apart by their root elements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from rag.errors import ReadError
from rag.readers import Context, Source, dialects, read, read_page
from rag.readers.web import Page, Validators
from rag.types import Article
from tests.conftest import Opener
from tests.readers.samples import NITF, PARAGRAPHS, RSS, newsml

TEXT = "\n\n".join(PARAGRAPHS)
SUMMER = timezone(timedelta(hours=2))
XHTML = """<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head>
<title>x</title></head><body><p>The harbour lights went out on Monday.</p><div><p>Nobody could say why.</p></div></body>
</html></inlineXML>"""
INNER = "<inlineXML>" + NITF[NITF.index("<nitf") :].replace("&nbsp;", " ") + "</inlineXML>"


def items(tmp_path: Path, text: str | bytes, name: str = "a.xml") -> list[Article | ReadError]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(read(Source(str(path), path), Context()))


def only(found: list[Article | ReadError]) -> Article:
    (article,) = found
    assert isinstance(article, Article), article
    return article


def message(found: list[Article | ReadError]) -> str:
    (error,) = found
    assert isinstance(error, ReadError)
    return error.message


def test_nitf(tmp_path: Path) -> None:
    article = only(items(tmp_path, NITF))
    assert article.text == TEXT
    assert (article.title, article.byline, article.outlet) == ("Harbour lights go out", "Ida Moen", "Shoreline Post")
    assert article.published == datetime(2025, 5, 6, 7, 8, 9, tzinfo=SUMMER)
    assert (article.section, article.language, article.kind) == ("Port", "en", None)
    assert article.url == "https://shoreline.example/harbour-lights"


@pytest.mark.parametrize(
    "content",
    [XHTML, INNER, f'<inlineData contenttype="text/plain">{TEXT}</inlineData>'],
    ids=["xhtml", "nitf", "plain"],
)
def test_newsml_g2_with_a_story_of_each_kind(content: str, tmp_path: Path) -> None:
    article = only(items(tmp_path, newsml(content)))
    assert article.text == TEXT
    assert (article.title, article.byline, article.outlet) == ("Harbour lights go out", "Ida Moen", "Shoreline Wire")
    assert article.published == datetime(2025, 5, 6, 7, 8, 9, tzinfo=SUMMER)
    assert article.updated == datetime(2025, 5, 6, 9, tzinfo=SUMMER)
    assert article.language == "en"


def test_a_message_of_several_items(tmp_path: Path) -> None:
    found = items(tmp_path, newsml(XHTML, items=3))
    assert [item.source.rpartition("#")[2] for item in found if isinstance(item, Article)] == ["1", "2", "3"]
    picture = newsml(XHTML).replace("ninat:text", "ninat:picture")
    assert message(items(tmp_path, picture)) == "no story but picture"
    assert message(items(tmp_path, newsml(XHTML, "withheld"))) == "withheld by its agency"
    assert message(items(tmp_path, newsml("<remoteContent/>"))) == "no text in it"


def test_a_story_that_is_canceled_is_evidence_no_more(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "lights.xml"
    path.write_text(newsml(XHTML))
    archive.ingest(path)
    assert archive.search("When did the harbour lights go out?")
    path.write_text(newsml("<remoteContent/>", "canceled"))
    assert archive.ingest(path).updated == 1
    assert archive.search("When did the harbour lights go out?") == []
    assert len(archive.upkeep.retracted()) == 1


def test_a_feed_has_an_article_an_entry(tmp_path: Path) -> None:
    whole, short = items(tmp_path, RSS, "a.rss")
    assert isinstance(whole, Article)
    assert whole.text == TEXT.replace("say why", "say\u00a0why")
    assert (whole.title, whole.outlet, whole.section) == ("Harbour lights go out", "Shoreline Post", "Port")
    assert whole.published == datetime(2025, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert whole.kind is None
    assert isinstance(short, Article)
    assert (short.text, short.kind, short.published) == ("The lights are on again.", "summary", None)
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Post</title><entry><title>Lights</title>'
        '<link href="https://shoreline.example/1"/><content type="html">&lt;p&gt;It was dark.&lt;/p&gt;</content>'
        "</entry></feed>"
    )
    assert only(items(tmp_path, atom, "a.atom")).text == "It was dark."
    assert message(items(tmp_path, "<rss><channel/></rss>")) == "a feed without entries"


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml", "application/rss+xml", "application/atom+xml"])
@pytest.mark.parametrize(
    "story", [NITF, newsml(XHTML), newsml(XHTML, items=2), RSS], ids=["nitf", "item", "message", "rss"]
)
def test_an_address_of_xml_is_read_as_a_file_of_it(story: str, media_type: str, tmp_path: Path) -> None:
    address = "https://wire.example/story"
    page = Page(address, story.encode(), media_type, None, Validators())
    there = [item for item in read_page(page, Source(address, None), Context()) if isinstance(item, Article)]
    here = [item for item in items(tmp_path, story) if isinstance(item, Article)]
    assert there
    assert [(item.title, item.text) for item in there] == [(item.title, item.text) for item in here]


def test_a_sitemap_says_what_to_do(tmp_path: Path) -> None:
    (error,) = items(tmp_path, "<urlset><url><loc>https://a.example/1</loc></url></urlset>")
    assert isinstance(error, ReadError)
    assert error.message == "a sitemap: 1 addresses and no text"
    assert "rag ingest" in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]><nitf>&b;</nitf>', "it declares entities of its own"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><nitf>&b;</nitf>'.encode("utf-16"), "it declares entities of its own"),
        (
            '<!DOCTYPE nitf SYSTEM "file:///etc/passwd"><nitf><body><body.content>&x;</body.content></body></nitf>',
            "it uses &x;, which only its document type knows",
        ),
        ("<a>" * 5000 + "</a>" * 5000, "not a readable XML file"),
        ("<recipe><step>Stir.</step></recipe>", "XML of an unknown kind: <recipe> (read are: NITF, NewsML-G2, feed"),
        ("<nitf><body><body.content/></body></nitf>", "no text in it"),
        ("<nitf", "not a readable XML file"),
        ("<newsMessage/>", "there are no news items in it"),
    ],
)
def test_what_is_wrong_is_said(text: str | bytes, reason: str, tmp_path: Path) -> None:
    assert message(items(tmp_path, text)).startswith(reason)


def test_every_dialect_is_found() -> None:
    assert {"nitf", "newsItem", "newsMessage", "rss", "feed", "RDF", "urlset"} <= set(dialects.discovered())
