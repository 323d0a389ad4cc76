"""Web pages: main text, and the metadata that the page declares."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from rag.notes import printed
from rag.readers import Context, Source, read_page
from rag.readers.web import Page, Validators
from rag.types import Article
from tests.readers import failure, one
from tests.readers.samples import HTML


def article(folder: Path, page: str | bytes, context: Context | None = None) -> Article:
    path = folder / "a.html"
    path.write_bytes(page.encode() if isinstance(page, str) else page)
    return one(path, context)


def with_head(head: str, page: str = HTML) -> str:
    bare = page[: page.index("<link")] + page[page.index("</head>") :]
    return bare.replace("</head>", f"{head}</head>")


def test_text_and_metadata(tmp_path: Path) -> None:
    found = article(tmp_path, HTML)
    assert (found.title, found.outlet, found.byline) == ("Harbour lights go out", "Shoreline Post", "Ida Moen")
    assert found.published == datetime.fromisoformat("2025-05-06T07:08:09+02:00")
    assert found.updated == datetime.fromisoformat("2025-05-06T09:00:00+02:00")
    assert (found.url, found.section, found.language) == ("https://shoreline.example/harbour-lights", "Port", "en")
    assert "\n\nNobody could say why, although the café" in found.text
    assert "Home" not in found.text
    assert "Imprint" not in found.text


def test_linked_data(tmp_path: Path) -> None:
    data = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "Organization", "name": "Shoreline Media"},
            {
                "@type": ["NewsArticle"],
                "headline": "Harbour lights go out",
                "author": [{"@type": "Person", "name": "Ida Moen"}, {"name": "Per Aas"}],
                "publisher": {"name": "Shoreline Post"},
                "datePublished": "2025-05-06T07:08:09Z",
                "dateModified": "2025-05-07T07:08:09Z",
                "articleSection": ["Port", "News"],
            },
        ],
    }
    broken = '<script type="application/ld+json">{not json</script>'
    found = article(tmp_path, with_head(f'{broken}<script type="application/ld+json">{json.dumps(data)}</script>'))
    assert (found.byline, found.outlet, found.section) == ("Ida Moen, Per Aas", "Shoreline Post", "Port")
    assert found.published == datetime.fromisoformat("2025-05-06T07:08:09+00:00")
    assert found.updated == datetime.fromisoformat("2025-05-07T07:08:09+00:00")


def test_what_a_page_does_not_say_is_none(tmp_path: Path) -> None:
    found = article(tmp_path, with_head("").replace(' lang="en-GB"', ""))
    assert (found.outlet, found.byline, found.published, found.updated) == (None, None, None, None)
    assert (found.url, found.section, found.language) == (None, None, None)


def test_a_host_name_is_no_outlet_and_a_front_page_no_address(tmp_path: Path) -> None:
    found = article(tmp_path, with_head('<link rel="canonical" href="https://www.shoreline.example/">'))
    assert (found.outlet, found.url) == (None, None)
    found = article(tmp_path, with_head('<link rel="canonical" href="https://www.shoreline.example/lights">'))
    assert (found.outlet, found.url) == (None, "https://www.shoreline.example/lights")


def test_a_day_without_a_time_is_midnight_at_home(tmp_path: Path) -> None:
    head = '<meta name="date" content="2025-05-06">'
    found = article(tmp_path, with_head(head), Context("Europe/Oslo"))
    assert found.published == datetime.fromisoformat("2025-05-06T00:00:00+02:00")


@pytest.mark.parametrize(
    "declaration", ['<meta charset="windows-1252">', '<?xml version="1.0" encoding="windows-1252"?>']
)
def test_the_declared_encoding(declaration: str, tmp_path: Path) -> None:
    page = HTML.replace('<meta charset="utf-8">', "")
    page = declaration + page if declaration.startswith("<?") else page.replace("<title>", f"{declaration}<title>")
    assert "the café on the quay" in article(tmp_path, page.encode("cp1252")).text


def test_the_server_s_encoding_comes_first(tmp_path: Path) -> None:
    address = "https://shoreline.example/harbour-lights"
    page = HTML.replace('"utf-8"', '"iso-8859-2"').replace("café", "Größe¥").encode("cp1252")
    (found,) = read_page(
        Page(address, page, "text/html", "windows-1252", Validators()), Source(address, None), Context()
    )
    assert isinstance(found, Article)
    assert "Größe¥" in found.text


WORD = {"iso-8859-2": "kavárna", "cp1257": "kavinė"}


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [('<meta charset="iso-8859-2">', "iso-8859-2"), ('<meta charset="utf-8">', "cp1257"), ("", "cp1257")],
    ids=["declared", "wrongly declared", "not declared"],
)
def test_what_the_settings_say_comes_after_what_a_page_says_of_itself(
    declared: str, encoding: str, tmp_path: Path
) -> None:
    page = HTML.replace('<meta charset="utf-8">', declared).replace("café", WORD[encoding])
    found = article(tmp_path, page.encode(encoding), Context(usual="cp1257"))
    assert WORD[encoding] in found.text


def test_a_bare_fragment(tmp_path: Path) -> None:
    page = "<p>The harbour lights went out on Monday evening, the port office said, and pilots waited.</p>" * 2
    assert "The harbour lights went out" in article(tmp_path, page).text


@pytest.mark.parametrize(
    "page", ["<html><body><p>Hi</p></body></html>", "<html></html>", "just words", "<<<>>>", "<p>"]
)
def test_a_page_without_an_article(page: str, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text(page, "utf-8")
    assert failure(path).message == "no article text found in the page"


# -- the text -----------------------------------------------------------------------------------------------------

LONG = "The harbour lights went out on Monday evening, and nobody at the port office could say why that was so. "


def page(body: str, head: str = "") -> str:
    return f"<html><head><title>Lights out - Shoreline Post</title>{head}</head><body>{body}</body></html>"


def story(*more: str) -> str:
    paragraphs = [LONG, LONG.replace("Monday", "Tuesday"), LONG.replace("Monday", "Friday"), *more]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def test_headline_and_parts_of_the_page_are_no_text(tmp_path: Path) -> None:
    more = ("Share this article", "Sign up for our newsletter", "Photo: Ida Moen/Reuters")
    found = article(
        tmp_path, page(f"<article><h1>Harbour lights go out</h1><h2>Lights out</h2>{story(*more)}</article>")
    )
    lines = found.text.split("\n\n")
    assert lines[-1] == "Photo: Ida Moen/Reuters"  # published, though nothing to search
    assert not any(part in found.text for part in ("Share", "newsletter"))
    assert [line.split(" on ")[1].split()[0] for line in lines[:-1]] == ["Monday", "Tuesday", "Friday"]


def test_what_is_short_may_be_said_twice(tmp_path: Path) -> None:
    found = article(
        tmp_path, page(f"<article>{story('Nobody knew.', LONG.replace('Monday', 'Sunday'), 'Nobody knew.')}</article>")
    )
    assert found.text.count("Nobody knew.") == 2


def said(line: str, *between: str, head: str = "") -> str:
    """A page with a line, what stands between, the line again, and a story."""
    lines = "".join(f"<p>{each}</p>" for each in (line, *between, line))
    return page(f"<article><h1>Harbour lights go out</h1>{lines}{story()}</article>", head)


REFRAIN = "And who, the people of Pellhaven ask, has put our harbour lights out?"
ANSWER = "The port's director would not say, and went on to speak of the weather in Varrenland instead."


@pytest.mark.parametrize(
    ("between", "times"),
    [
        ((), 1),
        (("By Ida Moen", "6 May 2025", "Photo: Ida Moen/Reuters"), 1),
        ((ANSWER,), 2),
        (("I will not say.",), 2),
        (("Nobody answered.", ANSWER, REFRAIN, ANSWER), 3),
    ],
    ids=["at once", "a byline and a credit between", "an answer between", "a short answer", "thrice"],
)
def test_what_was_published_twice_stands_twice_and_what_the_layout_repeats_once(
    between: tuple[str, ...], times: int, tmp_path: Path
) -> None:
    found = article(tmp_path, said(REFRAIN, *between))
    assert found.text.count(REFRAIN) == times
    assert all(line in found.text for line in between)


@pytest.mark.parametrize("declared", [REFRAIN, f"{REFRAIN[:-20]}…", f"{REFRAIN} And why?"])
def test_a_standfirst_is_not_repeated_near_the_top(declared: str, tmp_path: Path) -> None:
    head = f'<meta name="description" content="{declared}">'
    caption = "The harbour of Pellhaven at night, seen from the quay where the pilots waited."
    assert article(tmp_path, said(REFRAIN, caption, head=head)).text.count(REFRAIN) == 1
    far = [ANSWER.replace("weather", f"weather of day {n}") for n in range(6)]
    assert article(tmp_path, said(REFRAIN, *far, head=head)).text.count(REFRAIN) == 2


def test_a_credit_stands_once_and_a_text_that_is_printed_twice_too(tmp_path: Path) -> None:
    credit = "Photo: Ida Moen and Per Aas for the Shoreline Post, Pellhaven"
    lines = [ANSWER.replace("weather", f"weather of day {n}") for n in range(8)]
    copy = "".join(f"<p>{line}</p>" for line in lines)
    body = f"<article>{copy}<p>{credit}</p><p>{ANSWER}</p>{copy}<p>{lines[3]}</p><p>{credit}</p></article>"
    found = article(tmp_path, page(body)).text.split("\n\n")
    assert found == [*lines, credit, ANSWER, lines[3]]


def test_a_body_in_several_boxes_is_whole(tmp_path: Path) -> None:
    box = f'<div class="row"><div class="article__body">{story(LONG.replace("Monday", "night N"))}</div></div>'
    boxes = "".join(box.replace("Tuesday", "day N").replace(" N", f" {n}") for n in range(3))
    found = article(tmp_path, page(f"<article>{boxes}</article>"))
    assert [f"day {n}" in found.text and f"night {n}" in found.text for n in range(3)] == [True] * 3


def test_boxes_of_two_articles_stay_apart(tmp_path: Path) -> None:
    one_article = f'<article><div class="entry">{story()}</div></article>'
    other = one_article.replace("harbour lights", "theatre curtains")
    found = article(tmp_path, page(f"<main>{one_article}{other}</main>"))
    assert found.text.index("harbour lights") >= 0
    assert "curtains" not in found.text.split("\n\n")[0]


# -- what is declared -----------------------------------------------------------------------------------------------


def linked(data: object, wrapped: str = "{}") -> str:
    return f'<script type="application/ld+json">{wrapped.replace("{}", json.dumps(data), 1)}</script>'


def test_the_printed_headline_comes_before_the_one_for_networks(tmp_path: Path) -> None:
    head = '<meta property="og:title" content="Lights go out | Shoreline Post">'
    printed = "<h1>Shoreline Post</h1><article><h1>Harbour lights go out</h1>"
    assert article(tmp_path, page(f"{printed}{story()}</article>", head)).title == "Harbour lights go out"


def test_a_heading_that_is_another_thing_s_is_no_headline(tmp_path: Path) -> None:
    head = '<meta property="og:title" content="Lights go out"><meta property="og:site_name" content="Shoreline Post">'
    found = article(tmp_path, page(f"<h1>Weather</h1><article>{story()}</article>", head))
    assert found.title == "Lights go out"


@pytest.mark.parametrize("site", ['<meta property="og:site_name" content="Shoreline Post">', ""])
def test_the_site_s_name_is_no_part_of_a_headline(site: str, tmp_path: Path) -> None:
    assert article(tmp_path, page(f"<article>{story()}</article>", site)).title == "Lights out"


def test_an_author_by_reference(tmp_path: Path) -> None:
    data = {
        "@graph": [
            {"@type": "NewsArticle", "headline": "Lights out", "author": {"@id": "#ida"}},
            {"@type": "Person", "@id": "#ida", "name": "Ida Moen"},
        ]
    }
    for wrapped in ("{}", "<!-- {} -->", "//<![CDATA[\n{}\n//]]>"):
        assert article(tmp_path, page(f"<article>{story()}</article>", linked(data, wrapped))).byline == "Ida Moen"


@pytest.mark.parametrize(
    ("declared", "notes"),
    [
        ({"creativeWorkStatus": "Retracted"}, ["retraction"]),
        ({"creativeWorkStatus": "Published"}, []),
        ({"creativeWorkStatus": "Withdrawn", "correction": "The lights were red."}, ["retraction", "correction"]),
        ({"correction": "The lights were red."}, ["correction"]),
        ({"correction": {"@type": "CorrectionComment", "text": "The lights were red."}}, ["correction"]),
        ({"correction": []}, []),
    ],
)
def test_corrections_and_retractions_are_declared(
    declared: dict[str, object], notes: list[str], tmp_path: Path
) -> None:
    data = {"@type": "NewsArticle", "headline": "Lights out", "articleSection": "Port", **declared}
    found = article(tmp_path, page(f"<article>{story()}</article>", linked(data)))
    assert [note.kind for note in printed(found)] == notes


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("The lights were  red.", "The lights were red."),
        ([{"@type": "CorrectionComment", "text": "The lights were red."}], "The lights were red."),
        (["The lights were red.", {"text": "So was the door."}], "The lights were red. So was the door."),
        ({"text": "<p>The lights &amp; the door were red.</p>"}, "The lights & the door were red."),
        ("&lt;p&gt;The lights &amp;amp; the door were red.&lt;/p&gt;", "The lights & the door were red."),
        ("The lights &amp; the door were red.", "The lights & the door were red."),
        ("–", "Its source says that it has been corrected."),
        ("https://post.example/corrections/7", "Its source says that it has been corrected."),
    ],
)
def test_the_words_of_a_declared_correction_are_kept(declared: object, words: str, tmp_path: Path) -> None:
    data = {"@type": "NewsArticle", "headline": "Lights out", "correction": declared}
    found = article(tmp_path, page(f"<article>{story()}</article>", linked(data)))
    assert [note.text for note in printed(found)] == [words]


def test_a_correction_that_is_printed_is_not_told_twice(tmp_path: Path) -> None:
    data = {"@type": "NewsArticle", "correction": "The lights were red."}
    body = f"<article>{story()}<p>Correction: The lights were red, not green as was reported here.</p></article>"
    (note,) = printed(article(tmp_path, page(body, linked(data))))
    assert note.text.startswith("Correction: The lights were red")


@pytest.mark.parametrize(("kind", "byline"), [("Organization", None), ("Person", "Shoreline Post")])
def test_a_publisher_that_is_its_own_author_is_no_byline(kind: str, byline: str | None, tmp_path: Path) -> None:
    name = "Shoreline Post"
    data = {"@type": "NewsArticle", "author": {"@type": kind, "name": name}, "publisher": {"name": name}}
    assert article(tmp_path, page(f"<article>{story()}</article>", linked(data))).byline == byline


@pytest.mark.parametrize(
    ("head", "byline"),
    [
        ('<meta name="dcterms.creator" content="Ida Moen">', "Ida Moen"),
        ('<meta name="byl" content="By Ida Moen">', "Ida Moen"),
        ('<meta name="author" content="Ida Moen, Shoreline Post">', "Ida Moen"),
        ('<meta property="article:author" content="https://networks.example/ida">', None),
    ],
)
def test_bylines_in_meta(head: str, byline: str | None, tmp_path: Path) -> None:
    head += '<meta property="og:site_name" content="Shoreline Post">'
    assert article(tmp_path, page(f"<article>{story()}</article>", head)).byline == byline


def test_a_date_of_microdata(tmp_path: Path) -> None:
    body = f'<article><span itemprop="datePublished" content="2025-05-06T07:08:09Z">May</span>{story()}</article>'
    assert article(tmp_path, page(body)).published == datetime.fromisoformat("2025-05-06T07:08:09+00:00")


def test_the_language_of_a_header(tmp_path: Path) -> None:
    head = '<meta http-equiv="content-language" content="nb-NO">'
    assert article(tmp_path, page(f"<article>{story()}</article>", head)).language == "nb"
