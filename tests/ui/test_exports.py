"""Exports: what stands with its footnotes, struck sentences in the JSON alone, and no article's text as markup."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from typing import Any

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt

from rag import Answer, Article
from rag.errors import SettingsError
from tests.ui.answers import BRIDGE, FERRY, WHEN, answer, article_of, bridge_answer, cite, renamed, stands
from ui import exports
from ui.exports import markdown, wording

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HEBREW = "הגשר נסגר ביום שני."
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://e.vil/y.png) **b** `c` # d | e [^1]"


def made(item: Answer, *articles: Article, title: str = "The bridge") -> exports.Export:
    return exports.prepare(item, article_of(*(articles or (BRIDGE, FERRY))), WHEN, title)


def rendered(export: exports.Export, name: str) -> bytes:
    return exports.render(export, name)[0]


def inside(file: bytes, name: str) -> etree._Element:
    with zipfile.ZipFile(BytesIO(file)) as archive:
        return etree.fromstring(archive.read(name))


def text_of(element: etree._Element) -> str:
    return "".join(element.itertext(f"{W}t"))


def notes_of(file: bytes) -> dict[str, str]:
    """The text of each footnote by its id, without the two separators."""
    notes = inside(file, "word/footnotes.xml").findall(f"{W}footnote")
    return {note.get(f"{W}id"): text_of(note).strip() for note in notes if note.get(f"{W}type") is None}


def body(file: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(BytesIO(file)).paragraphs]


def test_a_footnote_names_the_page() -> None:
    citation = replace(cite(1, BRIDGE, BRIDGE.text[:10]), page=3)
    assert wording.origin(citation)[-1] == "page 3"
    assert "page" not in wording.origin(replace(citation, page=None))[-1]


# -- what goes into a document -------------------------------------------------------------------------------------


def test_formats_are_discovered_and_say_what_they_are() -> None:
    assert set(exports.discovered()) == {"Markdown", "Word", "JSON"}
    for name, module in exports.discovered().items():
        _, file, media_type = exports.render(made(bridge_answer()), name)
        assert file == f"the-bridge-2025-11-30.{module.EXTENSION}"
        assert "/" in media_type
    with pytest.raises(SettingsError, match="no format"):
        exports.render(made(bridge_answer()), "PDF")


def test_footnotes_are_numbered_as_they_are_read() -> None:
    export = made(bridge_answer())
    assert [sentence.footnotes for sentence in export.sections[0].sentences] == [(1,), (2, 1)]
    assert [(note.number, note.citation.number) for note in export.footnotes] == [(1, 2), (2, 5)]
    assert export.footnotes[0].content_hash == BRIDGE.content_hash


def test_several_answers_are_numbered_through() -> None:
    export = exports.prepare_all([(bridge_answer(), WHEN)] * 2, article_of(BRIDGE, FERRY), "Both")
    assert [note.number for note in export.footnotes] == [1, 2, 3, 4]
    assert export.sections[1].sentences[1].footnotes == (4, 3)
    assert list(notes_of(rendered(export, "Word"))) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("name", ["Markdown", "Word"])
def test_documents_hold_what_stands_and_nothing_else(name: str) -> None:
    file = rendered(made(replace(bridge_answer(), notices=("The writer was replaced.",))), name)
    said = file.decode() if name == "Markdown" else "\n".join([*body(file), *notes_of(file).values()])
    for part in (
        "When did the bridge close?", "The ferry sails, as", "The writer was replaced.", "Courier", "Bridge closed",
        "Jo Lund", "4 March 2025", "https://courier.example/bridge", "“The bridge closed on Monday.”",
        BRIDGE.content_hash, FERRY.content_hash, "extractive", "0123456789ab", "30 November 2025, 10:05 UTC",
    ):  # fmt: skip
        assert part in said
    for part in ("snow", "thaw"):
        assert part not in said


def test_the_json_holds_everything() -> None:
    content = json.loads(rendered(made(bridge_answer(), BRIDGE), "JSON"))
    (found,) = content["answers"]
    assert content["title"] == "The bridge"
    assert found["time"] == WHEN.isoformat()
    assert [s["reason"] for s in found["sentences"]][::3] == ["no snow in it", "the judge did not answer"]
    assert {name: found[name] for name in bridge_answer().to_dict()} == bridge_answer().to_dict()
    first, second = found["footnotes"]
    assert first == {"number": 1, "citation": 2, "content_hash": BRIDGE.content_hash, "changed": ""}
    assert (second["content_hash"], "no longer in" in second["changed"]) == (None, True)


@pytest.mark.parametrize("name", ["Markdown", "Word", "JSON"])
def test_an_abstention_is_what_it_says(name: str) -> None:
    file = rendered(made(answer()), name)
    said = "\n".join(body(file)) if name == "Word" else file.decode()
    assert "The archive does not say. Searched: 2 articles." in said


@pytest.mark.parametrize("name", ["Markdown", "Word"])
def test_a_changed_article_is_said_to_have_changed(name: str) -> None:
    now = renamed(BRIDGE, "Nothing of the sort.")
    file = rendered(made(bridge_answer(), now), name)
    said = file.decode() if name == "Markdown" else "\n".join(notes_of(file).values())
    assert "no longer stand" in said
    assert now.content_hash in said
    assert "no longer in the archive" in said


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/pass wd\x00?", "etc-pass-wd-2025-11-30.md"),
        ("", "untitled-2025-11-30.md"),
        ("***", "answer-2025-11-30.md"),
        ("word " * 40, "word-" * 12 + "2025-11-30.md"),
        ("x" * 400, "answer-2025-11-30.md"),
        (HEBREW, "הגשר-נסגר-ביום-שני-2025-11-30.md"),
    ],
)
def test_file_names_suit_every_file_system(title: str, name: str) -> None:
    assert exports.file_name(made(bridge_answer(), title=title), "md") == name


# -- Markdown ------------------------------------------------------------------------------------------------------


def as_html(text: str) -> str:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)


@settings(deadline=None)  # a busy machine is no fault of the text
@given(st.text(alphabet=st.one_of(st.sampled_from("\\`*_{}[]()<>#+-.!|~&;:=^$@ \n1aw/\"'"), st.characters())))
def test_escaped_text_means_itself(text: str) -> None:
    clean = wording.clean(text)
    shown = escape(clean, quote=False).replace('"', "&quot;")
    assert as_html(markdown.escaped(text)) == (f"<p>{shown}</p>\n" if clean else "")


def test_hostile_text_is_no_markup_in_markdown() -> None:
    article = Article("a", HOSTILE, "a.md", title=HOSTILE, outlet=HOSTILE, byline=HOSTILE, url="javascript:alert(1)")
    item = replace(
        answer(stands(HOSTILE, cite(1, article, HOSTILE)), question=HOSTILE), notices=(HOSTILE,), model=HOSTILE
    )
    text = rendered(made(item, article, title="*" + HOSTILE), "Markdown").decode()
    tags = set(re.findall(r"<\w+", as_html(text)))
    assert tags == {"<h1", "<h2", "<p", "<blockquote"}
    assert len(re.findall(r"(?<!\\)\[\^\d+\](?!:)", text)) == 1  # the call that is ours
    assert len(re.findall(r"^\[\^\d+\]:", text, re.MULTILINE)) == 1


def test_what_a_platform_would_link_by_itself_is_not_linked() -> None:
    assert markdown.escaped("see https://e.vil and www.e.vil, @all, :bomb:, at 12:30") == (
        r"see https\://e.vil and www\.e.vil, \@all, \:bomb:, at 12:30"
    )


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://x.example/a?b=c&d=%20#e", "https://x.example/a?b=c&d=%20#e"),
        ("https://x.example/a b<c>\n\"d\"#e#f", "https://x.example/a%20b%3Cc%3E%20%22d%22#e%23f"),
        ("https://x.example/100%", "https://x.example/100%25"),
        ("https://x.example/" + "a" * 3000, None),
        ("https://x.example:port/", None),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://", None),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_only_addresses_of_the_web_are_links(url: str | None, link: str | None) -> None:
    assert wording.link(url) == link


# -- Word ----------------------------------------------------------------------------------------------------------


def test_the_document_has_real_footnotes() -> None:
    file = rendered(made(bridge_answer()), "Word")
    opened = docx.Document(BytesIO(file))
    part = opened.part.part_related_by(RELATIONSHIP_TYPE.FOOTNOTES)
    assert str(part.partname) == "/word/footnotes.xml"
    assert part.content_type.endswith("wordprocessingml.footnotes+xml")
    notes = notes_of(file)
    assert list(notes) == ["1", "2"]
    assert notes["1"].startswith("Courier, “Bridge closed”, Jo Lund, 4 March 2025, https://courier.example/bridge: ")
    calls = [call.get(f"{W}id") for call in opened.element.iter(f"{W}footnoteReference")]
    assert calls == ["1", "2"]
    settings = inside(file, "word/settings.xml")
    names = [etree.QName(child).localname for child in settings]
    assert names.index("characterSpacingControl") < names.index("footnotePr") < names.index("compat")
    ids = [note.get(f"{W}id") for note in inside(file, "word/footnotes.xml")]
    declared = [note.get(f"{W}id") for note in settings.find(f"{W}footnotePr")]
    assert ids[:2] == declared == ["-1", "0"]


def test_footnote_styles_are_there() -> None:
    opened = docx.Document(BytesIO(rendered(made(bridge_answer()), "Word")))
    assert opened.styles["footnote reference"].font.superscript  # type: ignore[attr-defined]
    used = {style.get(f"{W}val") for style in opened.element.iter(f"{W}rStyle")}
    assert used == {opened.styles["footnote reference"].style_id}


def test_a_footnote_called_twice_is_one() -> None:
    file = rendered(made(bridge_answer()), "Word")
    document = inside(file, "word/document.xml")
    (field,) = document.iter(f"{W}instrText")
    (mark,) = [m for m in document.iter(f"{W}bookmarkStart") if m.get(f"{W}name") in field.text]
    assert mark.getnext().find(f"{W}footnoteReference").get(f"{W}id") == "1"
    edges = list(document.iter(f"{W}fldChar"))
    assert [edge.get(f"{W}fldCharType") for edge in edges] == ["begin", "separate", "end"]
    assert text_of(edges[1].getparent().getnext()) == "1"


def test_two_calls_in_a_row_are_parted() -> None:
    file = rendered(made(bridge_answer()), "Word")
    begin = next(inside(file, "word/document.xml").iter(f"{W}fldChar"))
    assert text_of(begin.getparent().getprevious()) == ","
    assert "closed.[^2] [^1]\n" in rendered(made(bridge_answer()), "Markdown").decode()


def test_a_title_that_is_the_question_is_said_once() -> None:
    question = bridge_answer().question
    export = made(bridge_answer(), title=question + " ")
    assert rendered(export, "Markdown").decode().count(question) == 1
    assert body(rendered(export, "Word")).count(question) == 1


def test_a_link_of_a_footnote_is_related_to_the_footnotes() -> None:
    file = rendered(made(bridge_answer()), "Word")
    (link,) = inside(file, "word/footnotes.xml").iter(f"{W}hyperlink")
    (relation,) = inside(file, "word/_rels/footnotes.xml.rels")
    assert relation.get("Target") == "https://courier.example/bridge"
    assert relation.get("TargetMode") == "External"
    assert relation.get("Id") in link.values()


def test_the_document_tells_of_no_program_or_person() -> None:
    known = docx.Document(BytesIO(rendered(made(bridge_answer(), title="t" * 400), "Word"))).core_properties
    assert (known.author, known.comments, known.title) == ("", "", "t" * 255)
    assert known.created == WHEN
    with zipfile.ZipFile(BytesIO(rendered(made(bridge_answer()), "Word"))) as archive:
        assert not [name for name in archive.namelist() if "thumbnail" in name or "Effects" in name]


def test_right_to_left_text_is_marked_as_such() -> None:
    article = Article("a", HEBREW, "a.md", title="1. " + HEBREW, outlet="Courier")
    file = rendered(made(answer(stands(HEBREW, cite(1, article, HEBREW)), question="Why?"), article), "Word")
    by_text: dict[str, Any] = {p.text: p for p in docx.Document(BytesIO(file)).paragraphs}
    assert by_text[HEBREW].runs[0].font.rtl
    assert by_text[HEBREW]._p.pPr.find(f"{W}bidi") is not None
    assert not by_text["Why?"].runs[0].font.rtl
    assert by_text["Why?"]._p.pPr.find(f"{W}bidi") is None
    (note,) = [n for n in inside(file, "word/footnotes.xml").iter(f"{W}footnote") if n.get(f"{W}id") == "1"]
    turned = [text_of(run) for run in note.iter(f"{W}r") if run.find(f"{W}rPr/{W}rtl") is not None]
    assert turned == [f"“1. {HEBREW}”", f"“{HEBREW}”"]
    assert note.find(f"{W}p/{W}pPr/{W}bidi") is None  # it begins with the outlet


BROKEN = "a\x00b\x0bc\x1bd\ud800e\ufffef\u202eg\u2028h\x85i"


def test_control_characters_spoil_no_document() -> None:
    article = Article("a", BROKEN, "a.md", title=BROKEN, outlet=BROKEN, url=f"https://x.example/{BROKEN}")
    item = replace(answer(stands(BROKEN, cite(1, article, BROKEN)), question=BROKEN), notices=(BROKEN,), model=BROKEN)
    export = exports.Export(BROKEN, exports.prepare(item, lambda _: BRIDGE, WHEN, BROKEN).sections)
    file = rendered(export, "Word")
    assert "ab cdefg h i" in body(file)
    assert "“ab cdefg h i”" in notes_of(file)["1"]
    assert "ab cdefg h i" in rendered(export, "Markdown").decode()
    (found,) = json.loads(rendered(export, "JSON"))["answers"]
    assert found["sentences"][0]["text"] == BROKEN


def test_a_time_without_a_zone_is_not_given_one() -> None:
    assert wording.moment(datetime(2025, 3, 4, 9, 5)) == "4 March 2025, 09:05"
    assert wording.moment(datetime(2025, 3, 4, 9, 5, tzinfo=UTC)) == "4 March 2025, 09:05 UTC"
